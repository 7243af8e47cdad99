"""Runs every probe, and puts what they met beside what kept them from meeting it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol

from audit.model import Gap, Kind, Plane, Snapshot, Unseen
from audit.sources.looking import Found, spoken
from audit.sources.probes.reach import Contact, Unreached
from audit.sources.probes.scene import Scene

_TRIPS = (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)
"""What an answer made to do harm may make a library trip over: nothing is known then, and the others go on."""


class Probe(Protocol):
    """A module that looks at one thing from outside."""

    __name__: str

    @property
    def KINDS(self) -> tuple[Kind, ...]:  # noqa: N802  # a module's constant
        """What it brings, and what is hidden where it cannot look at all."""

    def contacts(self, scene: Scene) -> tuple[Contact, ...]:
        """Say whom it is going to contact, before anybody is; raises `Unseen` for a target that is not set."""

    def probe(self, scene: Scene) -> Found:
        """Look; raises `Unreached` or `Unseen` where it cannot look at all."""


def probes() -> tuple[Probe, ...]:
    """Return all probes, in the order in which they look."""
    from audit.sources.probes import domains, mail_doors, mailboxes, ports, stores, tls_doors, web  # each its own words

    return (domains, ports, mail_doors, mailboxes, tls_doors, web, stores)


def plan(scene: Scene) -> tuple[tuple[Contact, ...], tuple[str, ...]]:
    """Return every contact that a run would make, in order, and why a probe would contact nobody, a line each."""
    found: set[Contact] = set()
    silent: list[str] = []
    for one in probes():
        try:
            found.update(one.contacts(scene))
        except Unseen as error:
            silent.append(f"nobody for {spoken(one.__name__)}: {error}")
    return tuple(sorted(found)), tuple(silent)


def collect(scene: Scene, *, told: Callable[[str], None] = lambda name: None) -> Snapshot:
    """Look with every probe; `told` hears the name of each before it looks.

    What the estate holds, and none of them met, is a gap.
    """
    from audit.sources.probes.owed import owed  # it takes the probes' own words

    found: list[Found] = []
    for one in probes():
        told(spoken(one.__name__))
        found.append(_looked(one, scene))
    resources = {resource.id: resource for each in found for resource in each.resources}
    looked = [kind.arm for one in probes() for kind in one.KINDS] if scene.estate or scene.hidden else ()
    left = owed(scene.estate, scene.hidden, tuple(resources.values()), looked)
    through = ", ".join(map(str, scene.names.resolvers))
    return Snapshot(
        plane=Plane.LIVE,
        origin=f"probed from {socket.gethostname()} through {through}",
        seen_at=scene.now,
        resources=tuple(resources[identity] for identity in sorted(resources)),
        gaps=(*(gap for each in found for gap in each.gaps), *left),
    )


def _looked(one: Probe, scene: Scene) -> Found:
    """Look with one probe; what keeps it from looking hides all of its kinds."""
    try:
        return one.probe(scene)
    except (Unreached, Unseen) as error:
        why = str(error)
    except _TRIPS as error:
        why = f"an answer has a shape that nobody expected: {type(error).__name__}"
    return Found(gaps=(Gap(why, tuple(kind.arm for kind in one.KINDS)),))
