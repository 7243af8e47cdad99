"""Ports of our own addresses are told apart: open, shut, and silent, which alone says nothing."""

import socket
from contextlib import ExitStack, contextmanager

import pytest

from audit.facts import Unseen
from audit.model import Verdict
from audit.sources.probes import ports
from tests.probes.scenes import scene, verdict


@contextmanager
def listening(backlog=8):
    """Listen on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as server:
        yield server.getsockname()[1]


@contextmanager
def deaf():
    """Listen on a port whose queue is full: whoever knocks gets no answer."""
    with ExitStack() as held, listening(backlog=0) as port:
        for _ in range(3):
            knocking = held.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(("127.0.0.1", port))
        yield port


def shut():
    """Return a port on which nobody listens."""
    with listening() as port:
        return port


def met(*swept, **more):
    """Knock at ports of this machine."""
    named = {"addresses": ["127.0.0.1"], "swept_ports": [str(port) for port in swept], **more}
    return ports.probe(scene({"probes": named}, seconds=0.5))


def test_each_port_is_told_by_its_answer():
    closed = shut()
    with listening() as open_, deaf() as silent:
        [found] = met(open_, closed, silent).resources
    assert found.body == {"open": [open_], "closed": [closed], "silent": [silent]}


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        pytest.param(lambda port: port, Verdict.KEPT, id="promised"),
        pytest.param(lambda port: port + 1, Verdict.BROKEN, id="not promised"),
    ],
)
def test_an_open_port_is_one_that_customers_need_or_breaks_the_promise(allowed, expected):
    with listening() as port:
        found = met(port, shut())
        told, _ = verdict("probes-ports-shut", found, {"probes": {"open_ports": [str(allowed(port))]}})
    assert told is expected


def test_silence_everywhere_is_a_gap():
    """Whoever is cut off hears nothing either."""
    with deaf() as silent:
        found = met(silent)
    assert not found.resources
    told, why = verdict("probes-ports-shut", found, {"probes": {"open_ports": ["443"]}})
    assert (told, "cut off" in why[0]) == (Verdict.UNPROVEN, True)


@pytest.mark.parametrize(
    ("named", "why"),
    [
        pytest.param({"addresses": []}, "no public address", id="no address"),
        pytest.param({"swept_ports": ["ssh"]}, "no list of ports", id="no number"),
        pytest.param({"swept_ports": ["22", "90-80"]}, "the smaller first", id="a range the wrong way round"),
        pytest.param({"swept_ports": ["70000"]}, "to 65535", id="more than a port"),
    ],
)
def test_what_cannot_be_knocked_at_is_said(named, why):
    with pytest.raises(Unseen, match=why):
        met(22, **named)


def test_where_every_port_refuses_somebody_on_the_way_may():
    found = met(shut(), shut())
    assert (found.resources, "may be cut off" in found.gaps[0].reason) == ((), True)


def test_where_ports_open_that_nobody_uses_somebody_on_the_way_answers(monkeypatch):
    with listening() as nobodys, listening() as other:
        monkeypatch.setattr(ports, "_NOBODYS", (nobodys,))
        found = met(other, shut())
    assert (found.resources, "answers for it" in found.gaps[0].reason) == ((), True)


def test_the_plan_names_every_port_of_every_address():
    named = {"addresses": ["192.0.2.8/31"], "swept_ports": ["22-23", "443"]}
    plan = [(one.host, one.port) for one in ports.contacts(scene({"probes": named}))]
    assert plan == [(host, port) for host in ("192.0.2.8", "192.0.2.9") for port in (1, 22, 23, 443, 65_000)]
