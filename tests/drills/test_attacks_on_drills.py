"""What somebody would try who wants a bad backup to pass, or a drill to touch what is not its own, comes to nothing."""

from datetime import timedelta

import msgspec
import pytest

from audit import canonical
from audit.azure import Refused
from audit.drill_record import Isolation
from audit.drill_rules import DrillRules
from audit.drills.drill import Found, Probe
from audit.drills.machine import run
from audit.drills.recording import record as told_by
from audit.drills.steps import Made
from audit.evidence.checking import check
from audit.evidence.pack import drilled, opened
from audit.evidence.trust import Trust
from audit.policies import _drill_problems
from audit.sandbox.store import EXPANDED
from audit.targets import Targets
from tests import packs
from tests.drilling import DRILLS
from tests.drills.test_archive import Archive
from tests.drills.test_drill_machine import ITEM, STORAGE, account, isolate, kind, restore
from tests.drills.test_sweeping import Sweeping

PRODUCTION = "0000000A-0000-0000-0000-00000000000A"


@pytest.fixture
def sweeping(drilling):
    """A sweep with a journal of its own."""
    made = Sweeping(drilling)
    yield made
    made.actor.close()


@pytest.mark.parametrize(
    ("name", "drill"),
    [
        pytest.param("orders", "a-drill", id="a production database"),
        pytest.param("drill-data-warehouse", "data", id="one that begins alike"),
        pytest.param("drill-a-drill-1-orders", "a-drill", id="one that goes on"),
        pytest.param("drill-anything-1", ".*", id="a tag that is a pattern"),
    ],
)
def test_a_drills_tag_on_a_database_of_production_lets_nobody_delete_it(sweeping, name, drill):
    """It is said to be there, and it stays."""
    server = f"{sweeping.sandbox.group('data')}/providers/Microsoft.Sql/servers/one"
    sweeping.sandbox.put(server, {"location": "uksouth", "properties": {"administratorLogin": "nobody"}})
    tags = {"drill-id": drill, "drill-expires-at": "2020-01-01T00:00:00Z"}
    path = f"{server}/databases/{name}"
    sweeping.sandbox.put(path, {"location": "uksouth", "tags": tags})
    swept = sweeping.sweep([sweeping.sandbox.subscription])
    assert (swept.removed, [left.ref.lower() for left in swept.left]) == ((), [path.lower()])
    assert sweeping.there(path)


def test_a_group_that_only_begins_like_a_drills_own_stays(sweeping):
    path = sweeping.group("rig", called="drill-rig-production")
    assert sweeping.sweep().removed == ()
    assert sweeping.there(path)


def dated(after):
    """Return checks of which the last finds content of so much after it looks."""

    def probes(drill, point, restored):
        return (
            Probe(id="copy.sound", level=4, run=lambda: Found(result="pass")),
            Probe(
                id="copy.content",
                level=5,
                run=lambda: Found(result="pass", newest=drill.clock.now() + after, basis="canary"),
            ),
        )

    return probes


def test_content_of_a_time_yet_to_come_meets_no_rpo(drilling):
    """A row with a wrong date would else stand for a backup that loses nothing."""
    verdict = drilling.run(kind(probes=dated(timedelta(days=1))), ITEM).verdict
    assert (verdict.rpo.state, verdict.rpo.achieved_s, verdict.met) == ("unknown", None, False)
    assert "yet to come" in verdict.rpo.basis


def test_a_copy_whose_region_is_not_told_proves_nothing(drilling, sandbox):
    """What was not seen to lie in a promised region may lie anywhere."""
    silent = kind(restore=lambda drill, point: {**restore(drill, point), "region": ""})
    record = drilling.run(silent, ITEM)
    assert (record.verdict.recoverability.state, record.checks) == ("inconclusive", ())
    assert "not told" in record.verdict.recoverability.reason
    assert sandbox.store.listed() == []


def test_nothing_is_restored_into_a_place_that_came_to_lie_elsewhere(drilling):
    """Where the place lies is asked once it is there, and before any data goes to it."""
    asked = []

    def elsewhere(drill):
        isolate(drill)
        return Isolation(
            subscription=DRILLS, region="eastus", residency_ok=False, egress_denied=True, public_ip=False, peerings=0
        )

    record = drilling.run(kind(isolate=elsewhere, restore=lambda drill, point: asked.append(1)), ITEM)
    assert (record.verdict.recoverability.state, asked) == ("inconclusive", [])
    assert "eastus" in record.verdict.recoverability.reason


def test_a_restore_whose_answer_was_lost_leaves_nothing_though_it_comes_late(drilling, sandbox):
    """It is waited for before everything is taken away."""
    path, arrives, sleep = [], drilling.clock.now() + timedelta(days=999), drilling.clock.sleep

    def pass_(seconds):
        nonlocal arrives
        sleep(seconds)
        if drilling.clock.now() >= arrives:
            arrives += timedelta(days=999)
            sandbox.put(path[0], {"location": "uksouth", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"})

    def lost(drill, point):
        def ask():
            nonlocal arrives
            path.append(account(drill))
            arrives = drilling.clock.now() + timedelta(seconds=30)
            raise Refused(path[0], 0, "no answer")

        return drill.begin("ask", ask, makes=(Made(path=account(drill), api=STORAGE),), probe=lambda: None)

    drilling.clock = msgspec.structs.replace(drilling.clock, sleep=pass_)
    record = drilling.run(kind(restore=lost), ITEM)
    drilling.clock.sleep(60)
    assert record.verdict.recoverability.state == "inconclusive"
    assert sandbox.store.listed() == []


def better(plain):
    plain["verdict"]["recoverability"]["level"] = 6


def on_time(plain):
    plain["verdict"]["rto"]["state"] = "met"
    plain["verdict"]["rto"]["achieved_s"] = 0


def of_another(plain):
    plain["item"]["ref"] = "sql-ffffffffffff"


def unseen(plain):
    plain["checks"] = plain["checks"][:-1]


@pytest.mark.parametrize("forge", [None, better, on_time, of_another, unseen])
def test_a_record_that_its_journal_does_not_tell_does_not_verify(drilling, tmp_path, forge):
    """Count and last digest of the journal alone say nothing of what the record makes of it."""
    drill = drilling.begin(kind(), ITEM)
    record = run(kind(), drill)
    plain = msgspec.to_builtins(record)
    if forge:
        forge(plain)
    told = msgspec.convert(plain, type(record), strict=False)
    lines = b"".join(canonical.written(msgspec.to_builtins(entry)) + b"\n" for entry in drill.steps.entries)
    folder = drilled(tmp_path / "packs", told, product=packs.PRODUCT, lines=lines)
    checked = check(folder, Trust())
    assert (checked.faults == ()) is (forge is None)
    assert (opened(folder, checked).drill == told_by(drill.steps.entries)) is (forge is None)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        pytest.param({"subscription": PRODUCTION.lower()}, "in which production runs", id="production, spelt small"),
        pytest.param({"identity": "ABC", "sweeper": "abc"}, "sweeper is the identity", id="one identity, spelt twice"),
    ],
)
def test_ids_are_the_same_however_they_are_spelt(changes, word):
    """Azure knows no case in them."""
    targets = Targets({"estate": {"subscriptions": [PRODUCTION]}, "geo": {"regions": ["uksouth"]}})
    (problem,) = _drill_problems(DrillRules(**changes), targets, ())
    assert word in problem


@pytest.mark.parametrize(("rpo_s", "state"), [(600, "failed"), (2 * 3600, "proven")])
def test_a_region_that_nothing_reaches_any_more_does_not_pass_by_an_old_canary(drilling, sandbox, rpo_s, state):
    """What is older than the RPO must have arrived; what is younger may be on its way."""
    archive = Archive(drilling)
    archive.prepare()
    first = archive.prepared["canaries"]["canaries"]
    stats = {
        "geoReplicationStats": {"lastSyncTime": f"{drilling.clock.now() - timedelta(minutes=10):%Y-%m-%dT%H:%M:%SZ}"}
    }
    sandbox.store.put_document(EXPANDED, archive.id.lower().partition("/blobservices")[0], stats)
    archive.prepare()
    archive.prepared["canaries"]["canaries"] = [*first, *archive.prepared["canaries"]["canaries"]]
    found = archive.run(rpo_s=rpo_s).verdict.recoverability
    assert (found.state, found.level) == (state, 6), found
