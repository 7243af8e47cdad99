"""What every probe is given: whom it may ask, what the company promised, and what its estate is known to hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from audit.model import Gap, Kind, Plane, Resource, Targets, Unseen
from audit.sources.probes.names import Names
from audit.sources.probes.reach import Reach


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the probes."""

    reach: Reach
    names: Names
    targets: Targets
    now: datetime
    estate: tuple[Resource, ...] = ()
    """What a snapshot of the estate holds, where one was given: its zones, public addresses and stores are the
    company's own, too."""
    hidden: tuple[Gap, ...] = ()
    """What that snapshot could not see."""
    authorities: str = ""
    """A file of those whose certificates this machine trusts beside Mozilla's list; empty for its system's own."""
    mail_port: int = 25
    """Where mail exchangers listen: RFC 5321."""
    name_port: int = 53
    """Where a zone's own name servers listen: RFC 1035."""
    policy_port: int = 443
    """Where a mail policy is fetched: RFC 8461."""
    send_test: bool = False
    """Whether test messages may be sent to the company's own test box."""
    arrived: tuple[str, ...] = ()
    """The test messages that somebody found in the test box: `virus`, `spam`."""

    def held(self, kind: Kind) -> tuple[Resource, ...]:
        """Return what the estate holds of a kind; raises `Unseen` where some of it may be hidden."""
        return held(self.estate, self.hidden, kind)


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
