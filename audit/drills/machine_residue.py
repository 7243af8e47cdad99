"""Backups that a policy began of a copy by itself: they are ended, and what the vault keeps of them is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from audit.drill_record import Left
from audit.drills import machine_points as points
from audit.drills.drill import Drill

_SOFT, _DAY = 14, timedelta(days=1)
"""Days that a vault keeps what was deleted, where it does not say; one more is its upper bound.

https://learn.microsoft.com/azure/backup/backup-azure-security-feature-cloud
"""


def forget_copies(drill: Drill) -> None:
    """End the backups of the drill's own copies, with their data; raises `Refused`."""
    for item in _of_copies(drill):
        if not points.kept(item):
            drill.actor.delete(str(item["id"]), points.VAULTS)


def copies_protected(drill: Drill) -> tuple[Left, ...]:
    """Return the backups that vaults hold of the drill's copies; raises `Refused` where that is not seen."""
    return tuple(_left(drill, item) for item in _of_copies(drill))


def _of_copies(drill: Drill) -> Iterator[Mapping[str, Any]]:
    """List what is backed up of the drill's group, in every vault beside the copies and of the machine's own."""
    subscriptions = {drill.settings.subscription.lower()}
    if drill.item.id.lower().startswith("/subscriptions/"):
        subscriptions.add(drill.item.id.split("/")[2].lower())
    for subscription in sorted(subscriptions):
        path = f"/subscriptions/{subscription}/providers/Microsoft.RecoveryServices/vaults"
        for vault in list(drill.actor.listed(path, points.VAULTS)):
            for item in list(points.protected(drill, str(vault["id"]))):
                if points.source(item).lower().startswith(f"{drill.group.lower()}/"):
                    yield item


def _left(drill: Drill, item: Mapping[str, Any]) -> Left:
    """Return what is left of one backup; one that still goes on was not expected."""
    about = item.get("properties") or {}
    if not points.kept(item):
        return Left(ref=str(item["id"]), type="backup of the copy", reason="it still goes on")
    told, now = points.instant(about.get("deferredDeleteTimeInUTC")), drill.clock.now()
    days = max(int(about.get("softDeleteRetentionPeriodInDays") or _SOFT), _SOFT)
    # What lies ahead is when it goes; what lies behind is when it was deleted.
    until = (told if told is not None and told > now else (told or now) + timedelta(days=days)) + _DAY
    return Left(ref=str(item["id"]), type="backup of the copy", reason="the vault keeps what was deleted", until=until)
