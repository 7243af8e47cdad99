"""What is told after a week: changes, doubt and silence; never a resource, a customer or a reason."""

import json
from datetime import UTC, date, datetime, timedelta

import jsonschema
import msgspec
import pytest

from audit.model import Plane, Severity, Verdict
from audit.notifying import FORMAT, Why, message, notice, schema, sound, subject, text
from audit.promises import ControlResult, Finding, PromiseResult, Proof, Report, StatementResult
from audit.runs import Checked, Fault, Pack, PackKind, Run
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


def told(*packs, always=False):
    good = [one for one in packs if sound(one, NOW)]
    return notice([one.checked for one in packs], good[-2:], NOW, within=8, always=always)


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
    assert CANARY not in write(told(pack(8, KEPT), pack(1, BROKEN)))


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
    for seen in (told(), told(pack(8, KEPT), pack(1, BROKEN)), told(pack(8, BROKEN), pack(1, faults=FAULT))):
        value = json.loads(message(seen))
        jsonschema.Draft202012Validator(json.loads(published)).validate(value)
        assert value["format"] == FORMAT


def test_the_text_says_what_the_message_says():
    seen = told(pack(8, KEPT), pack(1, BROKEN))
    assert text(seen).splitlines()[:3] == [
        "A promise changed.",
        "",
        "- C-1: was kept, is broken. Files stay in the United Kingdom.",
    ]
    assert "Promises: 1 broken" in text(seen)
    assert msgspec.json.decode(message(seen))["counts"]["broken"] == 1
