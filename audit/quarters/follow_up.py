"""Every exception that stood at the end of last quarter, and what has become of it."""

from collections.abc import Iterable
from datetime import datetime

from audit.facts import Cause
from audit.model import Verdict
from audit.policies import Policies
from audit.quarters.deviations import Deviation
from audit.quarters.exceptions import identity_of, response_to
from audit.quarters.model import ExceptionInPeriod, FollowUp
from audit.quarters.period import midnight
from audit.quarters.timeline import Sight, Timeline


def follow_up(
    found: Iterable[Deviation],
    before: Iterable[ExceptionInPeriod],
    drilled: Iterable[ExceptionInPeriod],
    line: Timeline,
    policies: Policies,
) -> tuple[FollowUp, ...]:
    """Say what became of each old exception.

    `before` are those of drills at the end of last quarter, and `drilled` all of drills up to now.
    Nothing where there is no evidence of last quarter.
    """
    old = line.previous
    told = [_of_run(one, old, line, policies) for one in found if old is not None and one.stood(old.at)]
    now, begins = {one.id: one for one in drilled}, midnight(line.period.begins)
    told += [_of_drill(one, now[one.id], begins) for one in before if one.standing]
    return tuple(sorted(told, key=lambda one: (list(Verdict).index(one.was), one.title, one.name, one.id)))


def _of_run(deviation: Deviation, old: Sight, line: Timeline, policies: Policies) -> FollowUp:
    finding = deviation.finding
    response = response_to(finding.control, finding.name, policies.responses)
    return FollowUp(
        id=identity_of(finding.control, finding.resource),
        title=deviation.sight.controls[finding.control].title,
        name=finding.name,
        was=_verdict(deviation, old) or deviation.worst,
        outcome=_outcome(deviation, old, line),
        owner=response.owner if response else "",
        due=response.due if response else None,
    )


def _outcome(deviation: Deviation, old: Sight, line: Timeline) -> str:
    """Say what became of a deviation: mended, gone, still there, or not to be seen."""
    newest, span = line.newest, deviation.stood(old.at)
    if newest is None:
        return "not proven: no run of the quarter can be believed"
    if span is not None and span.after is not None:
        seen = next(sight for sight in line.sights if sight.at == span.after)
        kept = _finding_verdict(deviation, seen)
        again = f", and again since {deviation.spans[-1].first:%Y-%m-%d}" if deviation.stood(newest.at) else ""
        return f"{'mended' if kept else 'gone'}, seen on {span.after:%Y-%m-%d}{again}"
    if verdict := _verdict(deviation, newest):
        return f"still {verdict}"
    result = newest.controls.get(deviation.finding.control)
    blind = result is not None and any(finding.cause is Cause.GAP for finding in result.findings)
    why = "the listing is incomplete" if blind else "it was not to be seen again"
    return f"not proven to be mended: {why}"


def _verdict(deviation: Deviation, sight: Sight) -> Verdict | None:
    """Return what a run found wrong with it; None where it found nothing wrong."""
    found = _finding_verdict(deviation, sight)
    return found if found in (Verdict.BROKEN, Verdict.WAIVED) else None


def _finding_verdict(deviation: Deviation, sight: Sight) -> Verdict | None:
    control, resource = deviation.key
    result = sight.controls.get(control)
    found = [finding.verdict for finding in result.findings if finding.resource == resource] if result else []
    return min(found, key=list(Verdict).index, default=None)


def _of_drill(old: ExceptionInPeriod, now: ExceptionInPeriod, begins: datetime) -> FollowUp:
    """Say what became of what was wrong with a drill: only another drill can mend it."""
    last = now.spans[-1]
    if last.after is not None:
        outcome = f"mended, seen on {last.after:%Y-%m-%d}"
    elif last.last >= begins:
        outcome = "still broken"
    else:
        outcome = "not proven to be mended: no drill of the quarter tells"
    return FollowUp(
        id=old.id,
        title=old.title,
        name=old.name,
        was=old.verdict,
        outcome=outcome,
        owner=old.response.owner if old.response else "",
        due=old.response.due if old.response else None,
    )
