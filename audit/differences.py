"""Compares what is declared with what runs: strangers, absences, and the settings and verdicts that differ."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from audit.estate import IndexedEstate
from audit.facts import Cause, Reading, inside, is_marker
from audit.following import following
from audit.identity import Identities
from audit.kinds import kind_of
from audit.kinds.made_by_azure import is_made_by_azure
from audit.kinds.resources import RESOURCE_GROUP
from audit.model import Kind, Resource, Scope, Snapshot, Verdict
from audit.promises import Contrast, Difference, Finding, Report
from audit.remedy import place

_ANY_SUBSCRIPTION = "any-subscription"
"""A program does not say which subscription it deploys to."""
AZURE = "Azure itself"
"""What declares that which Azure makes by itself."""


class Match(msgspec.Struct, frozen=True):
    """Which live resource is which declared one, by id and URN."""

    declared: Mapping[str, Resource]
    """The id of what runs → what declares it."""
    missing: tuple[Resource, ...]
    """What is declared, and not found among what runs."""
    following: Mapping[str, Resource] = {}
    """The id of what Azure makes because something else is declared → what declares that."""


def match(declared: Snapshot, live: Snapshot) -> Match:
    """Find each declared resource among those that run, by the id it must have, or by the name Pulumi makes up.

    Of several that would fit a made-up name none is taken: which one is meant cannot be told.
    """
    program, running = IndexedEstate(declared), IndexedEstate(live)
    by_type: dict[str, list[str]] = defaultdict(list)
    for resource in running.all():
        by_type[resource.type].append(resource.id.lower())
    identities = Identities(program, subscription=_ANY_SUBSCRIPTION)
    found: dict[str, Resource] = {}
    missing = []
    for resource in program.all():
        if _is_comparable(kind_of(resource.type)):
            pattern = identities.of(resource).pattern.replace(re.escape(_ANY_SUBSCRIPTION), r"[^\x2f]+")
            fitting = re.compile(pattern, re.IGNORECASE).fullmatch
            ids = [identity for identity in by_type[resource.type] if fitting(identity)]
            if len(ids) == 1:
                found[ids[0]] = resource
            else:
                missing.append(resource)
    return Match(found, tuple(missing), dict(following(running, found)))


def attributed(live: Snapshot, matched: Match) -> Snapshot:
    """Note on each live resource what declares it: a URN, Azure itself, or nothing.

    A child that its parent lists, and that no stack declares, is put beside it: it would take its parent's word.
    """
    resources = tuple(
        msgspec.structs.replace(resource, declaration=_declaration(resource, matched, live))
        for resource in live.resources
    )
    known = {resource.id.lower() for resource in resources}
    strangers = tuple(
        msgspec.structs.replace(child, declaration="")
        for child in IndexedEstate(live).all()
        if child.id.lower() not in known and _is_strange(child, matched, live)
    )
    return msgspec.structs.replace(live, resources=resources + strangers)


def _is_strange(child: Resource, matched: Match, live: Snapshot) -> bool:
    """Tell whether no stack declares a child that its parent lists.

    Where the program does not say yet what the parent lists, any child may be declared.
    """
    kind = kind_of(child.type)
    parent = matched.declared.get(child.id.lower().rsplit("/", 2)[0])
    listed = inside(parent.body, kind.parent.inline) if parent and kind and kind.parent else None
    return not is_marker(listed) and not _declaration(child, matched, live)


def compare(declared: Report, running: Report, live: Snapshot, matched: Match) -> tuple[Difference, ...]:
    """List what differs and matters to a control, the worst first.

    Azure's defaults, casing, order and read-only properties are no differences: only what a control read on both sides,
    and what it made of it, is compared.
    """
    differences = [
        *_verdicts(declared, running, matched),
        *_undeclared(live),
        *_missing(live, matched),
        *_properties(declared, running, matched),
        *_obligations(declared, running, matched),
    ]
    return tuple(sorted(differences, key=_order))


def _order(one: Difference) -> tuple[int, bool, str, str, str]:
    """Put the worst first; what a waiver had let through in the program is no surprise, and comes after the others."""
    return list(Contrast).index(one.contrast), one.declared == Verdict.WAIVED, one.type, one.name, one.path


def _is_declarable(resource: Resource) -> bool:
    """Tell whether a live resource is one that a stack would declare: not a fixed setting, nor what Azure keeps.

    What stands on a subscription or on another resource (a role, a lock, a setting) is declared like any other.
    """
    kind = kind_of(resource.type)
    if kind is None:
        return True
    named = kind.names.endswith("}") or kind is RESOURCE_GROUP
    return bool(kind.pulumi) and kind.scope is not Scope.TENANT and named


def _declaration(resource: Resource, matched: Match, live: Snapshot) -> str:
    key = resource.id.lower()
    found = matched.declared.get(key) or matched.following.get(key)
    if found is not None:
        return found.id
    return AZURE if not _is_declarable(resource) or is_made_by_azure(resource, live) else ""


def _is_comparable(kind: Kind | None) -> bool:
    """Tell whether resources of a kind can be found again among what runs."""
    return kind is not None and bool(kind.pulumi) and (bool(kind.path) or kind is RESOURCE_GROUP)


def _undeclared(live: Snapshot) -> Iterator[Difference]:
    """Name what runs and no stack declares."""
    for resource in live.resources:
        if resource.declaration == "":
            yield Difference(contrast=Contrast.UNDECLARED, resource=resource.id, name=resource.name, type=resource.type)


def _missing(live: Snapshot, matched: Match) -> Iterator[Difference]:
    """Name what is declared and does not run; under a gap that may hide it, it says so."""
    for resource in matched.missing:
        kind = kind_of(resource.type)
        gap = next((gap for gap in live.gaps if kind and gap.hides(kind)), None)
        file, line = place(resource, "")
        yield Difference(
            contrast=Contrast.UNSEEN if gap else Contrast.MISSING,
            resource=resource.id,
            name=resource.name,
            type=resource.type,
            reason=gap.reason if gap else "",
            file=file,
            line=line,
        )


def _pairs(declared: Report, running: Report, matched: Match) -> Iterator[tuple[Finding, Finding]]:
    """Yield the two findings of one control about one resource, as declared and as it runs."""
    urns = {identity: resource.id for identity, resource in matched.declared.items()}
    before = {(found.control, found.resource): found for result in declared.controls for found in result.findings}
    for result in running.controls:
        for found in result.findings:
            twin = before.get((found.control, urns.get(found.resource.lower(), "-")))
            if twin is not None:
                yield twin, found


def _verdicts(declared: Report, running: Report, matched: Match) -> Iterator[Difference]:
    """Name where a control rules otherwise on what runs than on what is declared."""
    for before, after in _pairs(declared, running, matched):
        # An obligation has a line of its own, and so has a gap; what runs better than was declared is no trouble.
        told_apart = before.verdict is Verdict.UNPROVEN or after.cause is Cause.GAP or after.verdict is Verdict.KEPT
        if before.verdict is after.verdict or told_apart:
            continue
        yield Difference(
            contrast=Contrast.VERDICT,
            resource=after.resource,
            name=after.name,
            type=after.type,
            controls=(after.control,),
            declared=before.verdict,
            live=after.verdict,
            reason=after.reason,
            file=before.file,
            line=before.line,
        )


def _properties(declared: Report, running: Report, matched: Match) -> Iterator[Difference]:
    """Name the settings that controls read on both sides, and that differ."""
    ids = {resource.id: identity for identity, resource in matched.declared.items()}
    told: dict[tuple[str, str], Difference] = {}
    for before, after in _pairs(declared, running, matched):
        if before.verdict is Verdict.WAIVED and after.verdict is Verdict.KEPT:
            continue
        said = {(ids.get(one.resource, ""), one.path): one for one in before.evidence}
        for reading in after.evidence:
            other = said.get((reading.resource.lower(), reading.path))
            if other is None or not _differ(other, reading):
                continue
            key = (reading.resource.lower(), reading.path)
            known = told.get(key)
            controls = tuple(dict.fromkeys((*(known.controls if known else ()), after.control)))
            told[key] = _property(other, reading, matched.declared[key[0]], controls)
    yield from told.values()


def _property(before: Reading, after: Reading, resource: Resource, controls: tuple[str, ...]) -> Difference:
    file, line = place(resource, before.path)
    return Difference(
        contrast=Contrast.PROPERTY,
        resource=after.resource,
        name=resource.name,
        type=resource.type,
        controls=controls,
        path=before.path,
        declared=before.value,
        live=after.value,
        file=file,
        line=line,
    )


def _differ(before: Reading, after: Reading) -> bool:
    """Tell whether two readings say different things; what one side does not say, or says as a link, is no difference.

    An element of a list is known by its place, and places differ without meaning anything.
    """
    values = [reading.value for reading in (before, after)]
    if before.path == "type":
        # A program spells a type without what it stands below: `MX` for `Microsoft.Network/dnszones/MX`.
        values = [value.rpartition("/")[2] if isinstance(value, str) else value for value in values]
    plain = all(_is_plain(value) for value in values)
    return plain and "[" not in before.path and _folded(values[0]) != _folded(values[1])


def _is_plain(value: Any) -> bool:
    """Tell whether a value can be compared: there, no link, and no count of what is inside."""
    if isinstance(value, Mapping) or value is None:
        return False
    if isinstance(value, str):
        return not value.startswith(("/", "urn:")) and not re.fullmatch(r"\d+ (inside|listed)", value)
    return not isinstance(value, list | tuple) or all(isinstance(item, str) and _is_plain(item) for item in value)


def _folded(value: Any) -> Any:
    """Fold what Azure spells at will: case, blanks in regions, order of lists, whole numbers as floats."""
    if isinstance(value, str):
        return value.replace(" ", "").lower()
    if isinstance(value, list | tuple):
        return sorted(str(_folded(item)) for item in value)
    return value


def _obligations(declared: Report, running: Report, matched: Match) -> Iterator[Difference]:
    """Say of each value that was unknown before deployment whether what runs has settled it."""
    ids = {resource.id: identity for identity, resource in matched.declared.items()}
    found = {(one.control, one.resource.lower()): one for result in running.controls for one in result.findings}
    for owed in declared.obligations:
        identity = ids.get(owed.id, "")
        after = found.get((owed.control, identity))
        settled = after is not None and after.verdict is not Verdict.UNPROVEN
        yield Difference(
            contrast=Contrast.SETTLED if settled else Contrast.OPEN,
            resource=identity or owed.id,
            name=owed.resource,
            type=after.type if after else "",
            controls=(owed.control,),
            declared=Verdict.UNPROVEN,
            live=after.verdict if after else None,
            reason=after.reason if after else "it was not found among what runs",
        )
