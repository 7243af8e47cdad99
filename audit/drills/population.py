"""What must be recoverable: everything that the promises are about, whether it answers or not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from audit.drill_record import Left
from audit.drill_rules import Class, DrillRules
from audit.drills.drill import Recoverable
from audit.estate import IndexedEstate
from audit.identity import Identities
from audit.model import AuditError, Resource, Snapshot, Targets
from audit.placement import subscription_of
from audit.promises import Statement

_MINUTE = 60
_NOT_FOUND = "nothing that runs is known to be it: look at what runs with `audit collect --live`"
_FACTS = ("location", "sku", "zoneRedundant", "requestedBackupStorageRedundancy")


class InScope(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must be recoverable."""

    ref: str
    name: str
    """What people know it by; it stays on this machine."""
    rules: Class
    item: Recoverable | None = None
    """None where it cannot be drilled."""
    why: str = ""
    """Why it cannot, where that is so."""
    measures: Mapping[str, Mapping[str, int]] = {}
    """Method → its targets in seconds, where they are others than the class's."""

    def by(self, method: str) -> Recoverable:
        """Return it as it is restored by a method; raises `AuditError` where it cannot be."""
        if self.item is None:
            raise AuditError(f"{self.ref} cannot be drilled: {self.why}. See drills.toml.")
        own = self.measures.get(method)
        changed = {} if own is None else {"rpo_s": own.get("rpo"), "rto_s": own.get("rto"), "measures": tuple(own)}
        return msgspec.structs.replace(self.item, method=method, **changed)

    @property
    def left_out(self) -> Left:
        """Return how a record names one that cannot be drilled."""
        return Left(ref=self.ref, reason=self.why, type=self.rules.kind)


def population(
    rules: DrillRules,
    targets: Targets,
    statements: Iterable[Statement],
    *,
    declared: Snapshot | None = None,
    seen: Snapshot | None = None,
) -> tuple[InScope, ...]:
    """Return everything in scope, in order of kind and ref.

    `declared` is what a program declares, `seen` what was seen running; what is in either is in scope, once. Raises
    `AuditError` where the rules name a target that there is not.
    """
    statements = tuple(statements)
    found: dict[str, InScope] = {}
    for one in rules.classes:
        measures, promised = _measures(one, one.target, targets), _promised(statements, one.drills)
        others = {method: _measures(one, table, targets) for method, table in one.targets.items()}
        for identity, name, body, urn in _members(one, declared, seen):
            if not any(_fits(identity or name, pattern) for pattern in one.without):
                item = _recoverable(one, identity or urn, body, rules, measures, promised)
                made = _in_scope(one, identity, name, item)
                found.setdefault(made.ref, msgspec.structs.replace(made, measures=others))
    return tuple(sorted(found.values(), key=lambda entry: (entry.rules.kind, entry.ref)))


def ref_of(kind: str, identity: str) -> str:
    """Return what reports call something: its kind, and a digest of its id that is the same however it is spelt."""
    return f"{kind}-{hashlib.sha256(identity.rstrip('/').lower().encode()).hexdigest()[:12]}"


def negative(rules: DrillRules, targets: Targets) -> tuple[Recoverable, ...]:
    """Return what was damaged on purpose; a drill of it proves nothing but that drills can fail.

    Raises `AuditError` where no class is of its kind.
    """
    made = []
    for one in rules.negative_controls:
        own = next((found for found in rules.classes if found.kind == one.kind), None)
        if own is None:
            raise AuditError(f"drills.toml: no class is of the negative control's kind {one.kind}. Add one.")
        item = _recoverable(
            own, one.id, {}, rules, _measures(own, own.targets.get(one.method, own.target), targets), ()
        )
        made.append(msgspec.structs.replace(item, method=one.method, negative=one.damage))
    return tuple(made)


def _members(
    one: Class, declared: Snapshot | None, seen: Snapshot | None
) -> Iterator[tuple[str, str, Mapping[str, Any], str]]:
    """Yield id, name, body and first name of each member of a class; the id is empty where it cannot be told."""
    types = {name.lower() for name in one.types}
    running = {_identity(found).lower(): found for found in _of(types, seen)}
    yield from ((_identity(found), found.name, found.body, found.id) for found in running.values())
    if declared:
        identities = Identities(IndexedEstate(declared), subscription=subscription_of(declared))
        for found in _of(types, declared):
            # What is declared and does not run stays in scope; where its id is known, it will not answer.
            identity = _declared_as(found, identities, running)
            if identity.lower() not in running:
                yield identity, found.name, found.body, found.id
    yield from ((name, name, {}, name) for name in one.named)


def _of(types: set[str], snapshot: Snapshot | None) -> list[Resource]:
    return [found for found in (snapshot.resources if snapshot else ()) if found.type.lower() in types]


def _declared_as(resource: Resource, identities: Identities, running: Mapping[str, Resource]) -> str:
    """Return the id of what a declared resource is or will be, empty where it cannot be told."""
    if resource.type.startswith("AWS::"):
        return _identity(resource)
    told = identities.of(resource)
    if told.id:
        return told.id
    fitting = [_identity(found) for found in running.values() if told.matches(found.id)]
    return fitting[0] if len(fitting) == 1 else ""


def _identity(resource: Resource) -> str:
    """Return the id that a drill goes by: that of a bucket is its place."""
    if resource.type == "AWS::S3::Bucket":
        return f"s3://{resource.body.get('bucket') or resource.name}"
    return resource.id


def _in_scope(one: Class, identity: str, name: str, item: Recoverable) -> InScope:
    why = next((left.reason for left in one.left_out if _fits(identity or name, left.name) or name == left.name), "")
    if not identity:
        why = why or _NOT_FOUND
    return InScope(ref=item.ref, name=name, rules=one, item=None if why else item, why=why)


def _recoverable(
    one: Class,
    identity: str,
    body: Mapping[str, Any],
    rules: DrillRules,
    measures: Mapping[str, int],
    commitments: tuple[str, ...],
) -> Recoverable:
    return Recoverable(
        kind=one.kind,
        method=one.methods[0],
        id=identity,
        ref=ref_of(one.kind, identity),
        tier=one.tier,
        weight=one.weight,
        region=str(body.get("location") or rules.region),
        subscription=one.subscription,
        bytes=_bytes(body),
        commitments=commitments,
        proves=one.drills,
        rpo_s=measures.get("rpo"),
        rto_s=measures.get("rto"),
        measures=tuple(name for name in ("rpo", "rto") if name in measures),
        facts={**{name: body[name] for name in _FACTS if isinstance(body.get(name), str)}, **one.facts},
    )


def _bytes(body: Mapping[str, Any]) -> int:
    """Return how large something can be at most, as far as it says; 0 where it does not."""
    found = body.get("maxSizeBytes")
    return found if isinstance(found, int) else 0


def _measures(one: Class, table: str, targets: Targets) -> dict[str, int]:
    """Return the targets of a table in seconds, as far as it has them; raises `AuditError` where there is neither."""
    found = {}
    for name in ("rpo", "rto"):
        if targets.at(f"{table}.{name}_minutes") is not None:
            found[name] = targets.number(f"{table}.{name}_minutes") * _MINUTE
    if not found:
        what = f"the class {one.kind} of drills.toml measures by {table}, which targets.toml has not"
        raise AuditError(f"{what}. Set rpo_minutes and rto_minutes there.")
    return found


def _promised(statements: Iterable[Statement], drills: tuple[str, ...]) -> tuple[str, ...]:
    """Return the commitments that name one of these drills."""
    known = (commitment for statement in statements for commitment in statement.commitments)
    return tuple(commitment.id for commitment in known if set(commitment.pending.drills) & set(drills))


def _fits(identity: str, pattern: str) -> bool:
    return fnmatchcase(identity.lower(), pattern.lower())
