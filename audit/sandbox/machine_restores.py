"""A vault restores a machine: the request is looked at, a job begins, and its end leaves disks, or a machine.

https://learn.microsoft.com/rest/api/backup/restores/trigger
https://learn.microsoft.com/azure/backup/backup-azure-arm-userestapi-restoreazurevms
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audit.kinds.recoveryservices import PROTECTED_ITEM, RECOVERY_POINT
from audit.sandbox import backup_jobs, jobs, permissions, resources
from audit.sandbox.address import Address, parse
from audit.sandbox.answers import Call, Refusal, Reply, not_modelled
from audit.sandbox.backup_jobs import RESTORE
from audit.sandbox.recovery_points import ARCHIVE
from audit.sandbox.restored_machines import restored
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

ITEM, POINT = PROTECTED_ITEM.arm.lower(), RECOVERY_POINT.arm.lower()
_PLAIN, _REHYDRATING = "IaasVMRestoreRequest", "IaasVMRestoreWithRehydrationRequest"
_NEEDED = {
    "RestoreDisks": ("targetResourceGroupId", "storageAccountId", "region", "sourceResourceId"),
    "AlternateLocation": (
        "targetResourceGroupId",
        "storageAccountId",
        "region",
        "sourceResourceId",
        "targetVirtualMachineId",
        "virtualNetworkId",
        "subnetId",
    ),
}
_INVALID = "BMSUserErrorInvalidInput"
"""The code of a request that cannot be: Azure publishes no list of the codes, so that no client should go by them."""
_OPERATIONS = ("operationsstatus", "operationresults")


def trigger(call: Call, address: Address) -> Reply:
    """Begin a restore from a recovery point; raises `Refusal` where the request cannot be met."""
    store = call.store
    request = call.object().get("properties")
    if not isinstance(request, dict):
        raise Refusal(400, _INVALID, "The request has no properties.")
    item = parse(address.above)
    point = resources.read(store, address)
    if item is None:
        raise not_modelled("a restore from no protected item")
    _demand_request(store, item, request)
    _demand_point(store, point, request)
    words = {"point": address.path, "request": request, "at": point["properties"]["recoveryPointTime"]}
    job = jobs.begin(store, RESTORE, item.path, "machine restore", words)
    place, version = f"{call.base}{item.path}", f"api-version={call.query.get('api-version', '')}"
    return Reply(
        202,
        None,
        {
            "Retry-After": "1",
            "Azure-AsyncOperation": f"{place}/operationsStatus/{job.id}?{version}",
            "Location": f"{place}/operationResults/{job.id}?{version}",
        },
    )


def answer(call: Call, address: Address) -> Reply | None:
    """Answer the jobs of a vault and the operations of its items; None where the path leads to neither.

    An operation ends as soon as its job has begun, and only names it: how the restore goes is told by the job.
    https://learn.microsoft.com/rest/api/backup/protected-item-operation-statuses/get
    """
    if (found := backup_jobs.answer(call, address)) is not None:
        return found
    above, _, word = address.type.rpartition("/")
    if above != ITEM or word not in _OPERATIONS or address.collection or call.method != "GET":
        return None
    permissions.demand(call.store, f"{PROTECTED_ITEM.arm}/{address.types[-1]}/read", address.path, CLIENT)
    job = jobs.found(call.store, address.name)
    if job is None or job.about.lower() != address.above.lower():
        raise Refusal(404, "NotFound", f"The operation '{address.name}' was not found.")
    if word == "operationresults":
        return Reply(204)
    began = job.began.isoformat()
    told = {"objectType": "OperationStatusJobExtendedInfo", "jobId": job.id}
    state = {"id": job.id, "name": job.id, "status": "Succeeded", "startTime": began, "endTime": began}
    return Reply(200, {**state, "properties": told})


def _demand_request(store: Store, item: Address, request: Mapping[str, Any]) -> None:
    """Raise `Refusal` where a request lacks something, or names what is not there or elsewhere."""
    if request.get("objectType") not in (_PLAIN, _REHYDRATING):
        raise Refusal(400, _INVALID, f"The objectType '{request.get('objectType')}' is not valid for this item.")
    kind = str(request.get("recoveryType") or "")
    if kind not in _NEEDED:
        raise not_modelled(f"a restore of the type {kind or 'none'}")
    for name in _NEEDED[kind]:
        if not request.get(name):
            raise Refusal(400, _INVALID, f"Input provided for the call is invalid: {name} is required.")
    region = _region(store.read(item.id.partition("/backupfabrics/")[0]))
    if _region({"location": request["region"]}) != region:
        message = f"The region '{request['region']}' is not that of the vault, '{region}'."
        raise Refusal(400, "UserErrorRestoreRegionNotSupported", message)
    for name in ("targetResourceGroupId", "storageAccountId", "virtualNetworkId", "subnetId"):
        if name in _NEEDED[kind]:
            _demand_there(store, str(request[name]))
    _demand_staging(store, str(request["storageAccountId"]), region)
    if kind == "AlternateLocation":
        _demand_target(store, request, region)


def _demand_there(store: Store, path: str) -> None:
    """Raise 404 where what a request names is not there."""
    address = parse(path)
    if address is None:
        raise Refusal(400, _INVALID, f"'{path}' is no id of a resource.")
    resources.read(store, address)


def _demand_staging(store: Store, account: str, region: str) -> None:
    """Raise 400 unless a staging account lies in the vault's region and is not spread over zones.

    https://learn.microsoft.com/azure/backup/backup-azure-arm-restore-vms#storage-accounts
    """
    found = store.read(account) or {}
    if _region(found) != region:
        message = f"The storage account '{found.get('name')}' is not in the region of the vault, '{region}'."
        raise Refusal(400, "UserErrorStorageAccountRegionMismatch", message)
    if "ZRS" in str((found.get("sku") or {}).get("name", "")):
        message = f"The storage account '{found.get('name')}' is zone-redundant, which a restore does not support."
        raise Refusal(400, "UserErrorStorageAccountTypeNotSupported", message)


def _demand_target(store: Store, request: Mapping[str, Any], region: str) -> None:
    """Raise `Refusal` where a machine of the target's name is there, or its network is elsewhere."""
    machine = str(request["targetVirtualMachineId"])
    if store.read(machine) is not None:
        message = f"A virtual machine with the name '{machine.rpartition('/')[2]}' already exists."
        raise Refusal(409, "UserErrorTargetVirtualMachineAlreadyExists", message)
    if _region(store.read(str(request["virtualNetworkId"]))) != region:
        raise Refusal(400, _INVALID, f"The virtual network is not in the region of the vault, '{region}'.")


def _demand_point(store: Store, point: Mapping[str, Any], request: Mapping[str, Any]) -> None:
    """Raise `Refusal` where nothing can be restored from a point any more, or only after it left the archive."""
    properties = point["properties"]
    about = properties.get("recoveryPointProperties") or {}
    ends = about.get("expiryTime")
    if about.get("isSoftDeleted") is True or (ends and datetime.fromisoformat(ends) <= store.now()):
        message = f"The recovery point '{point['name']}' has expired or was deleted."
        raise Refusal(400, "BMSUserErrorRecoveryPointNotFound", message)
    valid = [one["type"] for one in properties.get("recoveryPointTierDetails") or () if one["status"] != "Deleted"]
    if valid == [ARCHIVE] and request["objectType"] != _REHYDRATING:
        message = f"The recovery point '{point['name']}' is archived: ask for it with rehydration."
        raise Refusal(400, "UserErrorRecoveryPointInArchiveTier", message)


def _region(body: Mapping[str, Any] | None) -> str:
    return str((body or {}).get("location", "")).replace(" ", "").lower()


EFFECTS = {"machine restore": restored}
ACTIONS = {(POINT, "restore"): trigger}
