"""What drills prove of promises and how much of what there is they covered; a drill that cannot fail proves nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase

import msgspec

from audit.drill_record import DrillRecord
from audit.drill_rules import Class, DrillRules
from audit.model import Resource
from audit.promises import Commitment
from audit.quarters.model import Coverage
from audit.quarters.period import midnight, week_of, year_before
from audit.quarters.timeline import Drilled, Timeline

LEVEL = 4
"""From which level on a restore counts: the engine's own check of what came back passed."""
FAILED_AS_IT_MUST = "failed, as it must"
PASSED = "passed, which it must not"


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """What the drills of a quarter say of one promise."""

    drills: frozenset[str] = frozenset()
    """The ids that commitments name, of those proven for all that is in their scope."""
    failing: tuple[int, ...] = ()
    """The weeks in which a failed drill stood, none better after it."""
    stands: bool = False
    """Whether a failure was still not mended at the end."""
    failed: tuple[str, ...] = ()
    """The ids of the drills that failed."""


def proven(
    line: Timeline, commitment: Commitment, rules: DrillRules, *, failures: Iterable[Drilled] | None = None
) -> Proven:
    """Say what the quarter's drills prove of a commitment; `failures` are those that may break it, all by default.

    A drill is proven where everything of every kind that the rules have it restore was restored.
    """
    scope = in_scope(line, rules)
    own = [drill.record for drill in line.of_quarter if commitment.id in drill.record.commitments]
    spoilt = {record.item.kind for record in _records(line) if record.negative_control and passed(record)}
    whole = [record for record in own if not record.negative_control and record.item.kind not in spoilt]
    drills = frozenset(
        drill
        for drill in {name for record in whole for name in record.proves}
        if _covered([record for record in whole if drill in record.proves], _kinds(rules, drill) & scope.keys())
    )
    told = (
        own if failures is None else [drill.record for drill in failures if commitment.id in drill.record.commitments]
    )
    wrong = [record for record in told if failed(record)]
    weeks = sorted({week for record in wrong for week in _standing(line, record, told)})
    return Proven(
        drills=drills,
        failing=tuple(weeks),
        stands=any(_mended(record, told) is None for record in wrong),
        failed=tuple(sorted({record.drill_id for record in wrong})),
    )


def failed(record: DrillRecord) -> bool:
    """Tell whether a drill showed that something could not be restored, or not as well as was promised."""
    verdict = record.verdict
    missed = "missed" in (verdict.rpo.state, verdict.rto.state)
    return not record.negative_control and (
        verdict.recoverability.state == "failed" or (verdict.recoverability.state == "proven" and missed)
    )


def passed(record: DrillRecord) -> bool:
    """Tell whether a drill proved that what was restored is sound."""
    found = record.verdict.recoverability
    return found.state == "proven" and found.level is not None and found.level >= LEVEL


def in_scope(line: Timeline, rules: DrillRules) -> Mapping[str, int]:
    """Count what must be recoverable of each kind, as the quarter's newest run saw it and the rules name it.

    A kind of which there is nothing is left out; where nothing was seen, each kind of the rules stands with nothing.
    """
    newest = line.newest
    found: Counter[str] = Counter()
    for one in rules.classes:
        types = {name.lower() for name in one.types}
        seen = newest.pack.snapshot.resources if newest and newest.pack.snapshot else ()
        own = (resource for resource in seen if resource.type.lower() in types and not _is_left_out(resource, one))
        found[one.kind] += sum(1 for _ in own) + len(one.named)
    return {kind: count for kind, count in found.items() if count or newest is None}


def _is_left_out(resource: Resource, rules: Class) -> bool:
    """Tell whether a pattern of a class leaves a resource out; that of a bucket is its place."""
    identity = resource.id if resource.id.startswith("/") else f"s3://{resource.body.get('bucket') or resource.name}"
    return any(fnmatchcase(identity.lower(), pattern.lower()) for pattern in rules.without)


def _kinds(rules: DrillRules, drill: str) -> set[str]:
    """Return the kinds of what a drill that commitments name must restore."""
    return {one.kind for one in rules.classes if drill in one.drills}


def coverage(line: Timeline, rules: DrillRules) -> tuple[Coverage, ...]:
    """Count for each kind of drill how much of what is in scope was proven, in the quarter and in a year.

    A kind that was never drilled stands there, too.
    """
    since = year_before(line.period.as_of)
    kinds: defaultdict[str, list[DrillRecord]] = defaultdict(list)
    for drill in line.drilled:
        if drill.record.ended.date() > since:
            kinds[drill.record.item.kind].append(drill.record)
    scope = in_scope(line, rules)
    return tuple(_coverage(line, kind, kinds[kind], scope.get(kind, 0)) for kind in sorted({*kinds, *scope}))


def _coverage(line: Timeline, kind: str, year: list[DrillRecord], seen: int) -> Coverage:
    quarter = [record for record in year if week_of(line.period, record.ended)]
    scoped = [record for record in year if not record.negative_control] or year
    negative = [passed(record) for record in quarter if record.negative_control and _conclusive(record)]
    return Coverage(
        kind=kind,
        in_scope=max((record.population.in_scope for record in (quarter or scoped)), default=seen),
        proven=len(_sound(quarter)),
        proven_year=len(_sound(year)),
        negative=PASSED if any(negative) else FAILED_AS_IT_MUST if negative else "none",
    )


def _covered(records: list[DrillRecord], needed: set[str]) -> bool:
    """Tell whether every item in scope of each kind `needed` was restored and checked, and each target was met.

    What was excluded is in scope all the same. The newest record that came to an end decides for an item.
    """
    kinds: defaultdict[str, list[DrillRecord]] = defaultdict(list)
    for record in records:
        kinds[record.item.kind].append(record)
    return (
        bool(kinds)
        and needed <= kinds.keys()
        and all(
            len([record for record in _sound(found).values() if _met(record)])
            >= max(1, *(record.population.in_scope for record in found))
            for found in kinds.values()
        )
    )


def _sound(records: Iterable[DrillRecord]) -> Mapping[str, DrillRecord]:
    """Return the items whose newest conclusive drill proved enough, each with its record."""
    newest: dict[str, DrillRecord] = {}
    for record in sorted(records, key=_when):
        if not record.negative_control and _conclusive(record):
            newest[record.item.ref] = record
    return {ref: record for ref, record in newest.items() if passed(record)}


def _standing(line: Timeline, record: DrillRecord, told: list[DrillRecord]) -> range:
    """Return the weeks from a failure to the one before the next drill that showed the item sound."""
    first, mended = week_of(line.period, record.ended), _mended(record, told)
    last = week_of(line.period, mended) - 1 if mended else _last_week(line)
    return range(first, max(first, last) + 1)


def _mended(record: DrillRecord, told: list[DrillRecord]) -> datetime | None:
    """Return when the next drill showed the item of a failed one sound; None where none did."""
    better = (
        other.ended
        for other in told
        if (other.item.kind, other.item.ref) == (record.item.kind, record.item.ref)
        and other.ended > record.ended
        and not other.negative_control
        and passed(other)
        and _met(other)
    )
    return min(better, default=None)


def _last_week(line: Timeline) -> int:
    return week_of(line.period, midnight(line.period.as_of))


def _records(line: Timeline) -> tuple[DrillRecord, ...]:
    return tuple(drill.record for drill in line.of_quarter)


def _conclusive(record: DrillRecord) -> bool:
    return record.verdict.recoverability.state in ("proven", "failed")


def _met(record: DrillRecord) -> bool:
    return record.verdict.met


def _when(record: DrillRecord) -> tuple[datetime, str, int]:
    return record.ended, record.drill_id, record.attempt
