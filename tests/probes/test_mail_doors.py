"""Mail hosts are met as a stranger meets them: each planted fault is found, and none on the sound twin."""

import ssl
import time
from contextlib import ExitStack, contextmanager

import pytest

from audit.model import Verdict
from audit.sources.probes import mail_doors, mailboxes
from tests.probes.mail_server import MailServer
from tests.probes.name_server import NameServer
from tests.probes.scenes import scene, verdict

ZONE = """
@ 300 IN SOA ns. admin. 1 1 1 1 1
@ 300 IN MX 10 mx.filter.example.
@ 300 IN MX 20 mx.stranger.example.
"""
TURNED_AWAY, ENCRYPTED = "probes-mail-strangers-turned-away", "probes-mail-encrypted-on-the-way"
STRICT = {"recipient": lambda box: "250 ok" if box.endswith("@hosting.example") else "554 no relay"}
AWAY = {"recipient": lambda box: "554 only the filter"}


@contextmanager
def met(partner, own=None, submission=None, **more):
    """Run servers for the partner, for our own mail host and for submission; yields a scene of them."""
    with ExitStack() as held:
        port = held.enter_context(partner.running()) if partner else 1
        zone = more.pop("zone", ZONE)
        resolver = held.enter_context(NameServer({"hosting.example.": zone}).running())
        named = {"domains": ["hosting.example"], "mail_hosts": [], "submission_hosts": []}
        if own:
            named["mail_hosts"] = [f"mail.hosting.example:{held.enter_context(own.running())}"]
        if submission:
            named["submission_hosts"] = [f"mail.hosting.example:{held.enter_context(submission.running())}"]
        hosts = more.pop("hosts", {"mx.filter.example": "127.0.0.1", "mail.hosting.example": "127.0.0.1"})
        named |= more.pop("named", {})
        yield scene({"probes": named}, hosts=hosts, resolvers=[resolver], mail_port=port, seconds=1.0, **more)


def doors(partner, own=None, submission=None):
    with met(partner, own, submission) as run:
        return mail_doors.probe(run)


def outcome(found, role):
    [door] = [one for one in found.resources if one.body["role"] == role]
    return door.body["outcome"]


@pytest.mark.parametrize(
    ("rules", "seen", "expected"),
    [
        pytest.param(AWAY, "turned away", Verdict.KEPT, id="turned away at the recipient"),
        pytest.param({"greeting": "554 no"}, "turned away", Verdict.KEPT, id="turned away at the greeting"),
        pytest.param({"mail": lambda *_: "550 no"}, "turned away", Verdict.KEPT, id="turned away at the sender"),
        pytest.param(STRICT, "takes mail", Verdict.BROKEN, id="takes mail past the filter"),
        pytest.param({}, "relays", Verdict.BROKEN, id="an open relay"),
        pytest.param({"recipient": lambda box: "451 later"}, "put off", Verdict.UNPROVEN, id="a grey list"),
        pytest.param({"recipient": lambda box: "550 5.1.1 who"}, "put off", Verdict.UNPROVEN, id="no postmaster"),
        pytest.param(
            {"recipient": lambda box: "550 5.1.1 who" if "postmaster" in box else "250 ok"},
            "relays",
            Verdict.BROKEN,
            id="an open relay without a postmaster",
        ),
        pytest.param(
            {"mail": lambda sender, *_: "550 no such domain" if "@" in sender else "250 ok"},
            "relays",
            Verdict.BROKEN,
            id="an open relay that knows its senders' domains",
        ),
        pytest.param({"greeting": "421 busy"}, "put off", Verdict.UNPROVEN, id="busy"),
    ],
)
def test_our_own_host_is_judged_by_what_a_stranger_gets(rules, seen, expected):
    found = doors(MailServer(**STRICT), MailServer(**rules))
    assert outcome(found, "own") == seen
    assert verdict(TURNED_AWAY, found, {})[0] is expected


def test_a_host_that_nobody_answers_at_counts_only_while_the_partner_answers():
    """Where port 25 is filtered on the way, all is silent, and nothing is known."""
    with met(MailServer(**STRICT), named={"mail_hosts": ["mail.hosting.example:1"]}) as run:
        found = mail_doors.probe(run)
    assert (outcome(found, "own"), verdict(TURNED_AWAY, found, {})[0]) == ("refused", Verdict.KEPT)
    with met(None, named={"mail_hosts": ["mail.hosting.example:1"]}) as run:
        cut_off = mail_doors.probe(run)
    told, why = verdict(TURNED_AWAY, cut_off, {})
    assert (told, "filtered" in why[-1]) == (Verdict.UNPROVEN, True)


OURS = {"mail_hosts": ["mail.hosting.example"]}


@pytest.mark.parametrize("at", [("127.0.0.2", "127.0.0.3"), ("127.0.0.3", "127.0.0.2")])
def test_every_address_of_a_host_is_met(at):
    """One turns strangers away and the other was forgotten."""
    hosts = {"mx.filter.example": "127.0.0.1", "mail.hosting.example": at}
    with met(MailServer(**STRICT), named=OURS, hosts=hosts) as run:
        away, forgotten = MailServer(**AWAY), MailServer()
        with away.running("127.0.0.2", run.mail_port), forgotten.running("127.0.0.3", run.mail_port):
            found = mail_doors.probe(run)
    assert verdict(TURNED_AWAY, found, {})[0] is Verdict.BROKEN
    assert sorted(one.body["outcome"] for one in found.resources) == ["relays", "takes mail", "turned away"]


def test_silence_over_ipv6_counts_only_while_the_partner_is_heard_over_ipv6():
    """The way of the one may be filtered, and that of the other open."""
    hosts = {"mx.filter.example": "127.0.0.1", "mail.hosting.example": ("127.0.0.2", "::1")}
    with met(MailServer(**STRICT), named=OURS, hosts=hosts) as run:
        found = mail_doors.probe(run)
    assert outcome(found, "own") == "refused"
    told, why = verdict(TURNED_AWAY, found, {})
    assert (told, "over IPv6" in why[-1]) == (Verdict.UNPROVEN, True)


def test_a_host_of_both_ways_is_judged_on_both():
    hosts = {"mx.filter.example": ("127.0.0.1", "::1"), "mail.hosting.example": ("127.0.0.2", "::1")}
    with met(MailServer(**STRICT), named=OURS, hosts=hosts) as run:
        try:
            six = MailServer(**STRICT).running("::1", run.mail_port)
            with six:
                found = mail_doors.probe(run)
        except OSError as error:
            pytest.skip(f"this machine has no IPv6: {error}")
    told = {one.body["address"]: one.body["outcome"] for one in found.resources if one.body["role"] == "own"}
    assert told == {"127.0.0.2": "refused", "::1": "takes mail"}
    assert verdict(TURNED_AWAY, found, {})[0] is Verdict.BROKEN


@pytest.mark.parametrize(
    ("partner", "submission", "expected"),
    [
        pytest.param({}, None, Verdict.KEPT, id="the partner speaks TLS"),
        pytest.param({"tls": False}, None, Verdict.BROKEN, id="the partner does not"),
        pytest.param({"version": ssl.TLSVersion.TLSv1_2}, None, Verdict.KEPT, id="TLS 1.2"),
        pytest.param({"version": ssl.TLSVersion.TLSv1}, None, Verdict.BROKEN, id="TLS 1.0 alone"),
        pytest.param(
            {},
            {"auth": None, "mail": lambda _, secure: "250 ok" if secure else "530 TLS first"},
            Verdict.KEPT,
            id="passwords inside TLS",
        ),
        pytest.param(
            {}, {"auth": True, "mail": lambda _, secure: "530 TLS first"}, Verdict.BROKEN, id="passwords in the clear"
        ),
        pytest.param({}, {"auth": None}, Verdict.BROKEN, id="submission relays without TLS"),
        pytest.param(
            {},
            {"auth": None, "mail": lambda sender, *_: "550 no such domain" if "@" in sender else "250 ok"},
            Verdict.BROKEN,
            id="submission relays for senders whose domain it knows",
        ),
        pytest.param(
            {}, {"auth": None, "mail": lambda *_: "451 later"}, Verdict.UNPROVEN, id="submission puts everybody off"
        ),
        pytest.param(
            {}, {"tls": False, "mail": lambda *_: "530 TLS first"}, Verdict.BROKEN, id="submission without TLS"
        ),
    ],
)
def test_what_travels_is_encrypted(partner, submission, expected):
    found = doors(MailServer(**STRICT, **partner), submission=MailServer(**submission) if submission else None)
    assert verdict(ENCRYPTED, found, {})[0] is expected


def test_a_partner_that_would_take_anything_has_answered():
    """What it does with it later is its own business; port 25 is open from here."""
    found = doors(MailServer(), MailServer(**AWAY))
    assert (outcome(found, "partner"), outcome(found, "own")) == ("relays", "turned away")


def drip(connection):
    """Send a byte now and then, and never an end."""
    try:
        while True:
            connection.sendall(b"2")
            time.sleep(0.1)
    except OSError:
        pass


def flood(connection):
    """Greet without an end."""
    try:
        while True:
            connection.sendall(b"220-welcome\r\n" * 100)
    except OSError:
        pass


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(drip, id="a byte now and then"),
        pytest.param(flood, id="a greeting without an end"),
        pytest.param(lambda connection: connection.sendall(b"x" * 50_000), id="a line without an end"),
        pytest.param(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n"), id="another protocol"),
        pytest.param(lambda connection: None, id="it hangs up"),
    ],
)
def test_a_server_that_speaks_no_sense_is_a_gap_and_never_a_pass(raw):
    found = doors(MailServer(**STRICT), MailServer(raw=raw))
    assert [one.body["role"] for one in found.resources] == ["partner"]
    assert verdict(TURNED_AWAY, found, {})[0] is Verdict.UNPROVEN


BOXES = {"mailboxes": ["enquiries@hosting.example"], "test_boxes": ["filter-test@hosting.example"]}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param("250 ok", Verdict.KEPT, id="taken"),
        pytest.param("550 unknown", Verdict.BROKEN, id="unknown"),
        pytest.param("450 later", Verdict.UNPROVEN, id="put off"),
    ],
)
def test_an_address_that_we_publish_takes_mail_and_gets_none(reply, expected):
    server = MailServer(recipient=lambda box: reply)
    with met(server, named=BOXES) as run:
        found = mailboxes.probe(run)
    assert verdict("probes-mailboxes-take-mail", found, {})[0] is expected
    assert (server.messages, "DATA" in server.words) == ([], False)


def test_nothing_is_sent_unasked():
    server = MailServer()
    with met(server, named=BOXES) as run:
        found = mailboxes.probe(run)
        assert not [one for one in mailboxes.contacts(run) if "SENT" in one.why]
    assert server.messages == []
    assert verdict("probes-filter-stops-tests", found, {})[0] is Verdict.UNPROVEN


@pytest.mark.parametrize(
    ("stops", "expected"),
    [
        pytest.param(lambda content: b"GTUBE" in content or b"base64" in content, Verdict.KEPT, id="both stopped"),
        pytest.param(lambda content: b"GTUBE" in content, Verdict.UNPROVEN, id="the virus is taken"),
    ],
)
def test_the_filter_is_tried_with_its_own_tests(stops, expected):
    """They go to the test box alone, after a harmless message."""
    asked = []
    server = MailServer(
        recipient=lambda box: asked.append(box) or "250 ok",
        message=lambda content: "554 found" if stops(content) else "250 taken",
    )
    with met(server, named=BOXES, send_test=True) as run:
        found = mailboxes.probe(run)
    assert verdict("probes-filter-stops-tests", found, {})[0] is expected
    assert (len(server.messages), set(asked)) == (3, {"enquiries@hosting.example", "filter-test@hosting.example"})


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param({}, Verdict.UNPROVEN, id="it lets all pass"),
        pytest.param(
            {"message": lambda content: "554 found" if b"GTUBE" in content or b"base64" in content else "250 ok"},
            Verdict.KEPT,
            id="it filters as the first does",
        ),
        pytest.param(None, Verdict.UNPROVEN, id="nobody answers there"),
    ],
)
def test_the_filter_is_tried_at_each_exchanger(rules, expected):
    """Who sends spam takes the one that nobody looks at."""
    zone = ZONE.replace("mx.stranger.example", "mx2.filter.example")
    filters = MailServer(message=lambda content: "554" if b"GTUBE" in content or b"base64" in content else "250 ok")
    hosts = {"mx.filter.example": "127.0.0.1", "mx2.filter.example": "127.0.0.2"}
    with met(filters, named=BOXES, hosts=hosts, zone=zone, send_test=True) as run, ExitStack() as held:
        if rules is not None:
            held.enter_context(MailServer(**rules).running("127.0.0.2", run.mail_port))
        found = mailboxes.probe(run)
    assert verdict("probes-filter-stops-tests", found, {})[0] is expected


def test_a_door_that_refuses_whatever_is_sent_shows_nothing_of_the_filter():
    """Such as one that takes nothing in our name from a machine that does not sign."""
    server = MailServer(recipient=lambda box: "250 ok", message=lambda content: "550 5.7.26 not signed")
    with met(server, named=BOXES, send_test=True) as run:
        found = mailboxes.probe(run)
    told, [why] = verdict("probes-filter-stops-tests", found, {})
    assert (told, "not taken either" in why) == (Verdict.UNPROVEN, True)
    assert len(server.messages) == 1


def test_a_test_that_arrived_breaks_the_promise():
    with met(MailServer(), named=BOXES, arrived=("virus",)) as run:
        found = mailboxes.probe(run)
    assert verdict("probes-filter-stops-tests", found, {})[0] is Verdict.BROKEN


@pytest.mark.parametrize("box", ["somebody@stranger.example", "hosting.example", "a@hosting.example>\r\nDATA"])
def test_an_address_of_somebody_else_is_never_written_to(box):
    server = MailServer()
    with met(server, named={**BOXES, "test_boxes": [box]}, send_test=True) as run, pytest.raises(mailboxes.Unseen):
        mailboxes.probe(run)
    assert server.messages == []
