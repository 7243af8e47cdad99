"""Waivers are audited: one that has expired, excuses nothing, means too much or ends soon is named."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from audit.model import Cause, Control, Plane, Verdict
from audit.promises import ControlResult, Finding, Flaw, Waiver, WaiverFlaw, WaiverResult

SOON = timedelta(days=30)
"""How long before its end a waiver is named: long enough to mend what it excuses, or to renew it."""
_BEFORE_IT_RUNS = (Plane.PROGRAM, Plane.PREVIEW)
"""Where an open lock may be waived: what runs open counts as broken."""


def audited(
    waivers: Iterable[Waiver],
    controls: Mapping[str, Control],
    results: Iterable[ControlResult],
    *,
    plane: Plane,
    today: date,
) -> tuple[WaiverResult, ...]:
    """Say of each waiver whether it excuses anything on `plane` today, and what is wrong with it.

    A waiver says nothing of planes it does not name, so there it is never unused.
    """
    by_id = {result.id: result.findings for result in results}
    return tuple(_audited(waiver, controls.get(waiver.control), by_id, plane, today) for waiver in waivers)


def _audited(
    waiver: Waiver,
    control: Control | None,
    findings: Mapping[str, tuple[Finding, ...]],
    plane: Plane,
    today: date,
) -> WaiverResult:
    """Look at one waiver; what is wrong with it comes worst first."""
    found = findings.get(waiver.control)
    meant = [finding for finding in found or () if finding.resource and finding.name == waiver.resource]
    flaws = [*_dates(waiver, today), *_width(waiver, control, meant)]
    if not flaws or all(flaw.flaw is Flaw.ENDING for flaw in flaws):
        flaws += [WaiverFlaw(Flaw.UNUSED, reason) for reason in _unused(waiver, found, meant, plane)]
    order = list(Flaw)
    return WaiverResult(
        waiver=waiver,
        excuses=any(finding.verdict is Verdict.WAIVED for finding in meant),
        flaws=tuple(sorted(flaws, key=lambda flaw: order.index(flaw.flaw))),
    )


def _dates(waiver: Waiver, today: date) -> Iterator[WaiverFlaw]:
    """Say that a waiver has ended or ends soon; the day it ends on still counts."""
    left = waiver.until - today
    if left < timedelta(0):
        reason = f"it expired on {waiver.until}: mend the deviation, or have {waiver.owner} renew it"
        yield WaiverFlaw(Flaw.EXPIRED, reason)
    elif left <= SOON:
        when = "today" if not left.days else "tomorrow" if left.days == 1 else f"in {left.days} days"
        yield WaiverFlaw(Flaw.ENDING, f"it ends {when}, on {waiver.until}")


def _width(waiver: Waiver, control: Control | None, meant: list[Finding]) -> Iterator[WaiverFlaw]:
    """Say that a waiver means more than one deviation, or planes on which no deviation of its sort may be excused."""
    if any(mark in waiver.resource for mark in "*?[") or not waiver.resource.strip():
        yield WaiverFlaw(Flaw.TOO_WIDE, "it names no single resource, so it excuses none: name one, without wildcards")
    if len(meant) > 1:
        reason = f"{len(meant)} resources bear that name, so it excuses none: give them names of their own"
        yield WaiverFlaw(Flaw.TOO_WIDE, reason)
    beyond = [plane for plane in waiver.planes if plane not in _BEFORE_IT_RUNS]
    if control is not None and control.one_way and beyond:
        reason = f"it names {', '.join(beyond)}: a lock may be waived at program and preview only"
        yield WaiverFlaw(Flaw.TOO_WIDE, reason)


def _unused(waiver: Waiver, found: tuple[Finding, ...] | None, meant: list[Finding], plane: Plane) -> Iterator[str]:
    """Say why a waiver that names this plane excuses nothing on it; nothing where it does, or a gap may hide it."""
    if not waiver.planes:
        yield "it names no plane, so it excuses nothing: name those it is meant for"
    if plane not in waiver.planes:
        return
    if found is None:
        yield f"{waiver.control} is not judged on the {plane} plane: take that plane out"
    elif not meant and not any(finding.cause is Cause.GAP for finding in found):
        yield f"{waiver.control} judged nothing of that name: take the waiver out, or mend the name"
    elif meant and all(finding.verdict is not Verdict.WAIVED for finding in meant):
        yield f"{waiver.resource} is {meant[0].verdict} without it: take the waiver out"
