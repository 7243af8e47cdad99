"""Which recovery point of a machine is restored: the newest whole one in the vault that no scanner suspects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from audit.drill_record import Left, RecoveryPoint
from audit.drills.drill import Drill
from audit.drills.outcomes import Failed, Inconclusive, NotRun

BACKUP = "2026-10-01"
"""The version that tells a point's `threatStatus`: azure-mgmt-recoveryservicesbackup 11.2."""
VAULTS = "2024-10-01"
"""https://learn.microsoft.com/rest/api/recoveryservices/vaults"""
VAULT_TIER, ARCHIVE, SNAPSHOT = "HardenedRP", "ArchivedRP", "InstantRP"
_TYPES = {"1": SNAPSHOT, "2": VAULT_TIER, "3": ARCHIVE}
_STATES = {"1": "Valid"}
_THREATS = ("healthy", "notavailable", "unknown", "")
"""What a point may say of threats and be restored: it is clean, or was not scanned, which is recorded."""
_WHOLE = ("", "completed")


class Backed(msgspec.Struct, frozen=True, kw_only=True):
    """What of a machine is backed up, and where: a protected item in a vault."""

    item: str
    vault: str
    region: str
    source: str
    """The machine's path."""


def backed(drill: Drill) -> Backed | None:
    """Return the item that backs the machine up, None where every vault was seen and none has it; raises `Refused`."""
    told = drill.steps.do("backup item", lambda: msgspec.to_builtins(_found(drill)))
    return msgspec.convert(told, Backed) if told else None


def chosen(drill: Drill, item: Backed) -> RecoveryPoint:
    """Return the point to restore and the newer ones passed over; raises `Failed` where there is none to restore."""
    points = sorted(listed(drill, item), key=_made, reverse=True)
    skipped: list[Left] = []
    for point in points:
        why = unfit(point, drill.clock.now(), disks=int(drill.item.facts.get("disks") or 0))
        if not why:
            return _record(point, tuple(skipped))
        skipped.append(Left(ref=str(point.get("name", "")), type="recovery point", reason=why, until=None))
    if not points:
        raise Failed(1, "there is no recovery point")
    reasons = "; ".join(dict.fromkeys(left.reason for left in skipped))
    raise Failed(1, f"none of its {len(points)} recovery points can be trusted: {reasons}")


def listed(drill: Drill, item: Backed) -> Iterable[Mapping[str, Any]]:
    """List the recovery points of an item, to the end; raises `Refused`."""
    return list(drill.actor.listed(f"{item.item}/recoveryPoints", BACKUP))


def unfit(point: Mapping[str, Any], now: datetime, *, disks: int = 0) -> str:
    """Return why a recovery point is passed over, empty where it is fit.

    It must hold as many disks as the machine had, or as many as are said to be backed up (`disks`).
    """
    properties = point.get("properties") or {}
    state = _completeness(properties)
    threat = str(properties.get("threatStatus") or "")
    about = properties.get("recoveryPointProperties") or {}
    ends = instant(about.get("expiryTime"))
    held, had = _disks(properties)
    reasons = (
        (held is not None and held < (disks or had or 0), f"it is partial: {held} of {disks or had} disks are in it"),
        (state.lower() not in _WHOLE, f"it is {state}, not complete"),
        (threat.lower() not in _THREATS, f"a scan for threats says {threat}"),
        (about.get("isSoftDeleted") is True, "it is deleted, and only kept for the time being"),
        (ends is not None and ends <= now, "its time is over"),
        (
            SNAPSHOT in tiers(properties) and not tier(properties),
            "it is only a snapshot, which dies with its subscription",
        ),
        (not tier(properties), "it is in no tier that can be restored"),
    )
    return next((why for holds, why in reasons if holds), "")


def tier(properties: Mapping[str, Any]) -> str:
    """Return from where a point is restored: the vault, else the archive; empty where it lies in neither."""
    found = tiers(properties)
    return next((name for name in (VAULT_TIER, ARCHIVE) if name in found), "")


def tiers(properties: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the tiers in which a point is valid; older versions of the API write them as numbers."""
    found = []
    for one in properties.get("recoveryPointTierDetails") or ():
        name, state = str(one.get("type", "")), str(one.get("status", ""))
        if _STATES.get(state, state).lower() in ("valid", "rehydrated"):
            found.append(_TYPES.get(name, name))
    return tuple(found)


def facts(drill: Drill, item: Backed, point: RecoveryPoint) -> Mapping[str, Any]:
    """Return what a point says of its machine: system, size and number of disks, each empty where it says nothing."""

    def read() -> Mapping[str, Any]:
        told = drill.actor.read(f"{item.item}/recoveryPoints/{point.id}", BACKUP).get("properties") or {}
        disks = (told.get("recoveryPointDiskConfiguration") or {}).get("numberOfDisksIncludedInBackup")
        system = str(told.get("osType") or "")
        return {"system": system, "size": str(told.get("virtualMachineSize") or ""), "disks": disks}

    return drill.steps.do("facts of the point", read)


def _found(drill: Drill) -> Backed | None:
    """Look for the item; one that is only kept after its deletion backs nothing up."""
    if "/protecteditems/" in drill.item.id.lower():
        vault = drill.item.id[: drill.item.id.lower().index("/backupfabrics/")]
        about = drill.actor.read(drill.item.id, BACKUP).get("properties") or {}
        region = _region(drill.actor.read(vault, VAULTS))
        return Backed(item=drill.item.id, vault=vault, region=region, source=source({"properties": about}))
    subscription = drill.item.id.split("/")[2] if drill.item.id.lower().startswith("/subscriptions/") else ""
    if not subscription:
        raise NotRun("the id of the machine is no path of Azure's")
    path = f"/subscriptions/{subscription}/providers/Microsoft.RecoveryServices/vaults"
    for found in drill.actor.listed(path, VAULTS):
        for one in protected(drill, str(found["id"])):
            if source(one).lower() == drill.item.id.lower() and not kept(one):
                own = {"item": str(one["id"]), "vault": str(found["id"]), "region": _region(found)}
                return Backed(**own, source=drill.item.id)
    return None


def protected(drill: Drill, vault: str) -> Iterable[Mapping[str, Any]]:
    """List the machines that a vault backs up or keeps after their deletion; raises `Refused`."""
    query = {"$filter": "backupManagementType eq 'AzureIaasVM'"}
    return drill.actor.listed(f"{vault}/backupProtectedItems", VAULTS, query)


def source(item: Mapping[str, Any]) -> str:
    """Return the path of the machine that an item backs up, empty where it does not say."""
    about = item.get("properties") or {}
    return str(about.get("sourceResourceId") or about.get("virtualMachineId") or "")


def kept(item: Mapping[str, Any]) -> bool:
    """Tell whether an item was deleted, and is kept for the time being."""
    return (item.get("properties") or {}).get("isScheduledForDeferredDelete") is True


def _record(point: Mapping[str, Any], skipped: tuple[Left, ...]) -> RecoveryPoint:
    properties = point.get("properties") or {}
    about = properties.get("recoveryPointProperties") or {}
    immutable = (about.get("immutabilityProperties") or {}).get("expiryTime")
    consistency = str(properties.get("recoveryPointType") or "")
    return RecoveryPoint(
        id=str(point["name"]),
        created_at=_made(point),
        tier=tier(properties),
        completeness=" ".join(filter(None, (_completeness(properties), consistency))) or "not told",
        threat=str(properties.get("threatStatus") or "not told"),
        immutable_until=instant(immutable),
        skipped=skipped,
    )


def _disks(properties: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return how many disks a point holds and how many its machine had, None for what is not told."""
    told = properties.get("recoveryPointDiskConfiguration") or {}
    return told.get("numberOfDisksIncludedInBackup"), told.get("numberOfDisksAttachedToVm")


def _completeness(properties: Mapping[str, Any]) -> str:
    return str(properties.get("recoveryPointCompletionState") or "")


def _made(point: Mapping[str, Any]) -> datetime:
    """Return when a point was made; raises `Inconclusive` where it does not say."""
    made = instant((point.get("properties") or {}).get("recoveryPointTime"))
    if made is None:
        raise Inconclusive("a recovery point does not say when it was made")
    return made


def instant(text: Any) -> datetime | None:
    """Return an instant as Azure writes it, None where there is none; one without a zone is in UTC."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _region(vault: Mapping[str, Any]) -> str:
    return str(vault.get("location") or "").replace(" ", "").lower()
