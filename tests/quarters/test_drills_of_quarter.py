"""A drill proves a promise only where all that is in scope came back, and nothing where a damaged copy passed."""

from datetime import timedelta

import msgspec
import pytest

from audit.drill_rules import Class, DrillRules
from audit.model import Verdict
from tests.quarter_packs import BEFORE, DRILLED, MONDAYS, RUNS, drill, pack, promise, quarter

K, U, B = Verdict.KEPT, Verdict.UNPROVEN, Verdict.BROKEN
SOON, LATER = MONDAYS[3] + timedelta(hours=5), MONDAYS[8] + timedelta(hours=5)


def drilled(*drills):
    return quarter([*(pack(at, policies=DRILLED) for at in RUNS), *drills], DRILLED)


@pytest.mark.parametrize(
    ("drills", "verdict", "now"),
    [
        pytest.param([], U, U, id="none"),
        pytest.param([drill(SOON)], K, K, id="all that there is was restored"),
        pytest.param([drill(SOON, level=3)], U, U, id="restored and not looked at"),
        pytest.param([drill(SOON, in_scope=2)], U, U, id="one of two"),
        pytest.param([drill(SOON, in_scope=2), drill(LATER, ref="item-2", in_scope=2)], K, K, id="two of two"),
        pytest.param([drill(SOON, in_scope=2), drill(LATER, in_scope=2)], U, U, id="the same one twice"),
        pytest.param([drill(SOON, state="inconclusive", level=None)], U, U, id="inconclusive is no pass"),
        pytest.param([drill(SOON, rpo="unknown")], U, U, id="a target not measured"),
        pytest.param([drill(SOON, rto="missed")], B, B, id="a target missed"),
        pytest.param([drill(SOON, state="failed", level=4)], B, B, id="it failed"),
        pytest.param([drill(SOON, state="failed", level=4), drill(LATER)], B, K, id="failed, then restored"),
        pytest.param([drill(SOON), drill(LATER, state="failed", level=4)], B, B, id="restored, then failed"),
        pytest.param([drill(SOON, cleanup="failed")], K, K, id="clean-up is another matter"),
        pytest.param([drill(SOON, sealed=False)], U, U, id="a record that is not sealed"),
        pytest.param([drill(BEFORE)], U, U, id="last quarter's"),
        pytest.param([drill(SOON, negative_control=True)], U, U, id="a damaged copy proves nothing"),
        pytest.param(
            [drill(SOON), drill(LATER, ref="bad", negative_control=True)], U, U, id="a verifier that cannot fail"
        ),
        pytest.param(
            [drill(SOON), drill(LATER, ref="bad", negative_control=True, state="failed", level=4)],
            K,
            K,
            id="a verifier that can",
        ),
        pytest.param([drill(SOON, commitments=("S-2",))], U, U, id="of another promise"),
    ],
)
def test_a_drill_proves_what_it_restored(drills, verdict, now):
    found = promise(drilled(*drills))
    assert (found.verdict, found.now) == (verdict, now)
    assert found.drills == (("BCK-13",) if now is K else ())


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("worse", "verdict"),
    [
        pytest.param({"state": "failed", "level": 4}, B, id="failed"),
        pytest.param({"rto": "missed"}, B, id="too late"),
        pytest.param({"state": "inconclusive", "level": None}, U, id="inconclusive"),
    ],
)
def test_of_two_records_of_one_attempt_the_worse_counts(worse, verdict, first):
    """Else whoever holds the key could pack a failed drill again as one that passed."""
    records = [drill(SOON, **worse), drill(SOON)]
    marks = ("00000000", "ffffffff") if first else ("ffffffff", "00000000")
    again = [
        msgspec.structs.replace(one, checked=msgspec.structs.replace(one.checked, id=f"{one.checked.id[:17]}{mark}"))
        for one, mark in zip(records, marks, strict=True)
    ]
    assert promise(drilled(*again)).now is verdict


def test_a_drill_that_failed_in_a_week_that_is_not_over_counts_at_once():
    """Mended the same week it is an exception all the same, and no promise was kept throughout."""
    week = MONDAYS[4]
    packs = [pack(at, policies=DRILLED) for at in RUNS if at < week]
    packs += [drill(week + timedelta(hours=5), state="failed", level=4), drill(week + timedelta(hours=9))]
    found = promise(quarter(packs, DRILLED, as_of=(week + timedelta(days=2)).date()))
    assert (found.verdict, found.weeks[4], found.weeks[5]) == (B, B, None)


def test_a_failed_drill_breaks_the_weeks_until_the_next_good_one():
    weeks = promise(drilled(drill(SOON, state="failed", level=4), drill(LATER))).weeks
    assert weeks == (*[K] * 3, *[B] * 5, *[K] * 4)


@pytest.mark.parametrize(
    ("more", "controls"),
    [
        pytest.param({"state": "failed", "level": 4}, ["drill-sql-recoverability"], id="failed"),
        pytest.param({"rto": "missed"}, ["drill-sql-targets"], id="too late"),
        pytest.param({"cleanup": "failed"}, ["drill-sql-clean-up"], id="clean-up failed"),
        pytest.param({"cleanup": "residue-unexpected"}, ["drill-sql-clean-up"], id="left something"),
        pytest.param({"cleanup": "residue-expected"}, [], id="left what it may"),
        pytest.param({"negative_control": True}, ["drill-sql-negative"], id="passed, which it must not"),
        pytest.param({"state": "inconclusive", "level": None}, [], id="inconclusive"),
    ],
)
def test_what_went_wrong_in_a_drill_is_an_exception_of_its_own(more, controls):
    made = drilled(drill(SOON, **more))
    assert [one.control for one in made.exceptions] == controls
    refs = {piece.id for piece in made.evidence}
    assert all(set(one.evidence) <= refs and one.evidence for one in made.exceptions)


def test_coverage_counts_items_in_the_quarter_and_in_a_year():
    old = MONDAYS[0] - timedelta(weeks=20)
    ancient = MONDAYS[0] - timedelta(weeks=60)
    (found,) = drilled(
        drill(SOON, in_scope=4),
        drill(SOON, ref="item-2", state="failed", level=2, in_scope=4),
        drill(old, ref="item-3", in_scope=4),
        drill(ancient, ref="item-4", in_scope=4),
    ).coverage
    assert (found.in_scope, found.proven, found.proven_year, found.negative) == (4, 1, 2, "none")


def ruled(*classes):
    """Return the rules of a company that drills these kinds for BCK-13, each with a named item."""
    made = tuple(
        Class(kind=kind, named=named, tier="one", drills=("BCK-13",), methods=("any",), target="recovery.any")
        for kind, named in classes
    )
    return msgspec.structs.replace(DRILLED, drills=DrillRules(classes=made))


@pytest.mark.parametrize(
    ("classes", "now"),
    [
        pytest.param([("sql", ("one",))], K, id="the one kind that there is"),
        pytest.param([("sql", ("one",)), ("vm", ("two",))], U, id="another kind was never drilled"),
        pytest.param([("sql", ("one",)), ("vm", ())], K, id="there is nothing of the other kind"),
    ],
)
def test_a_drill_is_proven_where_every_kind_that_it_is_about_was_restored(classes, now):
    """The rules say what must be recoverable, and not what was drilled."""
    policies = ruled(*classes)
    made = quarter([*(pack(at, policies=policies) for at in RUNS), drill(SOON)], policies)
    assert promise(made).now is now


def test_a_kind_that_was_never_drilled_stands_in_the_coverage_with_nothing():
    """What must be recoverable is counted, whether it was drilled or not."""
    policies = ruled(("sql", ("one",)), ("exchange", ("two", "three")))
    made = quarter([*(pack(at, policies=policies) for at in RUNS), drill(SOON)], policies)
    assert [(one.kind, one.in_scope, one.proven) for one in made.coverage] == [("exchange", 2, 0), ("sql", 1, 1)]


def test_a_drill_that_failed_last_quarter_is_followed_up():
    (left,) = drilled(drill(BEFORE, state="failed", level=4)).follow_up
    assert left.outcome == "not proven to be mended: no drill of the quarter tells"
    (mended,) = drilled(drill(BEFORE, state="failed", level=4), drill(SOON)).follow_up
    assert mended.outcome == f"mended, seen on {SOON:%Y-%m-%d}"
