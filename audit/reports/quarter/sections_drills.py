"""What drills proved: how much of what must be restorable, how far, how fast, and what they left behind."""

from __future__ import annotations

from audit.drill_record import DrillRecord, Measured
from audit.model import Verdict
from audit.quarters.model import Quarter
from audit.reports.quarter import figures
from audit.reports.quarter.blocks import Block, Items, Row, Section, Table, Text
from audit.reports.quarter.figures import Dot
from audit.reports.quarter.tabling import day, row, table

NIL = (
    "No drill was recorded in this quarter. Nothing was proven to be restorable in it; promises that need a drill are "
    "unproven."
)
AXES = (
    "A drill has three answers that are never made one: whether the copy could be restored, and how far that was "
    "proven; whether it was as fresh and as fast as the targets ask; and what the drill left behind. Inconclusive is "
    "no pass. Proof levels are explained in appendix D."
)
_STATES = {"met": Verdict.KEPT, "missed": Verdict.BROKEN, "unknown": Verdict.UNPROVEN}
_MEGABYTE = 1_000_000


def drills(quarter: Quarter) -> Section:
    """Write section 7; a quarter without drills says so."""
    coverage = table(
        "T6",
        "Coverage: what drills must prove, and what they did",
        ("Kind", "In scope", "Proven this quarter", "Proven in twelve months", "Drill on a damaged copy"),
        [row(one.kind, one.kind, one.in_scope, one.proven, one.proven_year, one.negative) for one in quarter.coverage],
        widths=(2, 2, 2, 2, 3),
        source="Source: the drills' records; proven is level four or more with every target met.",
        empty="No drill says what was in scope.",
    )
    if not quarter.drills:
        here: tuple[Block, ...] = (Text(text=NIL, kind="notice"), coverage)
    else:
        here = (Text(text=AXES), coverage, *_recorded(quarter))
    return Section(anchor="drills", heading="7. Recovery drills", blocks=here)


def _recorded(quarter: Quarter) -> list[Block]:
    found = _found(quarter.drills)
    measured = [one for one in quarter.drills if one.verdict.rto.achieved_s is not None and not one.negative_control]
    speeds, sizes = [_dot(one, sized=False) for one in measured], [_dot(one, sized=True) for one in measured]
    here: list[Block] = [found, _targets(quarter.drills)]
    if speeds:
        caption = "Minutes to restore against the target"
        here.append(figures.against("F4", caption, speeds, "minutes", "T6.T"))
    if len({dot.x for dot in sizes}) > 1:
        here.append(figures.scattered("F5", "Minutes to restore by size", sizes, ("megabytes", "minutes"), "T6.T"))
    left = [f"{one.drill_id}: {_left(one)}" for one in quarter.drills if one.residue]
    here.append(Text(text="What drills left behind:"))
    here.append(Items(items=tuple(left)) if left else Text(text="No drill left anything behind."))
    return here


def _found(these: tuple[DrillRecord, ...]) -> Table:
    return table(
        "T6.D",
        "Drills, and how far each was proven",
        ("Drill", "Kind and item", "On", "Restorable", "Level", "Why", "Clean-up", "Damaged on purpose"),
        [_drill(one) for one in these],
        widths=(5, 4, 3, 3, 2, 4, 3, 3),
        source="Source: the drills' records in their packs; every attempt is listed.",
    )


def _drill(one: DrillRecord) -> Row:
    proven = one.verdict.recoverability
    return row(
        f"{one.drill_id} {one.attempt}",
        one.drill_id,
        _item(one) + (f" of {one.item.customer}" if one.item.customer else ""),
        day(one.began),
        proven.state,
        proven.level,
        proven.reason,
        one.verdict.cleanup.state,
        "yes: it had to fail" if one.negative_control else "no",
    )


def _item(one: DrillRecord) -> str:
    """Name a drill's item; its pseudonym says its kind already, one by another hand may not."""
    return one.item.ref if one.item.ref.startswith(f"{one.item.kind}-") else f"{one.item.kind} {one.item.ref}"


def _targets(these: tuple[DrillRecord, ...]) -> Table:
    rows = [
        row(
            f"{one.drill_id} {one.attempt}",
            one.drill_id,
            -(-one.item.bytes // _MEGABYTE),
            *_measured(one.verdict.rpo),
            *_measured(one.verdict.rto),
        )
        for one in these
    ]
    return table(
        "T6.T",
        "Freshness (RPO) and speed (RTO) against their targets, in whole minutes, rounded up",
        (
            *("Drill", "Megabytes", "RPO minutes", "RPO target", "RPO", "RPO by"),
            *("RTO minutes", "RTO target", "RTO", "RTO by"),
        ),
        rows,
        widths=(5, 3, 2, 2, 3, 3, 2, 2, 3, 3),
        source="Source: the same records; the last column says what a time was measured by.",
    )


def _measured(one: Measured) -> tuple[int | None, int | None, str, str]:
    return _minutes(one.achieved_s), _minutes(one.target_s), one.state, one.basis


def _minutes(seconds: int | None) -> int | None:
    """Round up: a target is never met by rounding."""
    return None if seconds is None else -(-seconds // 60)


def _dot(one: DrillRecord, *, sized: bool) -> Dot:
    """Make a dot of a drill: against its target, or by its size."""
    achieved, target = _minutes(one.verdict.rto.achieved_s) or 0, _minutes(one.verdict.rto.target_s) or 0
    if sized:
        return Dot(_item(one), -(-one.item.bytes // _MEGABYTE), achieved, _judged(one))
    return Dot(_item(one), achieved, target, _judged(one))


def _judged(one: DrillRecord) -> Verdict:
    """Call a drill broken where it failed or was too slow, kept where it proved and was in time, unproven otherwise."""
    proven = one.verdict.recoverability.state
    if proven == "failed":
        return Verdict.BROKEN
    return _STATES.get(one.verdict.rto.state, Verdict.UNPROVEN) if proven == "proven" else Verdict.UNPROVEN


def _left(one: DrillRecord) -> str:
    return "; ".join(
        f"{left.type or 'something'} {left.ref}{f' until {day(left.until)}' if left.until else ''}"
        f"{f' ({left.reason})' if left.reason else ''}"
        for left in one.residue
    )
