"""What a look at one thing brings, from outside or from inside: resources, and what kept it from seeing more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from audit.model import Gap, Kind, Plane, Resource, Unseen


class Found(msgspec.Struct, frozen=True):
    """What one probe brought."""

    resources: tuple[Resource, ...] = ()
    gaps: tuple[Gap, ...] = ()


def resource(kind: Kind, name: str, body: Mapping[str, Any], *, now: datetime) -> Resource:
    """Make a resource of what was met; its id is its kind's name and its own."""
    identity = f"{kind.arm}/{name}".lower()
    return Resource(type=kind.arm, id=identity, name=name, plane=Plane.LIVE, seen_at=now, body=body)


def spoken(module: str) -> str:
    """Return what a probe or a check is called, by the name of its module."""
    return module.rpartition(".")[2].replace("_", " ")


def held(estate: tuple[Resource, ...], hidden: tuple[Gap, ...], kind: Kind) -> tuple[Resource, ...]:
    """Return what an estate holds of a kind; raises `Unseen` where a gap of its snapshot may hide some of it."""
    gap = next((gap for gap in hidden if gap.hides(kind)), None)
    if gap is not None:
        raise Unseen(f"the estate's snapshot is incomplete: {gap.reason}")
    return tuple(found for found in estate if found.type == kind.arm)
