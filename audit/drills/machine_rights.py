"""Whether a machine can be restored at all: the right to do it, a vault that lets copies out, and room for one."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from typing import Any

from audit.azure import Refused
from audit.drills import machine_points as points
from audit.drills.drill import Drill
from audit.drills.outcomes import NotRun

RESTORE = (
    "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/restore/action"
)
_PERMISSIONS = "2022-04-01"
_USAGE = "2024-07-01"
_CLOSED = ("disabled", "permanentlydisabled")
_CORES = re.compile(r"_[A-Z]+(\d+)", re.IGNORECASE)


def demand_able(drill: Drill, item: points.Backed) -> None:
    """Raise `NotRun` where the restore would be refused or has no room; room that cannot be seen is left to Azure."""
    demand_allowed(drill, item.vault, RESTORE)
    _demand_let_out(drill, item)
    _demand_room(drill, item)


def demand_allowed(drill: Drill, scope: str, action: str) -> None:
    """Raise `NotRun` where the identity must not do something at a scope, and `Refused` where that is not told.

    https://learn.microsoft.com/rest/api/authorization/permissions
    """
    told = list(drill.actor.listed(f"{scope}/providers/Microsoft.Authorization/permissions", _PERMISSIONS))
    if not any(_grants(one, action) for one in told):
        raise NotRun(f"the drill's identity lacks {action}")


def _grants(permission: Mapping[str, Any], action: str) -> bool:
    def names(patterns: Iterable[Any]) -> bool:
        return any(fnmatch.fnmatchcase(action.lower(), str(pattern).lower()) for pattern in patterns)

    return names(permission.get("actions") or ()) and not names(permission.get("notActions") or ())


def _demand_let_out(drill: Drill, item: points.Backed) -> None:
    """Raise where the vault restores into its own subscription alone, and copies belong into another.

    https://learn.microsoft.com/azure/backup/backup-azure-arm-restore-vms#cross-subscription-restore-for-azure-vm
    """
    if item.vault.split("/")[2].lower() == drill.settings.subscription.lower():
        return
    about = drill.actor.read(item.vault, points.VAULTS).get("properties") or {}
    across = (about.get("restoreSettings") or {}).get("crossSubscriptionRestoreSettings") or {}
    if str(across.get("crossSubscriptionRestoreState", "")).lower() in _CLOSED:
        raise NotRun("the vault does not restore into another subscription")


def _demand_room(drill: Drill, item: points.Backed) -> None:
    """Raise where the subscription for copies has no cores left for the machine."""
    place = f"/subscriptions/{drill.settings.subscription}/providers/Microsoft.Compute/locations/{item.region}"
    try:
        usages = list(drill.actor.listed(f"{place}/usages", _USAGE))
    except Refused:
        # The job itself says so when there is no room, and then the drill shows nothing.
        return
    needed = _CORES.search(str(drill.item.facts.get("size", "")))
    for usage in usages:
        if (usage.get("name") or {}).get("value") == "cores":
            free = int(usage.get("limit", 0)) - int(usage.get("currentValue", 0))
            if free < (int(needed[1]) if needed else 1):
                raise NotRun(f"{free} cores are left in {item.region} for copies")
