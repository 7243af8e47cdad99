"""A quarter has a name, weeks of seven days or a few more at its ends, and a day up to which its report speaks."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model import AuditError
from audit.quarters.period import before, name_of, period, week_of, weeks

NAMES = st.builds("{}Q{}".format, st.integers(1000, 2999), st.integers(1, 4))


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
    days = [found.begins + timedelta(days=number) for number in range((found.ends - found.begins).days + 1)]
    runs = [datetime(day.year, day.month, day.day, 2, tzinfo=UTC) for day in days if day.weekday() == weekday]
    assert {week_of(found, at) for at in runs} == set(range(1, len(weeks(found)) + 1))


@given(NAMES.filter(lambda name: name > "1000Q1"))
def test_the_quarter_before_ends_on_the_day_before(name):
    now = period(name, date.max)
    assert period(before(now), date.max).ends == now.begins - timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        pytest.param(datetime(2026, 10, 1, tzinfo=UTC), 1, id="its first moment"),
        pytest.param(datetime(2026, 10, 4, 23, 59, tzinfo=UTC), 1, id="the first Sunday, before the first Monday"),
        pytest.param(datetime(2026, 10, 12, tzinfo=UTC), 2, id="the second Monday"),
        pytest.param(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), 12, id="its last minute"),
        pytest.param(datetime(2026, 10, 1, 1, tzinfo=timezone(timedelta(hours=2))), 0, id="still September in UTC"),
        pytest.param(datetime(2027, 1, 1, tzinfo=UTC), 0, id="the next year"),
    ],
)
def test_a_moment_lies_in_the_week_that_it_is_in_utc(moment, week):
    assert week_of(period("2026Q4", date.max), moment) == week
