"""Whoever is concerned by a breach hears of it from us within the time that we promise.

Catalogue: MON-11.

## Why we promise this
The controller has 72 hours to tell the Commissioner, and they begin when we tell: every hour that we keep a breach to
ourselves is one that the people concerned cannot use.

## How to keep it
Enter a breach with `audit breach open` when you become aware of it, and tell the controllers within the hours of the
target `data.notice_hours`; `audit breach notify` stops the clock. An empty register says that none is known: that there
is a procedure by which one would be is attested (AT-01) and rehearsed.
"""

from audit.kinds.data import BREACH
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = BREACH
SEVERITY = Severity.HIGH


def judge(clock: Resource, targets: Targets) -> Ruling:
    hours = targets.number("data.notice_hours")
    if clock.read("entries", int, absent=-1) >= 0:
        return kept(f"{clock.read('entries', int)} breaches are registered, each with a clock of its own")
    minutes = clock.read("minutes", int)
    if minutes > hours * 60:
        return broken(f"{_told(clock)} after {_hours(minutes)}, promised {hours} h")
    if clock.read("told", bool) is True:
        return kept(f"they were told after {_hours(minutes)}, promised {hours} h")
    if clock.read("closed", bool) is True:
        return broken("the entry was closed, and nobody was told")
    return kept(f"nobody was told yet, {_hours(minutes)} of {hours} h have passed")


def _told(clock: Resource) -> str:
    return "they were told" if clock.read("told", bool) is True else "nobody was told"


def _hours(minutes: int) -> str:
    return f"{minutes // 60} h {minutes % 60} min"


ABSENT = {"entries": "audit/sources/data/breach_clock.py: the register alone says how many entries there are"}
_TARGETS = {"data.notice_hours": 24}


def _clock(minutes: int | None, *, told: bool, closed: bool = False) -> dict[str, object]:
    return {"minutes": minutes, "told": told, "closed": closed}


EXAMPLES = (
    Example(Verdict.KEPT, {"entries": 0}, targets=_TARGETS),
    Example(Verdict.KEPT, _clock(24 * 60, told=True, closed=True), targets=_TARGETS),
    Example(Verdict.KEPT, _clock(60, told=False), targets=_TARGETS, note="there is time left"),
    Example(Verdict.BROKEN, _clock(24 * 60 + 1, told=True), targets=_TARGETS),
    Example(Verdict.BROKEN, _clock(25 * 60, told=False), targets=_TARGETS),
    Example(Verdict.BROKEN, _clock(60, told=False, closed=True), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _clock(None, told=True), targets=_TARGETS),
    Example(Verdict.UNPROVEN, {}, targets=_TARGETS),
)
