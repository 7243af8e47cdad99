"""Findings fold into promises: the worst counts, and a promise is kept only when all of its proof is there."""

from datetime import date

import pytest

from audit.facts import Cause
from audit.folding import fold, gate, in_scope, needs
from audit.model import Severity, Verdict, worst
from audit.promises import Commitment, ControlResult, Drift, Finding, Proof, Statement

BROKEN, UNPROVEN, WAIVED, KEPT, NOT_APPLICABLE = Verdict
DRILL = Proof(drills=("restore",))


def promise(identity="P", *, controls=("c",), **fields):
    """Make a commitment that the control `c` proves."""
    return Commitment(
        id=identity, promise_text="A promise.", sentences=(), binds="processor", controls=controls, **fields
    )


def statement(*commitments, identity="S", scope=("files",), drift=()):
    """Make a statement that speaks for files."""
    return Statement(
        id=identity,
        company="A locksmith",
        title="What we promise",
        url="https://locks.example",
        seen=date(2026, 1, 1),
        digest="d",
        scope=scope,
        sentences=(),
        drift=drift,
        commitments=commitments,
    )


def result(*verdicts, control="c", data=()):
    """Make a control's result with one finding for each verdict; a tuple of data classes may come with it."""
    found = tuple(
        Finding(
            control=control,
            severity=Severity.HIGH,
            verdict=verdict if isinstance(verdict, Verdict) else verdict[0],
            reason="so it is",
            data=data if isinstance(verdict, Verdict) else verdict[1],
        )
        for verdict in verdicts
    )
    return ControlResult(
        id=control,
        title="",
        catalogue="",
        severity=Severity.HIGH,
        verdict=worst(finding.verdict for finding in found),
        findings=found,
    )


def folded(commitment, *results, others=()):
    """Fold results into one promise."""
    own = statement(commitment)
    return fold(own, {one.id: one for one in results}, (own, *others)).promises[0]


@pytest.mark.parametrize(
    ("commitment", "verdicts", "verdict", "reason"),
    [
        pytest.param(promise(), (KEPT, KEPT), KEPT, "", id="kept"),
        pytest.param(promise(), (KEPT, NOT_APPLICABLE), KEPT, "", id="kept where it applies"),
        pytest.param(promise(), (KEPT, WAIVED), WAIVED, "", id="waived"),
        pytest.param(promise(), (KEPT, UNPROVEN, WAIVED), UNPROVEN, "not proven: c", id="unproven"),
        pytest.param(promise(), (KEPT, UNPROVEN, WAIVED, BROKEN), BROKEN, "broken: c", id="broken"),
        pytest.param(promise(), (), UNPROVEN, "not proven: c", id="nothing found"),
        pytest.param(
            promise(), (NOT_APPLICABLE,), UNPROVEN, "none of its controls applies to anything seen", id="not applicable"
        ),
        pytest.param(
            promise(categorical=True), (KEPT, WAIVED), BROKEN, "broken: c", id="waived, and no waiver can excuse it"
        ),
        pytest.param(promise(categorical=True), (KEPT,), KEPT, "", id="categorical and kept"),
        pytest.param(promise(pending=DRILL), (KEPT,), UNPROVEN, "still needs: a drill", id="kept, and a drill to come"),
        pytest.param(
            promise(pending=DRILL), (WAIVED,), UNPROVEN, "still needs: a drill", id="waived, and a drill to come"
        ),
        pytest.param(
            promise(pending=DRILL),
            (UNPROVEN,),
            UNPROVEN,
            "not proven: c; still needs: a drill",
            id="unproven, and a drill to come",
        ),
        pytest.param(promise(pending=DRILL), (BROKEN,), BROKEN, "broken: c", id="broken, and a drill to come"),
        pytest.param(promise(unprovable="nobody can"), (KEPT,), UNPROVEN, "nobody can", id="what nothing proves"),
        pytest.param(promise(promise=False), (KEPT,), NOT_APPLICABLE, "not a promise", id="a heading"),
        pytest.param(promise(complementary=True), (KEPT,), NOT_APPLICABLE, "the customer's part", id="the customer's"),
        pytest.param(promise(promise=False), (BROKEN,), BROKEN, "broken: c", id="a heading over something broken"),
    ],
)
def test_a_promise_gets_the_worst_of_its_proof(commitment, verdicts, verdict, reason):
    """It is kept only when everything that its proof needs has evidence."""
    found = folded(commitment, result(*verdicts))
    assert (found.verdict, found.reason) == (verdict, reason)


@pytest.mark.parametrize(
    ("results", "verdict", "reason"),
    [
        pytest.param((result(KEPT), result(KEPT, control="d")), KEPT, "", id="both kept"),
        pytest.param((result(KEPT), result(NOT_APPLICABLE, control="d")), KEPT, "", id="one does not apply"),
        pytest.param((result(KEPT), result(UNPROVEN, control="d")), UNPROVEN, "not proven: d", id="one unproven"),
        pytest.param((result(KEPT),), UNPROVEN, "not proven: d", id="one not judged on this plane"),
        pytest.param((), UNPROVEN, "not proven: c, d", id="none judged"),
        pytest.param((result(BROKEN), result(BROKEN, control="d")), BROKEN, "broken: c, d", id="both broken"),
        pytest.param((result(UNPROVEN), result(BROKEN, control="d")), BROKEN, "broken: d", id="one broken"),
    ],
)
def test_a_promise_needs_every_one_of_its_controls(results, verdict, reason):
    """The reason names those that it fails by."""
    found = folded(promise(controls=("c", "d")), *results)
    assert (found.verdict, found.reason) == (verdict, reason)


def test_a_promise_without_any_control_is_unproven():
    """Whether something is still to come or nothing was ever named."""
    assert folded(promise(controls=(), pending=DRILL)).reason == "still needs: a drill"
    assert folded(promise(controls=(), unprovable="nobody can")).verdict is UNPROVEN
    assert folded(promise(controls=())).verdict is UNPROVEN


def test_the_verdict_of_each_control_stands_beside_the_promises():
    """As it counts for this promise: under a categorical one a waiver does not."""
    found = folded(promise(controls=("c", "d"), categorical=True), result(WAIVED), result(KEPT, control="d"))
    assert found.controls == {"c": BROKEN, "d": KEPT}
    assert folded(promise(), result(WAIVED)).controls == {"c": WAIVED}


@pytest.mark.parametrize(
    ("fields", "counted"),
    [
        pytest.param({}, True, id="a promise"),
        pytest.param({"categorical": True}, True, id="a categorical promise"),
        pytest.param({"unprovable": "nobody can"}, True, id="a promise that nothing proves"),
        pytest.param({"promise": False}, False, id="a heading"),
        pytest.param({"complementary": True}, False, id="the customer's part"),
        pytest.param({"promise": False, "complementary": True}, False, id="both"),
    ],
)
def test_headings_and_the_customers_part_are_not_counted(fields, counted):
    """They are covered, and no promise of the company's own."""
    assert folded(promise(**fields), result(KEPT)).counted is counted


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        pytest.param(Proof(), "", id="nothing"),
        pytest.param(Proof(controls=("c",)), "still needs: a control", id="a control"),
        pytest.param(Proof(attestations=("a",)), "still needs: an attestation", id="an attestation"),
        pytest.param(Proof(drills=("a", "b")), "still needs: 2 drills", id="two drills"),
        pytest.param(
            Proof(controls=("a", "b"), probes=("c",), data_checks=("d",), drills=("e",), attestations=("f", "g", "h")),
            "still needs: 2 controls, a probe, a data check, a drill, 3 attestations",
            id="all of them",
        ),
    ],
)
def test_what_a_promise_still_needs_is_said_in_words(proof, words):
    """Counted by nature."""
    assert needs(proof) == words


MAIL = statement(identity="M", scope=("mail", "shared"))


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        pytest.param(("files",), BROKEN, id="its own data"),
        pytest.param(("mail",), UNPROVEN, id="another statement's data"),
        pytest.param(("mail", "shared"), UNPROVEN, id="several of another statement's"),
        pytest.param(("mail", "files"), BROKEN, id="its own among others"),
        pytest.param(("flies",), BROKEN, id="data that no statement knows"),
        pytest.param(("mail", "flies"), BROKEN, id="data that no statement knows among others"),
        pytest.param((), BROKEN, id="data that nobody named"),
    ],
)
def test_a_finding_counts_where_it_may_touch_the_statements_data(data, verdict):
    """Only what is known to hold another statement's data alone is left out."""
    assert folded(promise(), result(BROKEN, data=data), others=(MAIL,)).verdict is verdict


def test_data_that_two_statements_speak_for_counts_for_both():
    """Sharing a class does not give it away."""
    shared = statement(identity="B", scope=("files", "mail"))
    assert folded(promise(), result(BROKEN, data=("files",)), others=(shared,)).verdict is BROKEN


def test_findings_out_of_scope_are_left_out_one_by_one():
    """What is in scope still decides."""
    mixed = result((BROKEN, ("mail",)), (KEPT, ("files",)))
    assert folded(promise(), mixed, others=(MAIL,)).verdict is KEPT


def test_a_finding_in_nobodys_scope_counts_everywhere():
    """A slip of the pen must not take a resource out of every statement."""
    finding = result(BROKEN, data=("flies",)).findings[0]
    assert in_scope(finding, {"mail"})
    assert in_scope(finding, set())


def test_drift_stands_beside_the_verdict():
    """A sentence that cannot be literally true does not change what was seen."""
    drift = (Drift("D1", "Not any more.", ("P",), "an amended statement"), Drift("D2", "Nor this.", ("Q",), "as above"))
    own = statement(promise("P"), promise("Q"), promise("R"), drift=drift)
    folded_statement = fold(own, {"c": result(KEPT)}, (own,))
    assert [(one.id, one.verdict, one.drift) for one in folded_statement.promises] == [
        ("P", KEPT, ("D1",)),
        ("Q", KEPT, ("D2",)),
        ("R", KEPT, ()),
    ]
    assert folded_statement.drift == drift


def test_a_statement_keeps_its_name_and_the_order_of_its_promises():
    """A reader finds them as they were published."""
    own = statement(promise("B"), promise("A"))
    found = fold(own, {}, (own,))
    assert [one.id for one in found.promises] == ["B", "A"]
    assert (found.id, found.company, found.url, found.seen) == ("S", "A locksmith", own.url, own.seen)


def finding(verdict, *, cause=None, severity=Severity.HIGH):
    """Make a control's result with one finding."""
    found = Finding(control="c", severity=severity, verdict=verdict, reason="so it is", cause=cause)
    return ControlResult(id="c", title="", catalogue="", severity=severity, verdict=verdict, findings=(found,))


OBLIGATION = finding(UNPROVEN, cause=Cause.UNKNOWN)


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        pytest.param((), UNPROVEN, id="no control"),
        pytest.param((result(),), UNPROVEN, id="no finding"),
        pytest.param((finding(KEPT),), KEPT, id="kept"),
        pytest.param((finding(KEPT), finding(WAIVED)), WAIVED, id="one waived"),
        pytest.param((finding(NOT_APPLICABLE),), NOT_APPLICABLE, id="none applies"),
        pytest.param((finding(KEPT), OBLIGATION), KEPT, id="an obligation beside it"),
        pytest.param((OBLIGATION,), UNPROVEN, id="obligations only"),
        pytest.param(
            (finding(KEPT), finding(UNPROVEN, cause=Cause.UNKNOWN, severity=Severity.CRITICAL)),
            UNPROVEN,
            id="an unknown of a critical control",
        ),
        pytest.param((finding(KEPT), finding(UNPROVEN, cause=Cause.GAP)), UNPROVEN, id="a gap"),
        pytest.param((finding(KEPT), finding(UNPROVEN, cause=Cause.NOTHING)), UNPROVEN, id="nothing seen"),
        pytest.param((finding(KEPT), finding(UNPROVEN, cause=Cause.MISSING)), UNPROVEN, id="something missing"),
        pytest.param((finding(KEPT), finding(UNPROVEN)), UNPROVEN, id="unproven without a cause"),
        pytest.param((finding(UNPROVEN, cause=Cause.GAP), finding(BROKEN)), BROKEN, id="one broken"),
    ],
)
def test_the_gate_is_open_only_where_the_plane_showed_what_it_can(results, verdict):
    """Obligations wait for the deployment, and everything else that was not seen shuts it."""
    assert gate(results, ()) is verdict


@pytest.mark.parametrize(
    ("commitment", "verdict"),
    [
        pytest.param(promise(), WAIVED, id="a promise that a waiver can excuse"),
        pytest.param(promise(categorical=True), BROKEN, id="one that no waiver can excuse"),
        pytest.param(promise(categorical=True, pending=DRILL), BROKEN, id="such a one, and a drill to come"),
        pytest.param(promise(pending=DRILL), WAIVED, id="a drill to come, which no program can hold"),
        pytest.param(promise(unprovable="nobody can"), WAIVED, id="what nothing proves"),
    ],
)
def test_a_waiver_does_not_open_the_gate_for_a_categorical_promise(commitment, verdict):
    """Promises shut it only where they are broken: what they still need, no pull request can bring."""
    own, seen = statement(commitment), result(KEPT, WAIVED)
    assert gate((seen,), (fold(own, {"c": seen}, (own,)),)) is verdict
