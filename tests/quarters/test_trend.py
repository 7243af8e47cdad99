"""What changed since last quarter is told with its cause: a changed rule is not taken for a changed estate."""

from datetime import date

import pytest

from audit.model import Verdict, broken, kept
from audit.people import Attestation, Response
from audit.promises import Proof
from audit.quarters.model import Cause
from tests.made import control
from tests.quarter_packs import (
    BEFORE,
    FIRST,
    SEALED,
    STORAGE_ACCOUNT,
    account,
    commitment,
    pack,
    promise,
    quarter,
    rules,
    vault,
    year,
)

K, U, B = Verdict.KEPT, Verdict.UNPROVEN, Verdict.BROKEN
STRICT = control("storage-shut", lambda account: broken("the rule is stricter now"), on=(STORAGE_ACCOUNT,))


def opened(at, **more):
    return pack(at, account("files", shut=False, at=at), vault(at=at), **more)


def many_days(account, targets):
    return kept("long enough") if targets.number("keep.days") >= 35 else broken("too short")


def with_days(days):
    one = control("storage-shut", many_days, on=(STORAGE_ACCOUNT,), asks=("account", "targets"))
    targets = type(rules().targets)({"keep": {"days": days}})
    return rules(controls=(one, SEALED), targets=targets)


def told(packs, policies):
    (found,) = quarter(packs, policies).changes
    return found


def test_a_changed_estate_is_told_as_one():
    found = told([pack(BEFORE), opened(FIRST)], rules())
    assert (found.was, found.now, found.rejudged, found.causes) == (K, B, K, (Cause.ESTATE,))


def test_a_changed_rule_on_the_same_estate_is_told_as_one():
    stricter = rules(controls=(STRICT, SEALED))
    changed = {"policies": {"controls/storage/shut.py": "2" * 64}}
    made = quarter([pack(BEFORE), pack(FIRST, policies=stricter, run=changed)], stricter)
    (found,) = made.changes
    assert (found.was, found.now, found.rejudged, found.causes) == (K, B, B, (Cause.CONTROL,))
    assert found.detail == "a control changed: storage-shut"
    assert [(row.what, row.was, row.now) for row in made.rules] == [
        ("policies/controls/storage/shut.py", "1" * 12, "2" * 12)
    ]


def test_a_changed_target_is_told_as_one():
    low, high = with_days(7), with_days(35)
    word = {"targets": {"keep": {"days": 35}}}, {"targets": {"keep": {"days": 7}}}
    packs = [pack(BEFORE, policies=high, run=word[0]), pack(FIRST, policies=low, run=word[1])]
    found = told(packs, low)
    assert (found.now, found.rejudged, found.causes) == (B, B, (Cause.TARGET,))
    assert "keep.days" in found.detail


def test_a_denied_read_is_evidence_that_went():
    packs = [pack(BEFORE), pack(FIRST, vault(), gaps=(("Azure answered 403", (STORAGE_ACCOUNT.arm,)),))]
    found = told(packs, rules())
    assert (found.was, found.now, found.causes) == (K, U, (Cause.EVIDENCE,))


def test_a_quarter_without_evidence_changes_everything_for_want_of_it():
    made = quarter([pack(BEFORE)])
    assert {(one.now, one.causes) for one in made.changes} == {(U, (Cause.EVIDENCE,))}


def test_a_word_that_expired_is_people():
    needs = commitment("S-1", "storage-shut", pending=Proof(attestations=("AT-03",)))
    word = Attestation(
        id="AT-03",
        role="officer",
        looked_at="it",
        on=date(2026, 9, 1),
        until=date(2026, 9, 30),
        evidence="e" * 64,
    )
    policies = rules(needs, commitment("S-2", "keyvault-sealed"), attestations=(word,))
    found = told([pack(BEFORE, policies=policies), pack(FIRST, policies=policies)], policies)
    assert (found.was, found.now, found.causes) == (K, U, (Cause.PEOPLE,))


def test_promises_that_came_and_went_are_told_as_the_statement():
    then = rules(commitment("S-1", "storage-shut"), commitment("S-0", "keyvault-sealed"))
    made = quarter([pack(BEFORE, policies=then), pack(FIRST)])
    assert [(one.promise, one.was, one.now) for one in made.changes] == [("S-2", None, K), ("S-0", K, None)]
    assert all(Cause.STATEMENT in one.causes for one in made.changes)
    assert promise(made, "S-2").was is None


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        pytest.param(pack(FIRST), "mended, seen on 2026-10-01", id="mended"),
        pytest.param(opened(FIRST), "still broken", id="still there"),
        pytest.param(pack(FIRST, account("other"), vault()), "gone, seen on 2026-10-01", id="gone"),
        pytest.param(
            pack(FIRST, vault(), gaps=(("Azure answered 403", ()),)),
            "not proven to be mended: the listing is incomplete",
            id="not to be seen",
        ),
        pytest.param(pack(FIRST, sealed=False), "not proven: no run of the quarter can be believed", id="no evidence"),
    ],
)
def test_what_stood_last_quarter_is_followed_up(last, outcome):
    answer = Response(
        control="storage-shut",
        resource="files",
        cause="a slip",
        response="mend it",
        risk="small",
        owner="platform",
        due=date(2026, 11, 1),
    )
    (found,) = quarter([opened(BEFORE), last], rules(responses=(answer,))).follow_up
    assert (found.was, found.outcome, found.owner, found.due) == (B, outcome, "platform", date(2026, 11, 1))


def test_nothing_is_compared_with_a_quarter_that_left_nothing():
    made = quarter(year())
    assert (made.changes, made.rules, made.follow_up, made.previous) == ((), (), (), "")
    assert {one.was for one in made.promises} == {None}
