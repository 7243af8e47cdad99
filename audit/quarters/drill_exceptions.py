"""What went wrong in drills: a restore that failed, a target missed, a copy left behind, a damaged copy that passed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

import msgspec

from audit.drill_record import DrillRecord
from audit.model import Severity, Verdict
from audit.people import Response
from audit.quarters.deviations import spans_of
from audit.quarters.drills import passed
from audit.quarters.exceptions import identity_of, response_to
from audit.quarters.model import ExceptionInPeriod
from audit.quarters.timeline import Drilled

_LEFT_BEHIND = ("failed", "residue-unexpected")


class _Aspect(msgspec.Struct, frozen=True):
    """One thing that can be wrong with a drill."""

    name: str
    title: str
    severity: Severity
    judge: Callable[[DrillRecord], bool | None]
    """True where it is wrong, None where the drill does not tell."""
    say: Callable[[DrillRecord], str]
    breaks: bool
    """Whether the promise that was drilled is broken by it."""


def drill_exceptions(
    drills: Iterable[Drilled], responses: Iterable[Response], refers: Callable[[Drilled], tuple[str, ...]]
) -> tuple[ExceptionInPeriod, ...]:
    """Make an exception of each thing that was wrong with drills on one item, from the first to the last of them."""
    items: defaultdict[tuple[str, str], list[Drilled]] = defaultdict(list)
    for drill in drills:
        items[drill.record.item.kind, drill.record.item.ref].append(drill)
    responses = tuple(responses)
    return tuple(made for key in sorted(items) for made in _of_item(items[key], responses, refers))


def _of_item(
    drills: list[Drilled], responses: Iterable[Response], refers: Callable[[Drilled], tuple[str, ...]]
) -> Iterator[ExceptionInPeriod]:
    for aspect in _ASPECTS:
        told = [(drill, aspect.judge(drill.record)) for drill in drills]
        wrong = [drill for drill, is_wrong in told if is_wrong]
        if wrong:
            spans = spans_of((drill.record.ended, is_wrong) for drill, is_wrong in told if is_wrong is not None)
            made = _exception(aspect, wrong[-1].record, responses)
            yield msgspec.structs.replace(
                made,
                spans=spans,
                standing=spans[-1].after is None,
                days=(spans[-1].last - spans[0].first).days,
                evidence=tuple(dict.fromkeys(ref for drill in wrong for ref in refers(drill))),
            )


def _exception(aspect: _Aspect, record: DrillRecord, responses: Iterable[Response]) -> ExceptionInPeriod:
    item, control = record.item, f"drill-{record.item.kind}-{aspect.name}"
    return ExceptionInPeriod(
        id=identity_of(control, item.ref),
        control=control,
        title=aspect.title,
        severity=aspect.severity,
        verdict=Verdict.BROKEN,
        resource=item.ref,
        name=item.ref,
        type="drill",
        reason=aspect.say(record),
        promises=record.commitments if aspect.breaks else (),
        spans=(),
        standing=True,
        days=0,
        customers=(item.customer,) if item.customer else (),
        shared=not item.customer,
        response=response_to(control, item.ref, responses),
    )


def _unrestored(record: DrillRecord) -> bool | None:
    state = record.verdict.recoverability.state
    return None if record.negative_control or state not in ("proven", "failed") else state == "failed"


def _missed(record: DrillRecord) -> bool | None:
    states = {record.verdict.rpo.state, record.verdict.rto.state}
    if record.negative_control or not passed(record):
        return None
    return True if "missed" in states else None if "unknown" in states else False


def _left(record: DrillRecord) -> bool | None:
    return record.verdict.cleanup.state in _LEFT_BEHIND


def _toothless(record: DrillRecord) -> bool | None:
    return passed(record) if record.negative_control else None


def _how_far(record: DrillRecord) -> str:
    found = record.verdict.recoverability
    level = f" at level {found.level}" if found.level is not None else ""
    return f"the restore failed{level}" + (f": {found.reason}" if found.reason else "")


def _how_late(record: DrillRecord) -> str:
    named = (("RPO", record.verdict.rpo), ("RTO", record.verdict.rto))
    return "; ".join(
        f"{name} {one.achieved_s} s, promised {one.target_s} s" for name, one in named if one.state == "missed"
    )


def _how_much(record: DrillRecord) -> str:
    return f"the copy was not cleared away: {record.verdict.cleanup.state}, {len(record.residue)} left"


def _how_blind(record: DrillRecord) -> str:
    return (
        f"a copy damaged on purpose passed at level {record.verdict.recoverability.level}: no drill of the kind counts"
    )


_ASPECTS = (
    _Aspect("recoverability", "What is backed up can be restored", Severity.CRITICAL, _unrestored, _how_far, True),
    _Aspect("targets", "A restore meets its targets", Severity.HIGH, _missed, _how_late, True),
    _Aspect("clean-up", "A drill leaves no copy behind", Severity.HIGH, _left, _how_much, False),
    _Aspect("negative", "A drill on a damaged copy fails", Severity.CRITICAL, _toothless, _how_blind, False),
)

ASPECTS = tuple(aspect.name for aspect in _ASPECTS)
"""What can be wrong with a drill, as the ids of its exceptions name it."""
