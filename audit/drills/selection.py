"""Whose turn it is: what was proven the longest ago, weighted by how much it matters; the same seed chooses alike."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from audit.drill_record import DrillRecord, Population
from audit.drill_rules import Budget
from audit.drills.drill import Recoverable
from audit.drills.population import InScope

METHOD = "least recently proven"
ENOUGH = 4
"""The proof level from which on a restore counts."""
_NEVER = timedelta(days=10_000)
"""How long ago what was never proven is taken to have been."""
_GIGABYTE = 1 << 30


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What drills proved so far."""

    proven: Mapping[str, datetime] = {}
    """The ref of an item → when it was last proven, where nothing failed since."""
    methods: Mapping[tuple[str, str], datetime] = {}
    """The ref of an item and a method → when it was last drilled so, however it ended."""
    controls: Mapping[str, datetime] = {}
    """The ref of a negative control → when it last came to an end."""


def history(records: Iterable[DrillRecord]) -> History:
    """Return what drills proved by their records, in whatever order these come."""
    proven: dict[str, datetime] = {}
    methods: dict[tuple[str, str], datetime] = {}
    controls: dict[str, datetime] = {}
    for record in sorted(records, key=lambda record: record.ended):
        found = record.verdict.recoverability
        if record.negative_control:
            if found.state in ("proven", "failed"):
                controls[record.item.ref] = record.ended
            continue
        methods[record.item.ref, record.item.method] = record.ended
        if found.state == "proven" and found.level is not None and found.level >= ENOUGH:
            proven[record.item.ref] = record.ended
        elif found.state == "failed":
            proven.pop(record.item.ref, None)
    return History(proven=proven, methods=methods, controls=controls)


def ordered(scope: Sequence[InScope], known: History, *, now: datetime, seed: str) -> tuple[InScope, ...]:
    """Return everything in scope, the one whose turn it is first; who has waited alike is drawn by the `seed`."""

    def turn(entry: InScope) -> tuple[timedelta, str]:
        waited = now - known.proven[entry.ref] if entry.ref in known.proven else _NEVER
        return -max(waited, timedelta(0)) * entry.rules.weight, hashlib.sha256(
            f"{seed} {entry.ref}".encode()
        ).hexdigest()

    return tuple(sorted(scope, key=turn))


def chosen(
    scope: Sequence[InScope], known: History, budget: Budget, *, now: datetime, seed: str
) -> tuple[Recoverable, ...]:
    """Return what the next run drills, in order: as many as the budget lets, each by the method whose turn it is.

    What is larger than all that may be restored in a run is taken alone, where it is the first: else it would never be.
    """
    taken: list[Recoverable] = []
    room = budget.gigabytes * _GIGABYTE
    for entry in ordered(scope, known, now=now, seed=seed):
        if entry.item is None or len(taken) >= budget.items:
            continue
        if entry.item.bytes > room and taken:
            continue
        room -= entry.item.bytes
        taken.append(entry.by(method(entry, known)))
    return tuple(taken)


def method(entry: InScope, known: History) -> str:
    """Return the method by which an item was drilled the longest ago; of those never tried the first."""
    methods = entry.rules.methods
    tried = {name: known.methods.get((entry.ref, name)) for name in methods}
    never = [name for name in methods if tried[name] is None]
    return never[0] if never else min(methods, key=lambda name: tried[name] or datetime.min)


def controls_due(controls: Sequence[Recoverable], known: History, *, since: datetime) -> tuple[Recoverable, ...]:
    """Return the negative controls without an end `since` then: a check that cannot fail proves nothing."""
    return tuple(
        one for one in controls if known.controls.get(one.ref, datetime.min.replace(tzinfo=since.tzinfo)) < since
    )


def populations(scope: Sequence[InScope], *, seed: str) -> Mapping[str, Population]:
    """Return for each kind what a record says of how its item was chosen."""
    kinds: defaultdict[str, list[InScope]] = defaultdict(list)
    for entry in scope:
        kinds[entry.rules.kind].append(entry)
    return {
        kind: Population(
            in_scope=len(entries),
            eligible=sum(entry.item is not None for entry in entries),
            excluded=tuple(entry.left_out for entry in entries if entry.item is None),
            method=METHOD,
            seed=seed,
        )
        for kind, entries in kinds.items()
    }
