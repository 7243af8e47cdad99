"""What there was at the beginning and at the end of a quarter, type by type, so that nothing is lost on the way."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from audit.policies import Policies
from audit.quarters.model import Inventory, InventoryRow
from audit.quarters.timeline import Sight, Timeline
from audit.quarters.views import View

_NO_CONTROL = "no control speaks of this type"
_NO_FINDING = "no control made a finding on them"
_BESIDE = "read beside what controls judge, and judged by none on its own"
_UNKNOWN = "no control knows this type; only its number is known, so what came and went within it is not"
_NUMBER = re.compile(r"([0-9]+) in Azure")


def inventory(line: Timeline, policies: Policies, view: View) -> Inventory | None:
    """Reconcile what was found by the last evidence before the quarter with its newest; None where there is none.

    Where nothing was seen before, the first of the quarter opens it.
    """
    within = [sight for sight in line.within if sight.pack.snapshot is not None]
    earlier = [sight for sight in line.earlier if sight.pack.snapshot is not None]
    if not within:
        return None
    opening, closing = (earlier or within[:1])[-1], within[-1]
    expected, found = _by_type(opening, view), _by_type(closing, view)
    named = {finding.resource for control in closing.report.controls for finding in control.findings}
    types = {*expected, *found}
    return Inventory(
        rows=(
            *(_row(name, expected.get(name, set()), found.get(name, set()), named, policies) for name in sorted(types)),
            *_unknown(_numbers(opening), _numbers(closing), types),
        ),
        opening=opening.id,
        closing=closing.id,
        opened_before=bool(earlier),
        gaps=tuple(sorted({gap.reason for gap in closing.report.gaps})),
    )


def _by_type(sight: Sight, view: View) -> Mapping[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for resource in sight.pack.snapshot.resources if sight.pack.snapshot else ():
        if view.shows(resource.id, sight.pack):
            found[resource.type].add(resource.id)
    return found


def _row(name: str, expected: set[str], found: set[str], named: Collection[str], policies: Policies) -> InventoryRow:
    out_of_scope = len(found.difference(named))
    return InventoryRow(
        type=name,
        expected=len(expected),
        appeared=len(found - expected),
        disappeared=len(expected - found),
        found=len(found),
        in_scope=len(found) - out_of_scope,
        out_of_scope=out_of_scope,
        why=_why(name, policies) if out_of_scope else "",
    )


def _why(name: str, policies: Policies) -> str:
    """Say why resources of a type are judged by nothing."""
    controls = policies.controls.values()
    if any(kind.arm == name for control in controls for kind in control.on):
        return _NO_FINDING
    read = any(kind.arm == name for control in controls for kind in control.needs)
    return _BESIDE if read else _NO_CONTROL


def _unknown(expected: Mapping[str, int], found: Mapping[str, int], known: Collection[str]) -> Iterator[InventoryRow]:
    """Make a row of each type that no row of the kinds knows."""
    for name in sorted({*expected, *found}.difference(known)):
        was, now = expected.get(name, 0), found.get(name, 0)
        yield InventoryRow(
            type=name,
            expected=was,
            appeared=max(0, now - was),
            disappeared=max(0, was - now),
            found=now,
            in_scope=0,
            out_of_scope=now,
            why=_UNKNOWN,
        )


def _numbers(sight: Sight) -> Mapping[str, int]:
    """Return how many there were of each type that only the list of everything knows."""
    told = [(item.what, _NUMBER.fullmatch(item.where)) for item in sight.report.unassessed]
    return {what: int(found[1]) for what, found in told if found}
