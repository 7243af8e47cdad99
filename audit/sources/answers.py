"""Turns answers of Resource Manager into resources, and refusals into gaps."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from audit.azure import Client, Refused
from audit.kinds import KINDS, kind_of
from audit.model import Answer, Gap, Kind, Plane, Resource
from audit.shape import from_arm

NOT_FOUND = 404
_OK = 200
_DENIED = (401, 403)


class Progress(Protocol):
    """Who is told how far a collection has come."""

    def expect(self, requests: int) -> None:
        """Count on so many more requests."""

    def answered(self, resources: int) -> None:
        """Note one answer, and how many resources were on it."""


class Seen(msgspec.Struct, frozen=True):
    """What one question brought: resources, or why there are none."""

    resources: tuple[Resource, ...] = ()
    gaps: tuple[Gap, ...] = ()
    gone: tuple[str, ...] = ()
    """The ids of what was seen before and is there no more."""


def children_of(kind: Kind) -> tuple[Kind, ...]:
    """Return the kinds that are asked for below each resource of `kind`.

    Inline children are not among them: their parent's own answer lists them.
    """
    return tuple(
        child
        for child in KINDS
        if child.parent and child.parent.type == kind.arm and not (child.table or child.parent.inline) and child.path
    )


def hidden_with(kind: Kind) -> tuple[str, ...]:
    """Name a kind and all that can only be found through it."""
    return tuple(dict.fromkeys([kind.arm, *(name for child in children_of(kind) for name in hidden_with(child))]))


def again(client: Client, kind: Kind, resource: Resource) -> Resource | None:
    """Read a resource anew from Resource Manager, None where it is gone; raises `Refused`."""
    try:
        item, answer = client.read(resource.id, kind.api, {"$expand": kind.expand} if kind.expand else None)
    except Refused as refused:
        if refused.status == NOT_FOUND:
            return None
        raise
    return resource_of(item, answer, kind)


def resource_of(item: Mapping[str, Any], answer: Answer, kind: Kind | None = None) -> Resource:
    """Make a resource of one item of an answer, in the common shape; `kind` decides where the row was asked for.

    Raises `Refused` where the item has no id.
    """
    if not item.get("id"):
        raise Refused(answer.url.partition("?")[0], _OK, "the answer holds something without an id")
    spelt = str(item.get("type", ""))
    kind = kind or kind_of(spelt)
    identity = str(item["id"]).rstrip("/")
    return Resource(
        type=kind.arm if kind else spelt,
        id=identity.lower(),
        name=str(item.get("name") or identity.rpartition("/")[2]),
        plane=Plane.LIVE,
        seen_at=answer.at,
        body=from_arm(kind, item),
        answers=(answer,),
    )


def gap_of(what: str, refused: Refused, kinds: tuple[str, ...], kind: Kind | None = None) -> Gap:
    """Say what could not be seen, why, and what would show it; the request is named where `what` does not."""
    asked = "" if refused.asked.lower() in what.lower() else f" ({refused.asked})"
    why = refused.why
    if kind and refused.status in _DENIED:
        # Azure's own sentence repeats the path; its code is enough beside the permission.
        why = f"{why.partition(':')[0]}. It needs {kind.permission}"
    return Gap(f"{what}{asked} could not be read: {why}", kinds)


def vanished(resource: Resource, kind: Kind) -> Gap:
    """Say that a resource was listed and is not there when it is read: one of the two answers is wrong or old."""
    return Gap(f"{resource.id} was listed, and is not there when it is read ({NOT_FOUND})", hidden_with(kind))
