"""What is told after a week: changes, doubt and silence; never a resource, a customer or a reason."""

import json
from datetime import UTC, date, datetime, timedelta

import jsonschema
import msgspec
import pytest

from audit.cli.drill_run import WELL, code
from audit.model import Plane, Severity, Verdict
from audit.notifying import FORMAT, What, Why, drills, message, notice, schema, sound, subject, text, wrong
from audit.promises import ControlResult, Finding, PromiseResult, Proof, Report, StatementResult
from audit.runs import Checked, Fault, Pack, PackKind, Run
from tests.drills.records import record
from tests.support import ROOT

NOW = datetime(2026, 11, 16, 3, tzinfo=UTC)
CANARY = "rg-of-c-07-canary"


def promise(identity, verdict, *, counted=True, text="Files stay in the United Kingdom."):
    return PromiseResult(
        id=identity,
        text=text,
        binds="processor",
        gdpr=(),
        counted=counted,
        complementary=False,
        categorical=False,
        verdict=verdict,
        controls={f"of-{identity}": verdict},
        needs=Proof(),
        reason=f"broken by {CANARY}",
        drift=(),
    )


def control(name, verdict):
    """A control that says of the estate what a promise of it says."""
    found = Finding(control=name, severity=Severity.HIGH, verdict=verdict, reason=CANARY)
    said = {"title": name, "catalogue": "", "severity": Severity.HIGH, "verdict": verdict}
    return ControlResult(id=name, findings=(found,), **said)


def report(verdict, promises):
    statement = StatementResult(
        id="privacy",
        company="Company",
        title="Privacy",
        url="https://example.com",
        seen=date(2026, 1, 1),
        digest="0" * 64,
        outside=(),
        promises=tuple(promises),
        drift=(),
    )
    return Report(
        product="promise-audit 0",
        plane=Plane.LIVE,
        origin=CANARY,
        seen_at=NOW,
        judged_on=NOW.date(),
        verdict=verdict,
        statements=(statement,),
        controls=tuple(control(name, seen) for one in promises for name, seen in one.controls.items()),
        resources=0,
        gaps=(),
        unassessed=(),
        obligations=(),
        tools={},
    )


def pack(days, *promises, faults=(), signers=("key",), kind=PackKind.RUN, readable=True):
    """Make a pack that began so many days ago."""
    began = NOW - timedelta(days=days)
    identity = f"{began:%Y%m%dT%H%M%SZ}-1f3a9c2e"
    checked = Checked(id=identity, kind=kind, sealed=True, faults=faults, signers=signers)
    run = Run(id=identity, began=began, ended=began, product="promise-audit 0")
    return Pack(checked=checked, run=run, report=report(Verdict.KEPT, promises) if readable else None)


def drilled(days, *, faults=(), signers=("key",), kind=PackKind.DRILL, drill_id="", **how):
    """Make the pack of a drill that ended so many days ago; by default all went well."""
    ended = NOW - timedelta(days=days)
    made = record(CANARY, ended, **how)
    made = msgspec.structs.replace(made, drill_id=drill_id or made.drill_id)
    identity = f"{ended:%Y%m%dT%H%M%SZ}-2f3a9c2e"
    return Pack(checked=Checked(id=identity, kind=kind, sealed=True, faults=faults, signers=signers), drill=made)


def told(*packs, always=False, of=PackKind.RUN, within=8):
    """Tell of packs as the command does: of the two newest sound runs, and of the drills since."""
    checked = [one.checked for one in packs]
    runs = [one for one in packs if one.run and sound(one, NOW)][-2:] if of is PackKind.RUN else []
    fresh = {one.id for one in drills(checked, runs, NOW, within=within)}
    read = [*runs, *(one for one in packs if one.drill and one.checked.id in fresh)]
    return notice(checked, read, NOW, within=within, always=always, of=of)


KEPT, BROKEN = promise("C-1", Verdict.KEPT), promise("C-1", Verdict.BROKEN)
FAULT = (Fault("report.json.gz", "another digest"),)


@pytest.mark.parametrize(
    ("packs", "why"),
    [
        pytest.param([pack(8, KEPT), pack(1, KEPT)], None, id="all as it was"),
        pytest.param([pack(8, KEPT), pack(1, BROKEN)], (Why.CHANGED,), id="a promise broke"),
        pytest.param([pack(8, BROKEN), pack(1, KEPT)], (Why.CHANGED,), id="a promise was mended"),
        pytest.param([pack(8, KEPT), pack(1)], (Why.CHANGED,), id="a promise is there no more"),
        pytest.param([pack(8), pack(1, KEPT)], (Why.CHANGED,), id="a promise is new"),
        pytest.param([pack(1, KEPT)], None, id="the first pack"),
        pytest.param([], (Why.LATE,), id="no pack"),
        pytest.param([pack(16, KEPT), pack(9, KEPT)], (Why.LATE,), id="a week without a pack"),
        pytest.param([pack(8, KEPT), pack(1, KEPT, faults=FAULT)], (Why.DOUBTED,), id="the newest has a fault"),
        pytest.param([pack(8, KEPT), pack(1, KEPT, signers=())], (Why.DOUBTED,), id="the newest is not signed"),
        pytest.param([pack(9, KEPT), pack(1, KEPT, faults=FAULT)], (Why.DOUBTED, Why.LATE), id="nothing sound in time"),
        pytest.param([pack(8, KEPT), pack(1, KEPT, readable=False)], (Why.DOUBTED,), id="the newest cannot be read"),
        pytest.param([pack(8, KEPT), pack(-2, KEPT)], (Why.DOUBTED,), id="the newest is of a day to come"),
        pytest.param([pack(8, KEPT), pack(1, KEPT, kind=None, faults=FAULT)], (Why.DOUBTED,), id="of no kind"),
    ],
)
def test_what_is_told(packs, why):
    seen = told(*packs)
    assert (seen.why if seen else None) == why


def test_a_drills_pack_is_no_week_of_an_audit():
    assert told(pack(9, KEPT), pack(1, KEPT, kind=PackKind.DRILL)) is not None


@pytest.mark.parametrize(
    ("how", "what"),
    [
        pytest.param({}, (), id="all went well"),
        pytest.param({"rpo": "not-applicable"}, (), id="one target alone"),
        pytest.param({"cleanup": "residue-expected"}, (), id="left what was expected"),
        pytest.param({"state": "failed"}, (What.FAILED,), id="failed"),
        pytest.param({"rpo": "missed"}, (What.MISSED,), id="too old"),
        pytest.param({"rto": "missed"}, (What.MISSED,), id="too late"),
        pytest.param({"state": "inconclusive", "level": None}, (What.UNPROVEN,), id="inconclusive"),
        pytest.param({"state": "not-run", "level": None}, (What.UNPROVEN,), id="not run"),
        pytest.param({"level": 3}, (What.UNPROVEN,), id="proven too little"),
        pytest.param({"rpo": "unknown"}, (What.UNPROVEN,), id="no canary"),
        pytest.param({"cleanup": "residue-unexpected"}, (What.LEFT,), id="left something"),
        pytest.param({"cleanup": "failed"}, (What.LEFT,), id="could not clear away"),
        pytest.param({"state": "failed", "cleanup": "failed"}, (What.FAILED, What.LEFT), id="two things"),
        pytest.param({"negative": True, "state": "failed"}, (), id="a damaged copy failed"),
        pytest.param({"negative": True}, (What.PASSED,), id="a damaged copy passed"),
        pytest.param({"negative": True, "level": 2}, (What.PASSED,), id="a damaged copy passed a little"),
        pytest.param({"negative": True, "state": "inconclusive"}, (What.UNPROVEN,), id="a damaged copy showed nothing"),
    ],
)
def test_a_drill_is_told_of_where_its_job_does_not_end_well(how, what):
    one = drilled(1, **how)
    assert wrong(one.drill) == what
    assert bool(what) is (code(one.drill) != WELL)
    seen = told(one, of=PackKind.DRILL, within=1)
    assert tuple(entry.what for entry in seen.drills) == what if what else seen is None


BAD = {"state": "failed"}


@pytest.mark.parametrize(
    ("packs", "why"),
    [
        pytest.param([pack(8, KEPT), drilled(3, **BAD), pack(1, KEPT)], (Why.DRILLED,), id="before this run"),
        pytest.param([pack(8, KEPT), pack(1, KEPT), drilled(0, **BAD)], (Why.DRILLED,), id="after this run"),
        pytest.param([drilled(9, **BAD), pack(8, KEPT), pack(1, KEPT)], None, id="told the last time"),
        pytest.param([drilled(3, **BAD), pack(1, KEPT)], (Why.DRILLED,), id="no run before"),
        pytest.param([drilled(9, **BAD), pack(1, KEPT)], None, id="no run before, and long ago"),
        pytest.param(
            [pack(8, KEPT), drilled(3, **BAD), pack(1, BROKEN)], (Why.DRILLED, Why.CHANGED), id="and a change"
        ),
        pytest.param([pack(8, KEPT), drilled(3, faults=FAULT), pack(1, KEPT)], (Why.DOUBTED,), id="edited"),
        pytest.param([pack(8, KEPT), drilled(3, signers=()), pack(1, KEPT)], (Why.DOUBTED,), id="not signed"),
        pytest.param([pack(8, KEPT), drilled(3, kind=None, faults=FAULT), pack(1, KEPT)], (Why.DOUBTED,), id="no kind"),
        pytest.param([pack(8, KEPT), pack(1, KEPT), drilled(-2)], (Why.DOUBTED,), id="of a day to come"),
        pytest.param([drilled(9, faults=FAULT), pack(8, KEPT), pack(1, KEPT)], None, id="edited, and told before"),
    ],
)
def test_drills_since_the_run_before_are_told(packs, why):
    seen = told(*packs)
    assert (seen.why if seen else None) == why


@pytest.mark.parametrize(
    ("packs", "why"),
    [
        pytest.param([drilled(0.5)], None, id="a good night"),
        pytest.param([pack(0.2, BROKEN), drilled(2)], (Why.LATE,), id="a night without drills"),
        pytest.param([pack(8, KEPT), pack(0.2, BROKEN), drilled(0.5)], None, id="runs are others' to tell of"),
        pytest.param([drilled(2, **BAD), drilled(0.5)], None, id="told the night before"),
        pytest.param([drilled(0.6, faults=FAULT), drilled(0.5)], (Why.DOUBTED,), id="one of the night is edited"),
        pytest.param([], (Why.LATE,), id="nothing"),
    ],
)
def test_drills_alone_are_told_of(packs, why):
    seen = told(*packs, of=PackKind.DRILL, within=1)
    assert (seen.why if seen else None) == why
    assert seen is None or (seen.verdict, seen.changes) == (Verdict.UNPROVEN, ())


def test_a_pack_that_is_doubted_is_the_one_that_is_named():
    packs = pack(8, KEPT), drilled(3, faults=FAULT), pack(1, KEPT)
    seen = told(*packs)
    assert (seen.pack, seen.verified, seen.faults) == (packs[1].checked.id, False, 1)
    assert "It does not verify (1 faults)" in text(seen)


def test_a_drill_that_is_called_as_none_is_told_by_its_pack():
    one = drilled(0.5, **BAD, drill_id=f"drill-{CANARY}")
    assert [entry.id for entry in told(one, of=PackKind.DRILL).drills] == [one.checked.id]


def test_what_is_no_promise_of_the_companys_own_changes_nothing():
    theirs = [promise("C-2", verdict, counted=False) for verdict in (Verdict.KEPT, Verdict.BROKEN)]
    assert told(pack(8, theirs[0]), pack(1, theirs[1])) is None


def test_a_change_is_told_against_the_last_pack_that_verifies():
    seen = told(pack(15, KEPT), pack(8, KEPT, faults=FAULT), pack(1, BROKEN))
    assert [(one.promise, one.was, one.now) for one in seen.changes] == [("C-1", Verdict.KEPT, Verdict.BROKEN)]


def test_it_can_be_asked_for_always():
    assert told(pack(8, KEPT), pack(1, KEPT), always=True).why == (Why.ASKED,)


def test_no_evidence_is_told_as_not_proven():
    seen = told()
    assert (seen.verdict, seen.verified, seen.pack_at) == (Verdict.UNPROVEN, False, None)


@pytest.mark.parametrize("write", [lambda one: message(one).decode(), text, subject])
def test_no_message_holds_a_resource_or_a_reason(write):
    assert CANARY not in write(told(pack(8, KEPT), drilled(3, **BAD), pack(1, BROKEN)))


def test_a_folder_that_is_called_as_no_pack_is_not_named():
    """It could be called by a customer's name."""
    stray = Checked(id="Field Ltd", kind=None, sealed=False, faults=FAULT)
    found = notice([pack(1, KEPT).checked, stray], [pack(1, KEPT)], NOW, within=8, always=False)
    assert (found.why[0], found.pack) == (Why.DOUBTED, "a folder that is called as no pack is")
    assert b"Field" not in message(found)


def test_a_promises_text_cannot_turn_the_message():
    seen = told(pack(8, KEPT), pack(1, promise("C-1", Verdict.BROKEN, text="stay\u202e\x1b[2J")))
    assert not {"\u202e", "\x1b"} & set(text(seen))


def test_the_schema_is_the_one_published_and_accepts_every_message():
    published = (ROOT / "docs" / "weekly" / "notice.schema.json").read_bytes()
    assert published == schema()
    changed, drill = told(pack(8, KEPT), pack(1, BROKEN)), told(drilled(0.5, **BAD), of=PackKind.DRILL)
    for seen in (told(), changed, drill, told(pack(8, BROKEN), pack(1, faults=FAULT))):
        value = json.loads(message(seen))
        jsonschema.Draft202012Validator(json.loads(published)).validate(value)
        assert value["format"] == FORMAT


def test_the_text_says_what_the_message_says():
    seen = told(pack(8, KEPT), drilled(3, **BAD), pack(1, BROKEN))
    assert text(seen).splitlines()[:5] == [
        "A drill did not go well.",
        "A promise changed.",
        "",
        f"- drill {seen.drills[0].id} (sql): failed.",
        "- C-1: was kept, is broken. Files stay in the United Kingdom.",
    ]
    assert "Promises: 1 broken" in text(seen)
    assert msgspec.json.decode(message(seen))["counts"]["broken"] == 1
