"""Runs every data check, and puts what they found beside what kept them from looking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from audit.model import Gap, Kind, Plane, Snapshot, Unseen
from audit.sources.data.inside import Inside
from audit.sources.looking import Found, spoken


class Check(Protocol):
    """A module that looks at one thing inside the data."""

    __name__: str

    @property
    def KINDS(self) -> tuple[Kind, ...]:  # noqa: N802  # a module's constant
        """What it brings, and what is hidden where it cannot look at all."""

    def asks(self, inside: Inside) -> tuple[str, ...]:
        """Say what it is going to read, a line each; raises `Unseen` for a target that is not set."""

    def check(self, inside: Inside) -> Found:
        """Look; raises `Unseen` where it cannot look at all."""


def checks() -> tuple[Check, ...]:
    """Return all data checks, in the order in which they look."""
    from audit.sources.data import backup_list, breach_clock, offsite, rules, scan, tables  # each loads its own clients

    return (breach_clock, backup_list, offsite, tables, rules, scan)


def plan(inside: Inside) -> tuple[str, ...]:
    """Return what a run would read; a check whose targets are not set says that it reads nothing."""
    return tuple(line for one in checks() for line in _asked(one, inside))


def _asked(one: Check, inside: Inside) -> tuple[str, ...]:
    try:
        return one.asks(inside)
    except Unseen as error:
        return (f"nothing for {spoken(one.__name__)}: {error}",)


def collect(inside: Inside, *, told: Callable[[str], None] = lambda name: None) -> Snapshot:
    """Look with every check; `told` hears the name of each before it looks."""
    found: list[Found] = []
    for one in checks():
        told(spoken(one.__name__))
        try:
            found.append(one.check(inside))
        except Unseen as error:
            found.append(Found(gaps=(Gap(str(error), tuple(kind.arm for kind in one.KINDS)),)))
    resources = {resource.id: resource for each in found for resource in each.resources}
    return Snapshot(
        plane=Plane.LIVE,
        origin="its data",
        seen_at=inside.now,
        resources=tuple(resources[identity] for identity in sorted(resources)),
        gaps=tuple(gap for each in found for gap in each.gaps),
    )
