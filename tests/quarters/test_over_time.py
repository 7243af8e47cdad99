"""A promise over a quarter: the worst counts, and what no pack proves is unproven."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.model import Verdict
from audit.people import Attestation
from audit.promises import Proof
from audit.quarters.model import Edition, WeekState
from audit.quarters.period import period
from audit.quarters.timeline import timeline, weeks_of
from tests.quarter_packs import (
    BEFORE,
    FIRST,
    MONDAYS,
    RULES,
    RUNS,
    account,
    checked,
    commitment,
    pack,
    promise,
    quarter,
    rules,
    vault,
    year,
)

ORDER = list(Verdict)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
K, W, U, B = Verdict.KEPT, Verdict.WAIVED, Verdict.UNPROVEN, Verdict.BROKEN


def opened(at, **more):
    return pack(at, account("files", shut=False, at=at), vault(at=at), **more)


def test_a_promise_kept_in_every_week_is_kept():
    made = quarter(year())
    assert made.verdict is K
    assert [one.weeks for one in made.promises] == [(K,) * 12] * 2
    assert made.edition is Edition.AUDITOR


@pytest.mark.parametrize(
    ("packs", "state", "verdict", "now", "why"),
    [
        pytest.param([], WeekState.HOLE, U, K, "no evidence (week 2)", id="no pack"),
        pytest.param([pack(MONDAYS[1], sealed=False)], WeekState.DOUBTED, U, K, "not verified (week 2)", id="unsealed"),
        pytest.param([pack(MONDAYS[1], faults=("edited",))], WeekState.DOUBTED, U, K, "not verified", id="edited"),
        pytest.param([opened(MONDAYS[1], faults=("edited",))], WeekState.DOUBTED, U, K, "not verified", id="bad news"),
        pytest.param([opened(MONDAYS[1])], WeekState.SEEN, B, K, "broken: storage-shut (week 2)", id="broken"),
        pytest.param(
            [opened(MONDAYS[1]), pack(MONDAYS[1] + timedelta(hours=1))],
            WeekState.SEEN,
            B,
            K,
            "broken",
            id="mended soon",
        ),
        pytest.param(
            [pack(MONDAYS[1], faults=("edited",)), pack(MONDAYS[1] + timedelta(hours=1))],
            WeekState.DOUBTED,
            U,
            K,
            "not verified",
            id="an edited pack beside a good one",
        ),
        pytest.param(
            [pack(MONDAYS[1], sealed=False), pack(MONDAYS[1] + timedelta(hours=1))],
            WeekState.SEEN,
            K,
            K,
            "",
            id="an unsealed pack beside a good one",
        ),
        pytest.param(
            [pack(MONDAYS[1], gaps=(("Azure answered 403", ()),))],
            WeekState.SEEN,
            U,
            K,
            "not proven: storage-shut (week 2)",
            id="a denied read",
        ),
    ],
)
def test_the_worst_week_is_the_verdict_of_the_quarter(packs, state, verdict, now, why):
    made = quarter([one for one in year() if one.checked.id[:8] != f"{MONDAYS[1]:%Y%m%d}"] + packs)
    assert made.weeks[1].state is state
    found = promise(made)
    assert (found.verdict, found.now) == (verdict, now)
    assert why in found.reason


def test_what_a_week_lacks_is_said_with_the_pack_it_is_about():
    packs = [pack(FIRST, faults=("its digest is another",)), pack(MONDAYS[1], gaps=(("Azure answered 403", ()),))]
    weeks = quarter(packs).weeks
    assert weeks[0].why.endswith("it does not verify: report.json.gz: its digest is another")
    assert weeks[1].why.endswith("could not see all: Azure answered 403")
    assert weeks[2].why == "no run of this week left a pack"


@pytest.mark.parametrize(
    ("day", "week"),
    [
        pytest.param(FIRST, 1, id="before the first Monday"),
        pytest.param(MONDAYS[0], 1, id="the first Monday"),
        pytest.param(MONDAYS[1], 2, id="the second Monday"),
        pytest.param(MONDAYS[11], 12, id="the last Monday of a whole week"),
        pytest.param(MONDAYS[12], 12, id="after the last Sunday"),
        pytest.param(datetime(2026, 12, 31, 2, tzinfo=UTC), 12, id="its last day"),
    ],
)
def test_a_run_of_the_days_at_either_end_counts_for_its_first_or_its_last_week(day, week):
    made = quarter([opened(day)])
    assert [one.number for one in made.weeks if one.state is WeekState.SEEN] == [week]
    assert promise(made).weeks == tuple(B if number == week else U for number in range(1, 13))
    assert made.weeks[0].ends == date(2026, 10, 11)
    assert made.weeks[-1].begins == date(2026, 12, 21)


@pytest.mark.parametrize("day", [FIRST, MONDAYS[12]], ids=["before the first Monday", "after the last Sunday"])
def test_bad_news_of_the_days_at_either_end_is_not_hidden_by_the_run_of_their_week(day):
    made = quarter([*year(), opened(day)])
    assert promise(made).verdict is B
    assert promise(made).weeks.count(K) == 11
    doubted = quarter([*year(), opened(day, faults=("edited",))])
    assert [week.state for week in doubted.weeks].count(WeekState.DOUBTED) == 1
    assert promise(doubted).verdict is U


@pytest.mark.parametrize("weekday", range(7), ids=DAYS)
@pytest.mark.parametrize("calendar_year", range(2024, 2031))
def test_a_quarter_with_a_run_on_one_day_of_every_week_has_no_hole(calendar_year, weekday):
    """Less one run, it has one, but where the first or the last week had two."""
    whole = pack(FIRST)
    for name in (f"{calendar_year}Q{number}" for number in range(1, 5)):
        time = period(name, date.max)
        began = datetime.combine(time.begins, FIRST.timetz()) + timedelta(days=(weekday - time.begins.weekday()) % 7)
        moments = [began + timedelta(weeks=number) for number in range(14)]
        packs = [
            msgspec.structs.replace(whole, checked=checked(at), run=msgspec.structs.replace(whole.run, began=at))
            for at in moments
            if at.date() <= time.ends
        ]
        weeks = weeks_of(timeline(packs, time))
        assert {week.state for week in weeks} == {WeekState.SEEN}
        assert sum(len(week.packs) for week in weeks) == len(packs)
        for number, one in enumerate(packs):
            (home,) = (week for week in weeks if one.checked.id in week.packs)
            fewer = weeks_of(timeline(packs[:number] + packs[number + 1 :], time))
            holes = [week.number for week in fewer if week.state is WeekState.HOLE]
            assert holes == ([home.number] if len(home.packs) == 1 else [])


def test_the_first_week_is_not_over_before_its_sunday_nor_the_last_before_the_quarter():
    early, late = (quarter([], as_of=date(2026, 10, day)).weeks[0].state for day in (11, 12))
    assert (early, late) == (WeekState.AHEAD, WeekState.HOLE)
    early, late = (quarter([], as_of=date(2026, 12, day)).weeks[-1].state for day in (30, 31))
    assert (early, late) == (WeekState.AHEAD, WeekState.HOLE)


def test_without_any_pack_that_verifies_every_promise_is_unproven():
    made = quarter(year(sealed=False))
    assert {one.verdict for one in made.promises} == {one.now for one in made.promises} == {U}
    assert made.inventory is None
    assert made.seal == ""
    assert {week.state for week in made.weeks} == {WeekState.DOUBTED}


def test_the_weeks_to_come_are_not_counted_and_the_present_one_only_with_a_pack():
    made = quarter(year()[:2], as_of=date(2026, 10, 14))
    assert promise(made).weeks == (K, K, *[None] * 10)
    assert promise(made).verdict is K
    assert made.weeks[2].state is WeekState.AHEAD
    assert promise(quarter(year()[:1], as_of=date(2026, 10, 14))).weeks[1] is None
    assert promise(quarter(year()[:1], as_of=date(2026, 10, 19))).weeks[1] is U


def test_a_pack_after_the_day_of_the_report_does_not_count():
    assert quarter([*year()[:3], opened(MONDAYS[5])], as_of=date(2026, 10, 14)) == quarter(
        year()[:3], as_of=date(2026, 10, 14)
    )


def test_a_promise_made_in_the_quarter_is_unproven_before_it_was_judged():
    more = rules(*RULES.statements[0].commitments, commitment("S-3", "storage-shut"))
    found = promise(quarter([*year()[:7], *(pack(at, policies=more) for at in RUNS[7:])], more), "S-3")
    assert found.weeks == (*[U] * 7, *[K] * 5)
    assert (found.verdict, found.now) == (U, K)


def test_a_control_that_a_promise_gained_is_unproven_before_it_was_asked():
    more = rules(commitment("S-1", "storage-shut", "keyvault-sealed"), commitment("S-2", "keyvault-sealed"))
    found = promise(quarter([*year()[:7], *(pack(at, policies=more) for at in RUNS[7:])], more))
    assert found.weeks == (*[U] * 7, *[K] * 5)
    assert found.reason.startswith("not asked for then: keyvault-sealed (weeks 1 to 7)")
    assert [(test.verdict, test.now) for test in found.tests] == [(K, K), (U, K)]
    assert promise(quarter([pack(BEFORE), *year(policies=more)], more)).was is K


def test_a_heading_stays_uncounted_in_weeks_without_evidence():
    more = rules(commitment("S-1", "storage-shut"), commitment("S-2", promise=False))
    made = quarter(year(policies=more)[:3], more)
    assert promise(made, "S-2").verdict is Verdict.NOT_APPLICABLE
    assert made.verdict is U


def attested(until):
    word = Attestation(
        id="AT-03", role="officer", looked_at="the register", on=date(2026, 9, 1), until=until, evidence="e" * 64
    )
    needs = commitment("S-1", "storage-shut", pending=Proof(attestations=("AT-03",)))
    return rules(needs, commitment("S-2", "keyvault-sealed"), attestations=(word,))


@pytest.mark.parametrize(
    ("until", "verdict", "now", "held"),
    [
        pytest.param(date(2027, 6, 1), K, K, ("AT-03",), id="it holds"),
        pytest.param(date(2026, 11, 1), U, U, (), id="it expired in the quarter"),
        pytest.param(date(2026, 12, 29), U, U, (), id="it expired after the last run"),
    ],
)
def test_a_promise_is_unproven_once_the_word_it_rests_on_has_expired(until, verdict, now, held):
    policies = attested(until)
    found = promise(quarter(year(policies=policies), policies))
    assert (found.verdict, found.now, found.attestations) == (verdict, now, held)


def test_sentences_are_quoted_only_where_all_of_them_are_there():
    assert promise(quarter(year(), quotes={"S": {"0" * 64: "Your files are private."}})).quote
    made = quarter(year(), quotes={"S": {"1" * 64: "Your files are private."}})
    assert promise(made).quote == ""


WORLDS = st.lists(st.sampled_from(["kept", "open", "hole", "doubted", "gap"]), min_size=12, max_size=12)


def week_of_world(at, what):
    more = {"doubted": {"sealed": False}, "gap": {"gaps": (("Azure answered 403", ()),)}}.get(what, {})
    return opened(at) if what == "open" else pack(at, **more)


def world(states):
    return [week_of_world(at, what) for at, what in zip(RUNS, states, strict=True) if what != "hole"]


def better(left, right):
    return ORDER.index(left) > ORDER.index(right)


@settings(max_examples=25, deadline=None)
@given(WORLDS, st.integers(0, 11), st.randoms(use_true_random=False))
def test_less_evidence_never_reads_as_kept_and_order_means_nothing(states, at, chance):
    packs = world(states)
    whole = quarter(packs)
    shuffled = list(packs)
    chance.shuffle(shuffled)
    assert msgspec.json.encode(quarter(shuffled)) == msgspec.json.encode(whole)
    if packs:
        fewer = quarter(packs[: at % len(packs)] + packs[at % len(packs) + 1 :])
        for one, other in zip(whole.promises, fewer.promises, strict=True):
            assert not (one.verdict is U and better(other.verdict, U))
    worse = [*packs, opened(RUNS[at] + timedelta(hours=3))]
    for one, other in zip(whole.promises, quarter(worse).promises, strict=True):
        assert not (one.verdict is B and other.verdict is not B)
        assert not better(other.verdict, one.verdict) or one.verdict is U


@settings(max_examples=25, deadline=None)
@given(WORLDS)
def test_a_doubted_pack_proves_as_much_as_none_and_all_numbers_sum(states):
    whole = quarter(world(states))
    without = quarter(world(["hole" if state == "doubted" else state for state in states]))
    assert [(one.verdict, one.now, one.weeks) for one in whole.promises] == [
        (one.verdict, one.now, one.weeks) for one in without.promises
    ]
    for one in whole.promises:
        assert one.verdict is min((*filter(None, one.weeks), one.now), key=ORDER.index)
        assert all(sum(test.by.values()) == test.population for test in one.tests)
    for row in whole.inventory.rows if whole.inventory else ():
        assert row.expected + row.appeared - row.disappeared == row.found == row.in_scope + row.out_of_scope
    refs = {ref for one in whole.exceptions for ref in one.evidence}
    refs |= {ref for one in whole.promises for test in one.tests for ref in test.evidence}
    refs |= {ref for one in whole.promises for ref in one.evidence}
    assert refs == {piece.id for piece in whole.evidence}


@settings(max_examples=25, deadline=None)
@given(WORLDS)
def test_spans_are_in_order_and_lie_in_what_was_seen(states):
    made = quarter([opened(BEFORE), *world(states)])
    for one in made.exceptions:
        assert one.standing is (one.spans[-1].after is None)
        for span in one.spans:
            assert span.first <= span.last
            assert span.before is None or span.before < span.first
            assert span.after is None or span.last < span.after
        assert all(left.after and left.after <= right.first for left, right in pairwise(one.spans))


@pytest.mark.parametrize(
    ("states", "spans", "standing"),
    [
        pytest.param("kook", [(0, 1, 2, 3)], False, id="broken for two weeks"),
        pytest.param("kok-ok", [(0, 1, 1, 2), (2, 4, 4, 5)], False, id="twice"),
        pytest.param("ko-ok", [(0, 1, 3, 4)], False, id="a hole inside ends nothing"),
        pytest.param("kogok", [(0, 1, 3, 4)], False, id="a denied read inside ends nothing"),
        pytest.param("oo", [(None, 0, 1, None)], True, id="it lasts"),
        pytest.param("kog", [(0, 1, 1, None)], True, id="not seen to be mended"),
        pytest.param("kox", [(0, 1, 1, 2)], False, id="gone"),
    ],
)
def test_what_was_broken_for_a_part_shows_from_when_to_when(states, spans, standing):
    def seen(at, state):
        if state == "x":
            return pack(at, account("other", at=at), vault(at=at))
        if state == "g":
            return pack(at, vault(at=at), gaps=(("Azure answered 403", ()),))
        return opened(at) if state == "o" else pack(at)

    packs = [seen(at, state) for at, state in zip(RUNS, states, strict=False) if state != "-"]
    (found,) = quarter(packs).exceptions
    moments = {at: number for number, at in enumerate(RUNS)} | {None: None}
    assert [tuple(moments[at] for at in msgspec.structs.astuple(span)) for span in found.spans] == spans
    assert found.standing is standing


def test_an_exception_that_began_last_quarter_is_told_from_its_beginning():
    made = quarter([opened(BEFORE), opened(FIRST), pack(MONDAYS[0])])
    (found,) = made.exceptions
    assert (found.spans[0].first, found.days) == (BEFORE, 3)
    assert [(one.was, one.outcome) for one in made.follow_up] == [(B, "mended, seen on 2026-10-05")]
    assert made.previous == "2026Q3"


def test_one_moment_of_a_run_decides_its_week_whatever_the_zone():
    early = pack(datetime(2026, 9, 30, 23, 30, tzinfo=UTC))
    assert quarter([early]).packs[0].week == 0
