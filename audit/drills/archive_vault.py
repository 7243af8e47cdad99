"""Restores blobs out of a backup vault into the drill's own account: which point, and the one request for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from audit.drill_record import Left, RecoveryPoint
from audit.drills.archive_manifest import place
from audit.drills.drill import Drill
from audit.drills.outcomes import Failed, Inconclusive, NotRun

API = "2025-07-01"
"""https://learn.microsoft.com/rest/api/dataprotection"""
WRITES = (
    r"POST /subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.DataProtection/backupVaults/[^/]+"
    r"/backupInstances/[^/]+/restore",
)
_KIND = "Microsoft.Storage/storageAccounts/blobServices"
_VAULT, _WHOLE = "VaultStore", ("", "completed")
_NOT_THE_BACKUPS = ("notempty", "authoriz", "permission", "quota", "throttl")


def chosen(drill: Drill) -> RecoveryPoint:
    """Return the newest whole point in a vault; raises `Failed` where there is none, `NotRun` without a backup."""
    instance = _instance(drill)
    fit, skipped = [], []
    for point in drill.actor.listed(f"{instance}/recoveryPoints", API):
        told = point.get("properties") or {}
        stores = {str(one.get("type")) for one in told.get("recoveryPointDataStoresDetails") or ()}
        state, made = str(told.get("recoveryPointState") or ""), _time(told.get("recoveryPointTime"))
        why = "" if state.lower() in _WHOLE else "it is partial"
        why = why or ("" if _VAULT in stores else "it lies in no vault") or ("" if made else "it says no time")
        if why or made is None:
            skipped.append(Left(ref=str(point.get("name", "")), type="recovery point", reason=why))
        else:
            fit.append((made, str(point["id"]), state))
    if not fit:
        reasons = "; ".join(dict.fromkeys(left.reason for left in skipped))
        raise Failed(1, f"no recovery point can be used: {reasons}" if reasons else "there is no recovery point")
    made, identity, state = max(fit)
    return RecoveryPoint(
        id=identity, created_at=made, tier=_VAULT, completeness=state or "Completed", skipped=tuple(skipped)
    )


def restore(drill: Drill, point: RecoveryPoint, account: str) -> str:
    """Bring a container's blobs into an account of the drill's, and return the name of the job.

    The request is sent once; after a crash the job is looked for by the account that it restores into.
    """
    instance = _instance(drill)
    _, container = place(drill.item.id)
    began = drill.begin(
        "ask the vault",
        lambda: drill.actor.post(f"{instance}/restore", API, _request(drill, point, account, container)),
        probe=lambda: _found(drill, instance, account),
    )
    if began["operation"]:
        status, code, _ = drill.ended("the restore from the vault", str(began["operation"]))
        if status.lower() != "succeeded":
            raise _ended_badly(status, code)
    return str(began["operation"]).partition("?")[0].rpartition("/")[2]


def _ended_badly(status: str, code: str) -> Failed | Inconclusive:
    told = f"the restore ended as {status} {code}".strip()
    other = any(word in code.lower() for word in _NOT_THE_BACKUPS) or status.lower().startswith("cancel")
    return Inconclusive(told) if other else Failed(3, told)


def _request(drill: Drill, point: RecoveryPoint, account: str, container: str) -> Mapping[str, Any]:
    """Return the body of the request for one container.

    https://learn.microsoft.com/rest/api/dataprotection/backup-instances/trigger-restore
    """
    return {
        "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
        "recoveryPointId": point.id.rpartition("/")[2],
        "sourceDataStoreType": _VAULT,
        "restoreTargetInfo": {
            "objectType": "ItemLevelRestoreTargetInfo",
            "recoveryOption": "FailIfExists",
            "restoreLocation": drill.settings.region,
            "datasourceInfo": {"objectType": "Datasource", "resourceID": account, "datasourceType": _KIND},
            "restoreCriteria": [
                {
                    "objectType": "ItemPathBasedRestoreCriteria",
                    "itemPath": container,
                    "isPathRelativeToBackupItem": True,
                }
            ],
        },
    }


def _found(drill: Drill, instance: str, account: str) -> Mapping[str, Any] | None:
    """Look for the job of a request whose sender died; without its link the vault cannot be asked how it stands."""
    vault = instance.partition("/backupInstances/")[0]
    for job in drill.actor.listed(f"{vault}/backupJobs", API):
        told = job.get("properties") or {}
        if account.lower() in str(told).lower():
            raise Inconclusive("the vault took the request of whoever died; its job goes on without us")
    return None


def _instance(drill: Drill) -> str:
    """Return the backup instance of the container's account; raises `NotRun` where no vault has one."""
    return str(drill.steps.do("backup instance", lambda: _of_account(drill)))


def _of_account(drill: Drill) -> str:
    account = drill.item.id.lower().partition("/blobservices/")[0]
    vaults = f"/subscriptions/{drill.item.id.split('/')[2]}/providers/Microsoft.DataProtection/backupVaults"
    for vault in drill.actor.listed(vaults, API):
        for instance in drill.actor.listed(f"{vault['id']}/backupInstances", API):
            source = (instance.get("properties") or {}).get("dataSourceInfo") or {}
            if str(source.get("resourceID", "")).lower() == account:
                return str(instance["id"])
    raise NotRun("no backup vault keeps the account's blobs")


def _time(text: Any) -> datetime | None:
    """Read a moment, None where there is none."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
