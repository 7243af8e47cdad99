"""A quarter has a name, weeks of seven days or a few more at its ends, and a day up to which its report speaks."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model import AuditError
from audit.quarters.period import before, name_of, period, week_of, weeks

NAMES = st.builds("{}Q{}".format, st.integers(1000, 2999), st.integers(1, 4))
YEARS = tuple(f"{year}Q{quarter}" for year in range(2024, 2031) for quarter in range(1, 5))
"""Quarters that begin on each day of the week, leap years among them."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def days_of(found):
    return [found.begins + timedelta(days=number) for number in range((found.ends - found.begins).days + 1)]


def at_two(day):
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


@pytest.mark.parametrize("name", ["2026", "2026Q5", "Q4 2026", "", " 2026Q4", "2026Q4\n", "\u0662026Q4"])
def test_what_is_no_quarter_is_refused_with_an_example(name):
    with pytest.raises(AuditError, match="is no quarter. Name one as 2026Q4"):
        period(name, date(2026, 12, 1))


def test_a_quarter_that_has_not_begun_has_nothing_to_report():
    with pytest.raises(AuditError, match="2027Q1 begins on 2027-01-01, and it is 2026-12-31"):
        period("2027Q1", date(2026, 12, 31))


@pytest.mark.parametrize(
    ("as_of", "told"),
    [
        pytest.param(date(2026, 11, 3), date(2026, 11, 3), id="while it runs"),
        pytest.param(date(2026, 12, 31), date(2026, 12, 31), id="its last day"),
        pytest.param(date(2027, 2, 1), date(2026, 12, 31), id="after it"),
    ],
)
def test_a_report_speaks_up_to_the_last_day_of_its_quarter_at_most(as_of, told):
    assert period("2026Q4", as_of).as_of == told


@given(NAMES)
def test_the_weeks_of_a_quarter_hold_each_of_its_days_once_and_end_on_sundays(name):
    found = period(name, date.max)
    assert name_of(found.begins) == name_of(found.ends) == name
    assert weeks(found)[0][0] == found.begins
    assert weeks(found)[-1][1] == found.ends
    for (_, last), (first, _) in zip(weeks(found), weeks(found)[1:], strict=False):
        assert first == last + timedelta(days=1)
        assert first.weekday() == 0
    assert all(7 <= (last - first).days + 1 <= 13 for first, last in weeks(found))


@given(NAMES, st.integers(0, 6))
def test_a_run_on_one_day_of_every_week_leaves_no_hole(name, weekday):
    """Whichever day that is, and whichever day the quarter begins on."""
    found = period(name, date.max)
    runs = [at_two(day) for day in days_of(found) if day.weekday() == weekday]
    assert {week_of(found, at) for at in runs} == set(range(1, len(weeks(found)) + 1))


def test_the_quarters_of_seven_years_begin_on_each_day_of_the_week():
    assert {period(name, date.max).begins.weekday() for name in YEARS} == set(range(7))


@pytest.mark.parametrize("weekday", range(7), ids=DAYS)
@pytest.mark.parametrize("name", YEARS)
def test_a_weekly_run_leaves_no_hole_in_any_quarter_of_seven_years(name, weekday):
    """Every week has one run of its own; only the first and the last may have one more, of the days they gained."""
    found = period(name, date.max)
    runs = Counter(week_of(found, at_two(day)) for day in days_of(found) if day.weekday() == weekday)
    count = len(weeks(found))
    assert sorted(runs) == list(range(1, count + 1))
    assert all(runs[week] == 1 for week in range(2, count))
    assert max(runs[1], runs[count]) <= 2


@pytest.mark.parametrize("name", YEARS)
def test_each_week_is_one_from_monday_to_sunday_and_the_ends_gain_what_is_left(name):
    """Every day counts for the last whole week begun by then, those before the first one for the first."""
    found = period(name, date.max)
    days = days_of(found)
    whole = [day for day in days if day.weekday() == 0 and day + timedelta(days=6) <= found.ends]
    expected = [max(1, sum(monday <= day for monday in whole)) for day in days]
    assert [week_of(found, at_two(day)) for day in days] == expected
    held = [first + timedelta(days=number) for first, last in weeks(found) for number in range((last - first).days + 1)]
    assert held == days
    lengths = [(last - first).days + 1 for first, last in weeks(found)]
    assert lengths[1:-1] == [7] * (len(whole) - 2)
    assert lengths[0] == 7 + (whole[0] - found.begins).days
    assert lengths[-1] == 7 + (found.ends - whole[-1]).days - 6


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        pytest.param("2026Q4", 12, (date(2026, 10, 1), date(2026, 10, 11)), (date(2026, 12, 21), date(2026, 12, 31))),
        pytest.param(
            "2024Q1",
            13,
            (date(2024, 1, 1), date(2024, 1, 7)),
            (date(2024, 3, 25), date(2024, 3, 31)),
            id="2024Q1, from a Monday to a Sunday",
        ),
        pytest.param(
            "2025Q2",
            12,
            (date(2025, 4, 1), date(2025, 4, 13)),
            (date(2025, 6, 23), date(2025, 6, 30)),
            id="2025Q2, from a Tuesday to a Monday",
        ),
        pytest.param(
            "2028Q1",
            12,
            (date(2028, 1, 1), date(2028, 1, 9)),
            (date(2028, 3, 20), date(2028, 3, 31)),
            id="2028Q1, of a leap year",
        ),
        pytest.param(
            "2028Q4",
            13,
            (date(2028, 10, 1), date(2028, 10, 8)),
            (date(2028, 12, 25), date(2028, 12, 31)),
            id="2028Q4, from a Sunday",
        ),
        pytest.param(
            "2029Q3",
            13,
            (date(2029, 7, 1), date(2029, 7, 8)),
            (date(2029, 9, 24), date(2029, 9, 30)),
            id="2029Q3, from a Sunday to a Sunday",
        ),
    ],
)
def test_the_first_and_the_last_week_of_a_quarter(name, count, first, last):
    found = weeks(period(name, date.max))
    assert (len(found), found[0], found[-1]) == (count, first, last)


@given(NAMES.filter(lambda name: name > "1000Q1"))
def test_the_quarter_before_ends_on_the_day_before(name):
    now = period(name, date.max)
    assert period(before(now), date.max).ends == now.begins - timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        pytest.param(datetime(2026, 10, 1, tzinfo=UTC), 1, id="its first moment"),
        pytest.param(datetime(2026, 10, 4, 23, 59, tzinfo=UTC), 1, id="the first Sunday, before the first Monday"),
        pytest.param(datetime(2026, 10, 5, tzinfo=UTC), 1, id="the first Monday"),
        pytest.param(datetime(2026, 10, 11, 23, 59, 59, tzinfo=UTC), 1, id="the last moment before the second Monday"),
        pytest.param(datetime(2026, 10, 12, tzinfo=UTC), 2, id="the second Monday"),
        pytest.param(datetime(2026, 12, 20, 23, 59, 59, tzinfo=UTC), 11, id="the last Sunday but one"),
        pytest.param(datetime(2026, 12, 21, tzinfo=UTC), 12, id="the last Monday but one"),
        pytest.param(datetime(2026, 12, 28, tzinfo=UTC), 12, id="the last Monday, after the last Sunday"),
        pytest.param(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), 12, id="its last minute"),
        pytest.param(datetime(2026, 10, 1, 1, tzinfo=timezone(timedelta(hours=2))), 0, id="still September in UTC"),
        pytest.param(datetime(2027, 1, 1, tzinfo=UTC), 0, id="the next year"),
    ],
)
def test_a_moment_lies_in_the_week_that_it_is_in_utc(moment, week):
    assert week_of(period("2026Q4", date.max), moment) == week
