"""The resource group that holds all that a drill makes: its tags are the lease by which two drills see each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from audit.drills.actor import Actor
from audit.drills.drill import GROUP_API, Drill
from audit.drills.outcomes import NotRun
from audit.model import AuditError


def demand_free(drill: Drill) -> tuple[str, ...]:
    """Raise `NotRun` where another drill holds the item; returns the groups that dead drills of it left behind."""
    left = []
    for group in _others(drill):
        if until(group) > drill.clock.now():
            raise NotRun(f"the drill {tag(group, 'drill-id')} holds it until {until(group):%Y-%m-%d %H:%M} UTC")
        left.append(str(group["name"]))
    return tuple(sorted(left))


def claim(drill: Drill) -> str:
    """Make the drill's group, and return its path once no other drill of the item can be at work.

    Two that begin at one moment see each other's groups after the lease's seconds: the older id goes on, the other
    raises `NotRun`.
    """
    drill.make("group", drill.group, GROUP_API, {"location": drill.settings.region})

    def settled() -> bool:
        drill.clock.sleep(drill.settings.lease_s)
        own = drill.begun.drill_id
        rivals = [tag(group, "drill-id") for group in _others(drill) if until(group) > drill.clock.now()]
        return all(own < rival for rival in rivals)

    if not drill.steps.do("lease", settled):
        raise NotRun("another drill of it began at the same time, and goes on")
    return drill.group


def of_drills(actor: Actor, subscription: str) -> Iterator[Mapping[str, Any]]:
    """List the groups of a subscription that carry a drill's tag; raises `Refused`."""
    for group in actor.listed(f"/subscriptions/{subscription}/resourceGroups", GROUP_API):
        if tag(group, "drill-id"):
            yield group


def tag(resource: Mapping[str, Any], name: str) -> str:
    """Return a tag of a resource, empty where it has none of the name."""
    return str((resource.get("tags") or {}).get(name, ""))


def until(resource: Mapping[str, Any]) -> datetime:
    """Return when what a drill made may be swept up; never, where its tag says no time."""
    try:
        return datetime.strptime(tag(resource, "drill-expires-at"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)


def demand_name(subscription: str) -> None:
    """Raise `AuditError` where the rules name no subscription for drills."""
    if not subscription:
        raise AuditError("drills.toml names no subscription for copies. Set subscription to one without production.")


def _others(drill: Drill) -> Iterator[Mapping[str, Any]]:
    for group in of_drills(drill.actor, drill.settings.subscription):
        if tag(group, "drill-item") == drill.item.ref and str(group["name"]).lower() != drill.name:
            yield group
