"""Backups of blobs in a vault: their recovery points, the restore of one into another account, and its job.

https://learn.microsoft.com/azure/backup/blob-backup-overview, as azure-mgmt-dataprotection 2.2 spells it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from audit.kinds.dataprotection import BLOB_BACKUP_INSTANCE, BLOB_BACKUP_VAULT
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.sandbox import action_results, blob_accounts, blobs, jobs, permissions, resources
from audit.sandbox.address import Address, of_resource, parse
from audit.sandbox.answers import Call, Refusal, Reply, not_modelled
from audit.sandbox.blobs import Harm, Version
from audit.sandbox.jobs import Effect, Job, Outcome
from audit.sandbox.made import moment
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

RESTORE = "blob restore"
_POINT, _EFFECT = "blob recovery point", "blob vault restore"
_INSTANCE = BLOB_BACKUP_INSTANCE.arm.lower()
_POINTS, _JOBS = f"{_INSTANCE}/recoverypoints", f"{BLOB_BACKUP_VAULT.arm.lower()}/backupjobs"
_REQUEST = "AzureBackupRecoveryPointBasedRestoreRequest"
_KEPT = timedelta(days=35)
_INVALID, _TAKEN = "UserErrorInvalidRequestParameters", "UserErrorTargetContainersNotEmpty"
"""The codes of refused requests: Azure publishes no list of them, so that no client should go by them."""


class Copy(msgspec.Struct, frozen=True):
    """One blob as a recovery point holds it."""

    container: str
    name: str
    version: Version


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One recovery point, with all that it holds, whatever becomes of the account."""

    name: str
    instance: str
    """The id of the backup instance."""
    at: datetime
    copies: tuple[Copy, ...]


def plant(store: Store, instance: str, *, at: datetime | None = None, harm: Harm | None = None) -> str:
    """Let a backup instance have a recovery point of a moment, by default of now; returns the point's name.

    It holds what the account's containers held then, those alone that the instance names where it names any. `harm`
    is done to all bytes in it.
    """
    when, (account, chosen) = at or store.now(), _source(store, instance)
    found = blob_accounts.account(store, account.rpartition("/")[2])
    names = (blob_accounts.containers(store, found) if found else []) if chosen is None else chosen
    copies = []
    for name in names:
        for blob in blobs.listed(store, account.rpartition("/")[2], name):
            if (version := blob.standing(when)) is not None:
                copies.append(Copy(name, blob.name, msgspec.structs.replace(version, harm=harm or version.harm)))
    point = Point(name=uuid.uuid4().hex, instance=instance, at=when, copies=tuple(copies))
    store.put_document(_POINT, f"{instance}/{point.name}".lower(), msgspec.to_builtins(point))
    return point.name


def answer(call: Call, address: Address) -> Reply | None:
    """Answer the recovery points of an instance and the jobs of a vault; None where the path leads to neither."""
    show = {_POINTS: _shown_points, _JOBS: _shown_jobs}.get(address.type)
    if show is None or call.method != "GET":
        return None
    permissions.demand(call.store, f"{address.spelt_type}/read", address.path, CLIENT)
    above = parse(address.above)
    if above is not None:
        resources.read(call.store, above)
    found = list(show(call.store, address.above))
    if address.collection:
        return Reply(200, {"value": found})
    wanted = [one for one in found if one["name"].lower() == address.name.lower()]
    if not wanted:
        raise Refusal(404, "ResourceNotFound", f"The resource '{address.path}' was not found.")
    return Reply(200, wanted[0])


def _shown_points(store: Store, instance: str) -> Iterator[dict[str, Any]]:
    for point in _points(store, instance):
        place = {"type": "VaultStore", "state": "COMMITTED", "visible": True, "id": point.name}
        times = {"creationTime": moment(point.at), "expiryTime": moment(point.at + _KEPT)}
        properties = {
            "objectType": "AzureBackupDiscreteRecoveryPoint",
            "friendlyName": point.name,
            "recoveryPointId": point.name,
            "recoveryPointTime": moment(point.at),
            "recoveryPointType": "Full",
            "recoveryPointState": "Completed",
            "retentionTagName": "Default",
            "recoveryPointDataStoresDetails": [{**place, **times}],
        }
        kind = f"{BLOB_BACKUP_INSTANCE.arm}/recoveryPoints"
        identity = f"{point.instance}/recoveryPoints/{point.name}"
        yield {"id": identity, "name": point.name, "type": kind, "properties": properties}


def _shown_jobs(store: Store, vault: str) -> Iterator[dict[str, Any]]:
    for job in jobs.listed(store):
        if job.operation == RESTORE and job.about.lower().startswith(f"{vault.lower()}/"):
            kind = f"{BLOB_BACKUP_VAULT.arm}/backupJobs"
            yield {"id": f"{vault}/backupJobs/{job.id}", "name": job.id, "type": kind, "properties": _told(store, job)}


def _told(store: Store, job: Job) -> dict[str, Any]:
    """Return the properties of a job: https://learn.microsoft.com/rest/api/dataprotection/jobs/get."""
    account, _ = _source(store, job.about)
    steps = account.split("/")
    ended = job.ends if job.settled else None
    return {
        "activityID": job.id,
        "backupInstanceId": job.about,
        "backupInstanceFriendlyName": account.rpartition("/")[2],
        "dataSourceId": account,
        "dataSourceName": account.rpartition("/")[2],
        "dataSourceType": f"{STORAGE_ACCOUNT.arm}/blobServices",
        "dataSourceLocation": str((store.read(account) or {}).get("location") or ""),
        "sourceSubscriptionID": steps[2],
        "sourceResourceGroup": steps[4],
        "subscriptionId": steps[2],
        "vaultName": job.about.split("/")[8],
        "operation": "Restore",
        "operationCategory": "Restore",
        "isUserTriggered": True,
        "progressEnabled": False,
        "supportedActions": [""],
        "startTime": moment(job.began),
        "status": {"Succeeded": "Completed", "Failed": "Failed"}.get(job.status, "InProgress"),
        **({"endTime": moment(ended), "duration": str(ended - job.began)} if ended else {}),
        **({"errorDetails": [job.error]} if job.error else {}),
    }


def _validate(call: Call, address: Address) -> Reply:
    """Look at a request as the restore would, and change nothing."""
    words = _words(call.store, address, call.object().get("restoreRequestObject"))
    job = jobs.begin(call.store, "blob restore validation", address.path, "nothing", words)
    action_results.keep(call.store, job, {"objectType": "OperationJobExtendedInfo"})
    return action_results.begun(call, job, "Microsoft.DataProtection")


def _restore(call: Call, address: Address) -> Reply:
    words = _words(call.store, address, call.object())
    job = jobs.begin(call.store, RESTORE, address.path, _EFFECT, words)
    vault = address.path.partition("/backupInstances/")[0]
    told = {"objectType": "OperationJobExtendedInfo", "jobId": f"{vault}/backupJobs/{job.id}"}
    action_results.keep(call.store, job, told)
    return action_results.begun(call, job, "Microsoft.DataProtection")


def _words(store: Store, instance: Address, request: Any) -> dict[str, Any]:
    """Return what a restore needs; raises `Refusal` where the request cannot be met."""
    if not isinstance(request, Mapping):
        raise Refusal(400, _INVALID, "The request holds no restore.")
    if request.get("objectType") != _REQUEST or request.get("sourceDataStoreType") != "VaultStore":
        raise not_modelled(f"a restore of blobs by {request.get('objectType')} from another store than a vault's")
    name = str(request.get("recoveryPointId") or "").rpartition("/")[2]
    point = next((one for one in _points(store, instance.path) if one.name == name), None)
    if point is None:
        raise Refusal(404, "UserErrorRecoveryPointNotFound", f"The recovery point '{name}' was not found.")
    info = request.get("restoreTargetInfo") or {}
    target = str((info.get("datasourceInfo") or {}).get("resourceID") or "")
    account = parse(target)
    if account is None or account.type != STORAGE_ACCOUNT.arm.lower() or store.read(account.id) is None:
        raise Refusal(400, _INVALID, f"The target '{target}' is no storage account that is there.")
    if target.lower() == _source(store, instance.path)[0].lower():
        raise Refusal(400, _INVALID, "Blobs are restored from a vault to another account than their own.")
    criteria = [_criterion(one) for one in info.get("restoreCriteria") or ()]
    wanted = {one[0] for one in criteria} if criteria else {copy.container for copy in point.copies}
    there = {name for name in wanted if store.read(f"{target}/blobServices/default/containers/{name}") is not None}
    if there:
        raise Refusal(400, _TAKEN, f"The target account has containers of these names: {', '.join(sorted(there))}.")
    return {"point": point.name, "target": target, "criteria": criteria}


def _criterion(given: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the container that is wanted, and how its blobs' names open; raises `Refusal` for what is not modelled."""
    if given.get("objectType") != "ItemPathBasedRestoreCriteria":
        raise not_modelled(f"the criterion {given.get('objectType')}")
    return str(given.get("itemPath") or "").strip("/"), [str(one) for one in given.get("subItemPathPrefix") or ()]


def _restored(store: Store, job: Job) -> None:
    """Bring what a point holds into the target; half of it where the work ends in part."""
    point = next((one for one in _points(store, job.about) if one.name == job.words["point"]), None)
    criteria = dict(job.words["criteria"])
    copies = [one for one in point.copies if _wanted(one, criteria)] if point else []
    if job.outcome is Outcome.PARTIAL:
        copies = copies[: len(copies) // 2]
    target = job.words["target"]
    for name in sorted({copy.container for copy in copies}):
        resources.put(store, of_resource(f"{target}/blobServices/default/containers/{name}"), {"properties": {}})
    for copy in copies:
        now = store.now()
        plain = {"ended": None, "kept": False, "deleted": None, "gone": None, "until": None, "mode": ""}
        fresh = {"id": blobs.version_id(now), "created": now, "written": now, "tier": "Hot", "copying": None}
        version = msgspec.structs.replace(copy.version, **plain, **fresh)
        account = target.rpartition("/")[2]
        there = blobs.found(store, account, copy.container, copy.name)
        blobs.keep(store, account, copy.container, blobs.written(there, version, keeps=False))


def _wanted(copy: Copy, criteria: Mapping[str, list[str]]) -> bool:
    if not criteria:
        return True
    openings = criteria.get(copy.container)
    return openings is not None and (not openings or copy.name.startswith(tuple(openings)))


def _points(store: Store, instance: str) -> list[Point]:
    """Return an instance's points, newest first; empty for none."""
    found = [msgspec.convert(body, Point) for body in store.documents(_POINT)]
    own = [one for one in found if one.instance.lower() == instance.lower()]
    return sorted(own, key=lambda point: point.at, reverse=True)


def _source(store: Store, instance: str) -> tuple[str, list[str] | None]:
    """Return the account that an instance backs up, and the containers that it names; None where it names none."""
    properties = (store.read(instance) or {}).get("properties") or {}
    account = str((properties.get("dataSourceInfo") or {}).get("resourceID") or "")
    parameters = (properties.get("policyInfo") or {}).get("policyParameters") or {}
    listed = [one.get("containersList") for one in parameters.get("backupDatasourceParametersList") or ()]
    return account, next((list(names) for names in listed if names), None)


def _nothing(store: Store, job: Job) -> None:
    """Change nothing: the work was to look."""


ACTIONS: Mapping[tuple[str, str], Callable[[Call, Address], Reply]] = {
    (_INSTANCE, "validaterestore"): _validate,
    (_INSTANCE, "restore"): _restore,
}
EFFECTS: Mapping[str, Effect] = {_EFFECT: _restored, "nothing": _nothing}
