"""A quarter of a year, its weeks, and the week that a moment lies in; all in UTC."""

import re
from datetime import UTC, date, datetime, time, timedelta

from audit.model import AuditError
from audit.quarters.model import Period
from audit.runs import Pack

_NAME = re.compile(r"([12][0-9]{3})Q([1-4])")
_DAY = timedelta(days=1)


def period(name: str, as_of: date) -> Period:
    """Return the quarter called `name`, up to the day `as_of` or to its own last one.

    Raises `AuditError` where it is no such name, or nothing of the quarter is over by then.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise AuditError(f"{name!r} is no quarter. Name one as 2026Q4.")
    year, quarter = int(found[1]), int(found[2])
    begins = date(year, quarter * 3 - 2, 1)
    if as_of < begins:
        raise AuditError(f"{name} begins on {begins}, and it is {as_of}. Name a quarter that has begun.")
    after = date(year + quarter // 4, quarter * 3 % 12 + 1, 1)
    return Period(name=name, begins=begins, ends=after - _DAY, as_of=min(as_of, after - _DAY))


def name_of(day: date) -> str:
    """Return the name of the quarter that a day lies in."""
    return f"{day.year:04}Q{(day.month + 2) // 3}"


def before(quarter: Period) -> str:
    """Return the name of the quarter before."""
    return name_of(quarter.begins - _DAY)


def weeks(quarter: Period) -> tuple[tuple[date, date], ...]:
    """Return the first and last day of each week of a quarter, Monday to Sunday.

    The days before its first Monday belong to its first week, and those after its last Sunday to its last: so a run on
    one day of every week leaves no hole, whichever day the quarter begins on.
    """
    monday = quarter.begins + timedelta(days=-quarter.begins.weekday() % 7)
    full = ((quarter.ends - monday).days + 1) // 7
    mondays = [monday + timedelta(weeks=number) for number in range(full)]
    starts = [quarter.begins, *mondays[1:]]
    return tuple(zip(starts, [*(start - _DAY for start in starts[1:]), quarter.ends], strict=True))


def week_of(quarter: Period, moment: datetime) -> int:
    """Return the number of the week that a moment lies in, counted from 1; 0 for any other quarter's."""
    day = moment.astimezone(UTC).date()
    return next((number for number, (first, last) in enumerate(weeks(quarter), 1) if first <= day <= last), 0)


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins."""
    return datetime.combine(day, time(), UTC)


def year_before(day: date) -> date:
    """Return the same day of the year before; the 28th for a leap day."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def day_of(pack: Pack) -> date:
    """Return the day in UTC on which a pack's run began, by its report where nothing else tells."""
    moment = pack.run.began if pack.run else pack.report.seen_at if pack.report else datetime.min.replace(tzinfo=UTC)
    return moment.astimezone(UTC).date()
