"""Whatever happens to a drill, and whenever: nothing is asked for twice, left unsaid, or called better than it is.

`make check` kills and hinders at moments drawn by a seed, `make matrix` at every one.
"""

import os
import random
import tempfile
import time
from pathlib import Path

import pytest

from audit.clouds import cloud_at
from audit.drills import recording
from audit.drills.actor import Actor
from audit.drills.groups import tag
from audit.drills.sweeping import Broom
from audit.journal import Journal
from audit.sandbox.store import SUBSCRIPTION
from tests.drilling import DRILLS, Drilling, clock_of
from tests.drills.archive_scenarios import ARCHIVES
from tests.drills.dying import drill
from tests.drills.machine_scenarios import MACHINES
from tests.drills.scenarios import SCENARIOS
from tests.drills.sql_scenarios import DATABASES, OTHERS
from tests.live import SHORT

WHOLE = os.environ.get("PROMISE_AUDIT_MATRIX") == "whole"
SEED = 20260812
_NEVER = 10**9
_LATE = 2.4
"""Seconds after which an answer comes to nobody: a drill here waits for two."""
_OF_THE_DRILL = "re:^/(?!metadata)"
"""The requests of the drill itself, and not of who begins it."""
FAULTS = {
    "timeout": ("timeout", {"seconds": _LATE}),
    "403": ("status", {"status": 403}),
    "404": ("status", {"status": 404}),
    "lag": ("status", {"status": 404, "method": "GET", "count": 3}),
    "409": ("status", {"status": 409}),
    "429": ("status", {"status": 429, "seconds": 1}),
    "500": ("status", {"status": 500}),
    "503": ("status", {"status": 503}),
    "done, and told as failed": ("done", {"status": 500}),
    "cut off": ("truncated", {}),
}
"""Name → a fault's effect and its rule."""
EACH = [pytest.param(one, id=one.name) for one in (*SCENARIOS, *DATABASES, *ARCHIVES, *MACHINES, *OTHERS)]


@pytest.fixture
def lab(sandbox, tmp_path, monkeypatch):
    """A local Azure in which each cell begins anew."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    return lambda scenario: planted(scenario, sandbox, tmp_path)


def planted(scenario, sandbox, folder):
    """Empty a local Azure and a folder, and plant a scenario in it."""
    sandbox.store.empty()
    for path in folder.iterdir():
        path.unlink()
    Drilling(sandbox, folder)
    scenario.plant(sandbox)
    method, path = scenario.asks
    # It counts, and never meets anything.
    sandbox.fault("status", method=method, path=path, nth=_NEVER)


def ended(scenario, sandbox, folder):
    """Bring a drill to its end, if it began at all; returns its record, None where it never did."""
    path = next(folder.iterdir(), None)
    if path is None or path.stat().st_size == 0:
        return None
    drill(scenario, sandbox, folder, resume=True)
    return recorded(folder)


def recorded(folder):
    """Return the record that a drill's journal gives."""
    journal, entries = Journal.resumed(next(folder.iterdir()))
    journal.close()
    return recording.record(entries)


def asked(sandbox):
    """Return how often the request was sent that must be sent once."""
    return next(fault["seen"] for fault in sandbox.store.documents("fault") if fault["nth"] == _NEVER)


def tagged(sandbox):
    """Return the paths of all that carries a drill's tag."""
    return {body["id"].lower() for body in sandbox.store.listed() if tag(body, "drill-id")}


def demand_sound(scenario, sandbox, record):
    """Demand what is true whatever happened."""
    assert asked(sandbox) <= 1
    said = {left.ref.lower() for left in record.residue}
    hidden = {path for path in tagged(sandbox) if not any(path.startswith(ref) for ref in said)}
    assert not hidden, record
    if hidden or any(not left.until for left in record.residue):
        assert record.verdict.cleanup.state in ("failed", "residue-unexpected")
    found = record.verdict.recoverability
    assert found.state != "proven" or found.level <= scenario.level


def sweep_late(sandbox):
    """Let the local Azure carry out what it answered too late, and the sweeper take what came of it after the drill."""
    time.sleep(_LATE + 0.3)
    clock = clock_of(sandbox)
    clock.sleep(48 * 3600)
    nothing = Actor(cloud_at(sandbox.url, patience=SHORT), sandbox.credential, clock=clock, may=lambda *_: "it sweeps")
    with tempfile.TemporaryDirectory() as folder:
        swept = Broom(nothing, clock, Journal(Path(folder) / "sweep.jsonl")).sweep(DRILLS, [SUBSCRIPTION])
    assert not swept.left
    assert not tagged(sandbox)


def sampled(cells, scenario):
    """Return all cells, or some of them drawn by the seed."""
    draw = random.Random(f"{SEED} {scenario.name}")  # noqa: S311  # a sample of tests is no secret
    return cells if WHOLE else sorted(draw.sample(cells, min(scenario.cells, len(cells))))


@pytest.mark.parametrize("scenario", EACH)
def test_killed_at_any_moment_it_goes_on_asks_once_and_clears_away(lab, sandbox, tmp_path, scenario):
    """A resumed drill ends as one that nobody killed, or proves less."""
    lab(scenario)
    moments = drill(scenario, sandbox, tmp_path)
    record = recorded(tmp_path)
    demand_sound(scenario, sandbox, record)
    found = record.verdict.recoverability
    assert (found.state, found.level) == (("failed", scenario.fails) if scenario.fails else ("proven", scenario.level))
    for last in sampled(list(range(1, moments)), scenario):
        lab(scenario)
        assert drill(scenario, sandbox, tmp_path, last=last) is None
        record = ended(scenario, sandbox, tmp_path)
        if record is not None:
            demand_sound(scenario, sandbox, record)
            assert record.verdict.cleanup.state in ("clean", "not-needed", "residue-expected"), last


@pytest.mark.parametrize("scenario", EACH)
def test_hindered_at_any_request_it_proves_no_more_and_hides_nothing(lab, sandbox, tmp_path, scenario):
    """Silence, throttling, refusals and half-truths at each request in turn."""
    lab(scenario)
    sandbox.fault("status", path=_OF_THE_DRILL, nth=_NEVER - 1)
    drill(scenario, sandbox, tmp_path)
    requests = next(fault["seen"] for fault in sandbox.store.documents("fault") if fault["nth"] == _NEVER - 1)
    cells = [(nth, name) for nth in range(1, requests + 1) for name in FAULTS]
    for nth, name in sampled(cells, scenario):
        lab(scenario)
        effect, rule = FAULTS[name]
        sandbox.fault(effect, **{"path": _OF_THE_DRILL, "nth": nth, "count": 1, **rule})
        drill(scenario, sandbox, tmp_path)
        if name == "timeout":
            sweep_late(sandbox)
        demand_sound(scenario, sandbox, recorded(tmp_path))
