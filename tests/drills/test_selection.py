"""Whose turn it is follows from what was proven, how much it matters and a seed, and from nothing else."""

from datetime import timedelta

import pytest

from audit.drill_rules import Budget
from audit.drills.selection import History, chosen, controls_due, history, method, ordered, populations
from tests.drills.records import NOW, in_scope, record

DAY = timedelta(days=1)
GIGABYTE = 1 << 30
NOTHING = History()


def names(scope, known, **words):
    return [entry.ref for entry in ordered(scope, known, now=NOW, **{"seed": "a seed", **words})]


def taken(scope, known=NOTHING, *, now=NOW, seed="a seed", **budget):
    return [item.ref for item in chosen(scope, known, Budget(**budget), now=now, seed=seed)]


def test_what_was_proven_the_longest_ago_comes_first_and_what_never_was_before_all():
    known = History(proven={"new": NOW - DAY, "old": NOW - 50 * DAY})
    assert names([in_scope("new"), in_scope("old"), in_scope("never")], known) == ["never", "old", "new"]


def test_what_matters_more_comes_sooner():
    known = History(proven={"heavy": NOW - 20 * DAY, "light": NOW - 50 * DAY})
    assert names([in_scope("light"), in_scope("heavy", weight=3)], known) == ["heavy", "light"]


def test_ties_are_drawn_by_the_seed_and_not_by_the_order_of_a_listing():
    scope = [in_scope(f"item-{number}") for number in range(20)]
    drawn = names(scope, History(), seed="one")
    assert names(scope[::-1], History(), seed="one") == drawn
    assert names(scope, History(), seed="two") != drawn


def test_a_time_to_come_does_not_put_anything_ahead():
    """A record of a clock that was wrong counts as proven just now."""
    known = History(proven={"wrong": NOW + 400 * DAY, "right": NOW - DAY})
    assert names([in_scope("wrong"), in_scope("right")], known) == ["right", "wrong"]


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        pytest.param({}, True, id="proven"),
        pytest.param({"level": 3}, False, id="below the level that counts"),
        pytest.param({"state": "failed", "level": 5}, False, id="failed"),
        pytest.param({"state": "inconclusive", "level": None}, False, id="inconclusive"),
        pytest.param({"negative": True}, False, id="a negative control that passed"),
    ],
)
def test_only_a_proof_is_a_proof(words, counts):
    assert ("item" in history([record("item", NOW, **words)]).proven) is counts


def test_the_newest_proof_counts_in_whatever_order_records_come():
    records = [record("item", NOW), record("item", NOW - 9 * DAY)]
    assert history(records).proven == history(records[::-1]).proven == {"item": NOW}


def test_methods_take_turns_also_where_they_failed():
    entry = in_scope("item", methods=("point-in-time", "geo", "long-term"))
    records = []
    for day, state in enumerate(("proven", "failed", "inconclusive", "proven", "proven", "proven")):
        turn = method(entry, history(records))
        records.append(record("item", NOW + day * DAY, state=state, method=turn))
    assert [one.item.method for one in records] == ["point-in-time", "geo", "long-term"] * 2


def test_no_more_is_taken_than_the_budget_lets():
    assert len(taken([in_scope(f"item-{number}") for number in range(9)], items=4)) == 4


def test_what_does_not_fit_gives_way_to_what_does():
    scope = [in_scope("a", size=6 * GIGABYTE), in_scope("b", size=6 * GIGABYTE), in_scope("c", size=GIGABYTE)]
    known = History(proven={"a": NOW - 9 * DAY, "b": NOW - 8 * DAY, "c": NOW - 7 * DAY})
    assert taken(scope, known, gigabytes=10) == ["a", "c"]


def test_what_is_larger_than_any_budget_has_its_turn_alone():
    scope = [in_scope("huge", size=99 * GIGABYTE), in_scope("small", size=GIGABYTE)]
    assert taken(scope, History(proven={"small": NOW}), gigabytes=10) == ["huge"]


def test_what_cannot_be_drilled_takes_nobodys_place():
    scope = [in_scope("unfit", why="it has no backup"), in_scope("fit")]
    assert taken(scope, History(proven={"fit": NOW}), items=1) == ["fit"]
    (found,) = populations(scope, seed="a seed").values()
    assert (found.in_scope, found.eligible, [left.ref for left in found.excluded]) == (2, 1, ["unfit"])


@pytest.mark.parametrize(
    ("records", "due"),
    [
        pytest.param([], True, id="never"),
        pytest.param([("failed", NOW - 100 * DAY)], True, id="in another quarter"),
        pytest.param([("failed", NOW - DAY)], False, id="failed in this quarter, as it must"),
        pytest.param([("proven", NOW - DAY)], False, id="passed in this quarter, which is told"),
        pytest.param([("inconclusive", NOW - DAY)], True, id="without an end in this quarter"),
    ],
)
def test_each_negative_control_comes_to_an_end_once_a_quarter(records, due):
    known = history(record("damaged", ended, state=state, negative=True) for state, ended in records)
    found = controls_due([in_scope("damaged").item], known, since=NOW.replace(month=7, day=1))
    assert bool(found) is due


def test_of_a_thousand_each_has_its_turn_before_any_has_two():
    scope, known = [in_scope(f"item-{number}") for number in range(1000)], {}
    for day in range(100):
        now = NOW + day * DAY
        known |= dict.fromkeys(taken(scope, History(proven=dict(known)), now=now, items=10), now)
    assert len(known) == 1000
