"""Turns answers of Resource Manager into resources, and refusals into gaps."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from audit.azure import Client, Refused
from audit.kinds import KINDS, kind_of
from audit.model import Answer, Gap, Kind, Plane, Resource
from audit.shape import from_arm

NOT_FOUND = 404
_OK = 200
_DENIED = (401, 403)
_ID = re.compile(r"(/[^/?#\\\s][^/?#\\]*)+/?")
"""An id is a path: what could lead a request elsewhere is none."""


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


@lru_cache(maxsize=512)
def hidden_with(kind: Kind) -> tuple[str, ...]:
    """Name a kind and all that can only be found through it: children, inline ones too, and what is attached to it."""
    hidden = [kind.arm]
    for name in hidden:
        hidden += [other.arm for other in KINDS if other.arm not in hidden and _is_found_through(other, name)]
    return tuple(hidden)


def _is_found_through(kind: Kind, name: str) -> bool:
    """Tell whether resources of a kind are found through those of a type: then they are hidden with them."""
    inline = kind.parent is not None and bool(kind.parent.inline)
    below = kind.parent is not None and kind.parent.type == name and (inline or not kind.table)
    return below or name in kind.attached


def again(client: Client, kind: Kind, resource: Resource) -> Resource | None:
    """Read a resource anew from Resource Manager, None where it is gone; raises `Refused`, for another's answer too."""
    try:
        item, answer = client.read(resource.id, kind.api, {"$expand": kind.expand} if kind.expand else None)
    except Refused as refused:
        if refused.status == NOT_FOUND:
            return None
        raise
    fresh = resource_of(item, answer, kind)
    if fresh.id != resource.id:
        raise Refused(resource.id, _OK, f"the answer is about {fresh.id}")
    return fresh


def resource_of(item: Mapping[str, Any], answer: Answer, kind: Kind | None = None) -> Resource:
    """Make a resource of one item of an answer, in the common shape; `kind` decides where the row was asked for.

    Raises `Refused` where the item has no id that Azure could have given, or is nested too deeply to be read.
    """
    if not isinstance(item.get("id"), str) or not _ID.fullmatch(item["id"]):
        raise Refused(answer.url.partition("?")[0], _OK, "the answer holds something without an id")
    spelt = str(item.get("type", ""))
    kind = kind or kind_of(spelt)
    identity = str(item["id"]).rstrip("/")
    try:
        body = from_arm(kind, item)
    except RecursionError as error:
        raise Refused(identity, _OK, "the answer is nested too deeply") from error
    return Resource(
        type=kind.arm if kind else spelt,
        id=identity.lower(),
        name=str(item.get("name") or identity.rpartition("/")[2]),
        plane=Plane.LIVE,
        seen_at=answer.at,
        body=body,
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
