"""What a declared estate needs before it can stand anywhere: names that nobody gave, and a subscription."""

import re
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from audit.facts import Reference
from audit.kinds.authorization import ROLE_ASSIGNMENT, ROLE_DEFINITION
from audit.kinds.recoveryservices import PROTECTED_ITEM
from audit.kinds.sql import SERVER_KEY
from audit.model import Kind, Resource, Snapshot
from audit.shape import to_arm

T = TypeVar("T")
_MACHINE = re.compile(r".*/resourceGroups/([^/]+)/providers/Microsoft\.Compute/virtualMachines/([^/]+)", re.IGNORECASE)
_VERSIONED = re.compile(r"https://([^./]+)\.[^/]+/keys/([^/]+)/([^/]+)")


class Left(msgspec.Struct, frozen=True):
    """What of an estate was not put where it should go, and why."""

    resource: str
    """The id in the snapshot of the resource that it belongs to."""
    path: str
    """The property that was left out; empty where it is the whole resource."""
    reason: str


def settings_of(resource: Resource, kind: Kind) -> dict[str, Any]:
    """Return the part of a resource's body that a request for it holds; the names in its id are not among them."""
    whole = to_arm(kind, resource.body)
    sent = {*whole, *whole.get("properties", {})}
    return {key: value for key, value in resource.body.items() if key in sent}


def in_clear(link: Reference, identity: str) -> str | None:
    """Spell a link to the id or the name of what `identity` names; None for a property that only Azure can answer."""
    if link.property not in ("id", "name"):
        return None
    return (identity if link.property == "id" else identity.rpartition("/")[2]) + link.suffix


def guid(*words: str) -> str:
    """Make up a GUID, always the same of the same words."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(words).lower()))


def name_of(resource: Resource, kind: Kind, parameter: str, body: Mapping[str, Any]) -> str:
    """Make up the name of a resource, always the same: as Azure demands it where it does, else as Pulumi would.

    `body` is the resource's own, with references followed.
    """
    if kind.arm in (ROLE_ASSIGNMENT.arm, ROLE_DEFINITION.arm):
        return guid(resource.id)
    machine = _MACHINE.fullmatch(str(body.get("sourceResourceId")))
    if kind is PROTECTED_ITEM and machine:
        # https://learn.microsoft.com/azure/backup/backup-azure-arm-userestapi-backupazurevms
        head = "IaasVMContainer" if parameter == "containerName" else "VM"
        return f"{head};iaasvmcontainerv2;{machine[1]};{machine[2]}"
    key = _VERSIONED.fullmatch(str(body.get("uri")))
    if kind is SERVER_KEY and key:
        # https://learn.microsoft.com/rest/api/sql/server-keys/create-or-update
        return f"{key[1]}_{key[2]}_{key[3]}"
    return f"{resource.name}{sha256(resource.id.encode()).hexdigest()[:8]}"


def subscription_of(snapshot: Snapshot) -> str:
    """Return the subscription id that the resources of a program name most often, empty where none does."""
    named = Counter(
        found.lower()
        for resource in snapshot.resources
        for text in all_inside(resource.body, str)
        for found in re.findall(r"^/?subscriptions/([^/]+)", text, re.IGNORECASE)
    )
    return named.most_common(1)[0][0] if named else ""


def all_inside(value: Any, shape: type[T]) -> Iterator[T]:
    """Yield everything of a shape inside a value, the value itself included."""
    if isinstance(value, shape):
        yield value
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        yield from all_inside(item, shape)
