"""Recovery points of a machine: what Azure tells of each, and apart from that what each really holds.

https://learn.microsoft.com/rest/api/backup/recovery-points/list
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from audit.placement import guid
from audit.sandbox import resources
from audit.sandbox.address import of_resource
from audit.sandbox.machine_contents import Contents, held, keep, of_machine, read
from audit.sandbox.made import moment
from audit.sandbox.store import Store

VAULT, SNAPSHOT, ARCHIVE = "HardenedRP", "InstantRP", "ArchivedRP"
_DAY = timedelta(days=1)
_KEPT = timedelta(days=35)
_SETTLED = (("point", timedelta(0), (SNAPSHOT, VAULT)), ("day", _DAY, (SNAPSHOT, VAULT)), ("week", 7 * _DAY, (VAULT,)))
"""What tells a point from the others, how much older it is than the last, and where it lies."""


def plant(
    store: Store,
    item_id: str,
    *,
    at: datetime,
    tiers: Sequence[str] = (VAULT,),
    threat: str = "Healthy",
    completeness: str = "Completed",
    contents: Mapping[str, Any] | Contents | None = None,
    kind: str = "AppConsistent",
    deleted: bool = False,
    expires: datetime | None = None,
) -> str:
    """Let a protected item have a recovery point; returns the point's name.

    Without `contents` it holds what the machine holds now.
    """
    truth = read(contents) if contents is not None else of_machine(store, _source(store, item_id))
    name = str(uuid.uuid4())
    identity = f"{item_id}/recoveryPoints/{name}"
    whole = completeness == "Completed"
    properties = told(truth, at, tiers=tiers, threat=threat, whole=whole, kind=kind)
    about = {"expiryTime": moment(expires or at + _KEPT), "ruleName": "Daily", "isSoftDeleted": deleted}
    if not whole:
        # A machine's point has no such property in the published model, whose sister for backup vaults has.
        properties["recoveryPointCompletionState"] = completeness
    resources.put(store, of_resource(identity), {"properties": {**properties, "recoveryPointProperties": about}})
    keep(store, identity, truth)
    return name


def told(
    truth: Contents,
    at: datetime,
    *,
    tiers: Sequence[str] = (VAULT,),
    threat: str = "Healthy",
    whole: bool = True,
    kind: str = "AppConsistent",
) -> dict[str, Any]:
    """Return the properties of a point as azure-mgmt-recoveryservicesbackup 11.2 spells them (`IaasVMRecoveryPoint`).

    That a part is missing shows in how many of the machine's disks are in it.
    """
    return {
        "objectType": "IaasVMRecoveryPoint",
        "recoveryPointType": kind,
        "recoveryPointTime": moment(at),
        "recoveryPointTierDetails": [{"type": tier, "status": "Valid"} for tier in tiers],
        "threatStatus": threat,
        "threatInfo": [] if threat in ("Healthy", "NotAvailable", "Unknown") else [_threat(at)],
        "isManagedVirtualMachine": True,
        "isSourceVMEncrypted": False,
        "isInstantIlrSessionActive": False,
        "originalStorageAccountOption": False,
        "sourceVMStorageType": "PremiumLRS",
        "virtualMachineSize": truth.size,
        "osType": truth.system,
        "recoveryPointDiskConfiguration": _disks(1 + truth.data_disks, whole=whole),
    }


def settled(store: Store, item: str, last: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the points that an item has after a while, the last one as of `last`: ids and properties."""
    truth = of_machine(store, _source(store, item))
    for name, older, tiers in _SETTLED:
        at = last - older
        about = {"expiryTime": moment(at + _KEPT), "ruleName": "Daily", "isSoftDeleted": False}
        yield (
            f"{item}/recoveryPoints/{guid(item, name)}",
            {
                **told(truth, at, tiers=tiers),
                "recoveryPointProperties": about,
            },
        )


def truth_of(store: Store, point: str) -> Contents:
    """Return what a point holds; where nobody said, what its machine holds."""
    return held(store, point) or of_machine(store, _source(store, point.rpartition("/recoveryPoints/")[0]))


def _source(store: Store, item: str) -> str:
    properties = (store.read(item) or {}).get("properties") or {}
    return str(properties.get("sourceResourceId") or item)


def _disks(attached: int, *, whole: bool) -> dict[str, int]:
    included = attached if whole else 1
    return {"numberOfDisksIncludedInBackup": included, "numberOfDisksAttachedToVm": attached}


def _threat(at: datetime) -> dict[str, Any]:
    return {
        "threatTitle": "Malware was found on the machine",
        "threatDescription": "An alert was raised for the machine before this point was made.",
        "threatState": "Active",
        "threatSeverity": "High",
        "threatStartTime": moment(at),
        "lastUpdatedTime": moment(at),
    }
