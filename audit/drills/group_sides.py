"""The two sides of a failover group: which is the primary, and whether the databases of both are in step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, time
from typing import Any

import msgspec

from audit.drills.drill import Drill, region_of
from audit.drills.outcomes import NotRun

API = "2023-08-01"
"""https://learn.microsoft.com/rest/api/sql/failover-groups"""
_IN_STEP = "CATCH_UP"
"""A copy that follows: https://learn.microsoft.com/rest/api/sql/replication-links/get (`replicationState`)"""


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """A failover group as it is before the drill."""

    home: str
    """The path of the group as the server shows it that is the primary now."""
    away: str
    """The same as the partner shows it."""
    region: str
    """Where the partner is."""
    databases: tuple[str, ...]
    """The names of its databases."""

    @property
    def listener(self) -> str:
        """Return the name by which programs reach whichever side is the primary."""
        return self.home.rpartition("/")[2]


def sides(drill: Drill) -> Sides:
    """Return the sides of the group that is drilled.

    Raises `NotRun` where it has not one partner and one database at least, and `Refused`.
    """
    group = drill.actor.read(drill.item.id, API)
    told = group.get("properties") or {}
    partners, databases = list(told.get("partnerServers") or ()), list(told.get("databases") or ())
    if len(partners) != 1 or not databases:
        raise NotRun("the group has not one partner, or no databases")
    partner = str(partners[0]["id"])
    region = region_of(drill.actor.read(partner, API).get("location"))
    return Sides(
        home=drill.item.id,
        away=f"{partner}/failoverGroups/{drill.item.id.rpartition('/')[2]}",
        region=region,
        databases=tuple(sorted(str(one).rpartition("/")[2] for one in databases)),
    )


def demand_ready(drill: Drill, of: Sides) -> None:
    """Raise `NotRun` where the group is not at home, not in step, or would go where nobody promised it."""
    if of.region not in drill.settings.regions:
        raise NotRun(f"its partner is in {of.region or 'no known region'}, which is no promised region")
    if not seen(drill, of, home="Primary"):
        raise NotRun("the group is not at home: it was failed over before")
    if not in_step(drill, of.home, of.away):
        raise NotRun("its databases are not in step: what was written last would be lost, or waited for")


def demand_window(drill: Drill) -> None:
    """Raise `NotRun` outside the change window, where the rules name one: hours in UTC, such as `21:00-05:00`."""
    told = str(drill.item.facts.get("window") or "")
    if not told:
        return
    begins, _, ends = told.partition("-")
    try:
        first, last = time.fromisoformat(begins), time.fromisoformat(ends)
    except ValueError:
        raise NotRun("its change window cannot be read: write it as 21:00-05:00") from None
    now = drill.clock.now().astimezone(UTC).time()
    # A window over midnight is all but the hours from its end to its beginning.
    within = first <= now < last if first < last else now >= first or now < last
    if not within:
        raise NotRun(f"it is moved in its change window alone, {told} UTC")


def role(drill: Drill, group: str) -> str:
    """Return which side a server says that it is, empty where it says nothing; raises `Refused`."""
    told: Mapping[str, Any] = drill.actor.read(group, API).get("properties") or {}
    return str(told.get("replicationRole") or "")


def seen(drill: Drill, of: Sides, *, home: str) -> bool:
    """Tell whether both servers say that home is this side, and the partner the other one; raises `Refused`."""
    other = "Secondary" if home == "Primary" else "Primary"
    return role(drill, of.home) == home and role(drill, of.away) == other


def in_step(drill: Drill, primary: str, secondary: str) -> bool:
    """Tell whether every database of the primary's group follows on the secondary's server; raises `Refused`.

    A database without a link to it is not in step.
    """
    server, _, _ = primary.rpartition("/failoverGroups/")
    partner = secondary.rpartition("/failoverGroups/")[0].rpartition("/")[2].lower()
    databases = (drill.actor.read(primary, API).get("properties") or {}).get("databases") or ()
    names = {str(one).rpartition("/")[2] for one in databases}
    return bool(names) and all(_follows(drill, f"{server}/databases/{name}", partner) for name in names)


def _follows(drill: Drill, database: str, partner: str) -> bool:
    links = [link.get("properties") or {} for link in drill.actor.listed(f"{database}/replicationLinks", API)]
    own = [link for link in links if str(link.get("partnerServer", "")).lower() == partner]
    return any(link.get("role") == "Primary" and link.get("replicationState") == _IN_STEP for link in own)
