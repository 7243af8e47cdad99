"""The packs of a quarter in the order of their time: what was seen when, and which weeks have nothing to show."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property

import msgspec

from audit.drill_record import DrillRecord
from audit.model import Plane, Verdict
from audit.promises import ControlResult, PromiseResult, Report, StatementResult
from audit.quarters.model import Period, Week, WeekState
from audit.quarters.period import before, midnight, name_of, week_of, weeks
from audit.runs import Pack, PackKind


class Sight(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One run that can be believed: when it was, and what it found."""

    id: str
    at: datetime
    week: int
    """0 for one before the quarter."""
    pack: Pack
    report: Report

    @cached_property
    def promises(self) -> Mapping[str, tuple[StatementResult, PromiseResult]]:
        """Give every promise by its id, with its statement."""
        return {
            promise.id: (statement, promise) for statement in self.report.statements for promise in statement.promises
        }

    def promise(self, identity: str) -> PromiseResult | None:
        """Return what was found of a promise; None where it was not judged."""
        found = self.promises.get(identity)
        return found[1] if found else None

    @cached_property
    def controls(self) -> Mapping[str, ControlResult]:
        """Give every control's result by its id."""
        return {control.id: control for control in self.report.controls}


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A pack, believed or not, and where in time it stands."""

    pack: Pack
    at: datetime | None
    """None where not even its name tells."""
    week: int
    why: str
    """Why it proves nothing; empty where it can be believed."""


class Drilled(msgspec.Struct, frozen=True, kw_only=True):
    """A drill's record out of a pack that can be believed."""

    record: DrillRecord
    pack: Pack


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """All packs up to the day of the report, in the order of their time."""

    period: Period
    placed: tuple[Placed, ...]
    earlier: tuple[Sight, ...]
    """The runs before the quarter."""
    within: tuple[Sight, ...]
    """The runs of the quarter."""
    drilled: tuple[Drilled, ...]
    """Every drill, those before the quarter too."""

    @property
    def sights(self) -> tuple[Sight, ...]:
        """Give every run that can be believed."""
        return self.earlier + self.within

    @property
    def newest(self) -> Sight | None:
        """Give the last run of the quarter, None where there is none."""
        return self.within[-1] if self.within else None

    @property
    def previous(self) -> Sight | None:
        """Give the last run of the quarter before, None where there is none."""
        last = self.earlier[-1] if self.earlier else None
        return last if last and name_of(last.at.date()) == before(self.period) else None

    @property
    def of_quarter(self) -> tuple[Drilled, ...]:
        """Give the drills that ended in the quarter."""
        return tuple(drill for drill in self.drilled if week_of(self.period, drill.record.ended))


def timeline(packs: Iterable[Pack], period: Period) -> Timeline:
    """Put packs in order of time; those after the day that the report speaks up to, and reports, are left out."""
    placed = sorted(_placed(packs, period), key=_order)
    runs = [_sight(item) for item in placed if not item.why and item.pack.report is not None]
    drills: dict[tuple[datetime, str, int], Drilled] = {}
    for item in placed:
        if not item.why and item.pack.drill is not None:
            told = Drilled(record=item.pack.drill, pack=item.pack)
            drills[_ended(told)] = min(drills.get(_ended(told), told), told, key=_worth)
    return Timeline(
        period=period,
        placed=tuple(placed),
        earlier=tuple(sight for sight in runs if not sight.week),
        within=tuple(sight for sight in runs if sight.week),
        drilled=tuple(drills[key] for key in sorted(drills)),
    )


def weeks_of(line: Timeline) -> tuple[Week, ...]:
    """Say of each week of the quarter what it has to show."""
    by_week: defaultdict[int, list[Placed]] = defaultdict(list)
    for item in line.placed:
        if item.pack.checked.kind is not PackKind.DRILL:
            by_week[item.week].append(item)
    return tuple(_week(line.period, number, by_week[number]) for number in range(1, len(weeks(line.period)) + 1))


def _week(period: Period, number: int, found: Sequence[Placed]) -> Week:
    """Say what one week has to show.

    A pack that is not sealed counts as none where another of the week does; one with faults casts doubt on all of it,
    since whoever could edit it might have wished away what it said.
    """
    begins, ends = weeks(period)[number - 1]
    good = [item for item in found if not item.why]
    edited = any(item.pack.checked.verdict is Verdict.BROKEN for item in found)
    why = [f"{item.pack.checked.id}: {item.why}" for item in found if item.why]
    if good and not edited:
        state = WeekState.SEEN
        why += [f"{item.pack.checked.id} could not see all: {text}" for item in good if (text := _gaps(item.pack))]
    elif found:
        state = WeekState.DOUBTED
    elif ends > period.as_of or (ends == period.as_of < period.ends):
        state, why = WeekState.AHEAD, ["the week is not over"]
    else:
        state, why = WeekState.HOLE, ["no run of this week left a pack"]
    packs = tuple(item.pack.checked.id for item in found)
    return Week(number=number, begins=begins, ends=ends, state=state, packs=packs, why="; ".join(why))


def _gaps(pack: Pack) -> str:
    """Tell the first thing that a run could not see and how many more there are; empty where it saw all."""
    gaps = sorted(gap.reason for gap in pack.report.gaps) if pack.report else []
    more = f" and {len(gaps) - 1} more" if len(gaps) > 1 else ""
    return f"{gaps[0]}{more}" if gaps else ""


def _placed(packs: Iterable[Pack], period: Period) -> Iterator[Placed]:
    """Place each pack once; of two with one name the worse counts."""
    order = list(Verdict)
    seen: dict[str, Pack] = {}
    for pack in packs:
        known = seen.setdefault(pack.checked.id, pack)
        if order.index(pack.checked.verdict) < order.index(known.checked.verdict):
            seen[pack.checked.id] = pack
    for pack in seen.values():
        at = _moment(pack)
        ahead = at is not None and at.date() > period.as_of
        if pack.checked.kind is not PackKind.QUARTER and not ahead:
            yield Placed(pack=pack, at=at, week=week_of(period, at) if at else 0, why=_why(pack))


def _why(pack: Pack) -> str:
    """Say why a pack proves nothing; empty where it can be believed."""
    checked = pack.checked
    if checked.faults:
        return f"it does not verify: {checked.faults[0].where}: {checked.faults[0].what}"
    if not checked.sealed:
        return "it is not sealed"
    if checked.verdict is not Verdict.KEPT:
        return f"{len(checked.signers)} of {checked.threshold} trusted signatures hold"
    if pack.drill is None and (pack.report is None or pack.run is None):
        return "what it holds could not be read"
    if pack.drill is None and pack.report is not None and pack.report.plane is not Plane.LIVE:
        return f"it judged a {pack.report.plane}, not what runs"
    return ""


def _moment(pack: Pack) -> datetime | None:
    """Return when a pack's run began or its drill ended, by its name where nothing else tells.

    None where its name tells nothing, either.
    """
    if pack.drill is not None:
        return pack.drill.ended.astimezone(UTC)
    if pack.run is not None:
        return pack.run.began.astimezone(UTC)
    try:
        return datetime.strptime(pack.checked.id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _sight(item: Placed) -> Sight:
    """Make a sight of a pack that can be believed."""
    if item.at is None or item.pack.report is None:
        raise ValueError("a pack without a report is no sight")
    return Sight(id=item.pack.checked.id, at=item.at, week=item.week, pack=item.pack, report=item.pack.report)


def _ended(drill: Drilled) -> tuple[datetime, str, int]:
    return drill.record.ended, drill.record.drill_id, drill.record.attempt


def _worth(drill: Drilled) -> int:
    """Rank records that call themselves the same attempt: the worst counts, so that no second one hides the first."""
    record, verdict = drill.record, drill.record.verdict
    bad, good = ("proven", "failed") if record.negative_control else ("failed", "proven")
    if verdict.recoverability.state == bad:
        return 0
    if verdict.recoverability.state != good:
        return 1
    return 3 if verdict.met and not record.negative_control else 2


def _order(item: Placed) -> tuple[datetime, str]:
    return item.at or midnight(datetime.min.date()), item.pack.checked.id
