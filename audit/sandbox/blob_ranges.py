"""An account's blobs go back to what they were at a moment, where the account can look back that far.

https://learn.microsoft.com/azure/storage/blobs/point-in-time-restore-overview
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.sandbox import action_results, blob_accounts, blobs, jobs
from audit.sandbox.address import Address
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.blob_accounts import Account, Container
from audit.sandbox.blobs import Blob, Version
from audit.sandbox.jobs import Effect, Job, Outcome
from audit.sandbox.store import Store

RANGES = "blob ranges restore"
_MOST = 10
"""How many ranges a request may name: https://learn.microsoft.com/rest/api/storagerp/storage-accounts/restore-blob-ranges"""
_STATES = {"Succeeded": "Complete", "Failed": "Failed"}


def _restore(call: Call, address: Address) -> Reply:
    """Begin to bring ranges of blobs back; raises `Refusal` where the account cannot, or is at it already."""
    store, body = call.store, call.object()
    policy = ((store.read(f"{address.path}/blobServices/default") or {}).get("properties") or {}).get("restorePolicy")
    if not isinstance(policy, Mapping) or policy.get("enabled") is not True:
        raise Refusal(409, "FeatureNotEnabled", "Point-in-time restore is not enabled for the account.")
    ranges = [
        (str(one.get("startRange") or ""), str(one.get("endRange") or "")) for one in body.get("blobRanges") or ()
    ]
    if not ranges or len(ranges) > _MOST:
        raise Refusal(400, "InvalidRequestPropertyValue", "Between one and ten ranges are required: blobRanges.")
    moment = _moment(body.get("timeToRestore"))
    if not store.now() - timedelta(days=int(policy.get("days") or 0)) <= moment < store.now():
        raise Refusal(400, "InvalidTimeToRestore", "The time to restore is not within the days of the restore policy.")
    if any(job.status == "InProgress" for job in _jobs(store, address.path)):
        raise Refusal(409, "RestoreOperationInProgress", "Another restore of the account is in progress.")
    words = {"at": moment.isoformat(), "ranges": ranges, "parameters": dict(body)}
    job = jobs.begin(store, RANGES, address.path, RANGES, words)
    action_results.keep(store, job, _told(job, "Complete"))
    begun = action_results.begun(call, job, "Microsoft.Storage")
    # The client goes by `Location`, whose answer is the status of the restore.
    headers = {name: value for name, value in begun.headers.items() if name != "Azure-AsyncOperation"}
    return Reply(202, _told(job, "InProgress"), headers)


def expanded(store: Store, address: Address) -> dict[str, Any]:
    """Return how an account's last restore stands, which is told on demand alone; empty where there was none."""
    found = _jobs(store, address.path) if address.type == STORAGE_ACCOUNT.arm.lower() else []
    return {"blobRestoreStatus": _told(found[-1], _STATES.get(found[-1].status, "InProgress"))} if found else {}


def _told(job: Job, status: str) -> dict[str, Any]:
    why = {"failureReason": job.message} if status == "Failed" else {}
    return {"status": status, "restoreId": job.id, "parameters": job.words["parameters"], **why}


def _jobs(store: Store, account: str) -> list[Job]:
    return [job for job in jobs.listed(store) if job.operation == RANGES and job.about.lower() == account.lower()]


def _restored(store: Store, job: Job) -> None:
    """Bring the blobs of the ranges back, half of them where it ends in part; what a policy keeps stays as it is."""
    account = blob_accounts.account(store, job.about.rpartition("/")[2])
    if account is None:
        return
    found = [
        (place, blob)
        for name in blob_accounts.containers(store, account)
        if (place := blob_accounts.container(store, account, name)) is not None
        for blob in blobs.listed(store, account.name, name)
        if any(
            start <= f"{name}/{blob.name}" and (not end or f"{name}/{blob.name}" < end) for start, end in _ranges(job)
        )
    ]
    if job.outcome is Outcome.PARTIAL:
        found = found[: len(found) // 2]
    for place, blob in found:
        back = _back(store, account, place, blob, _moment(job.words["at"]))
        blobs.keep(store, account.name, place.name, back)


def _back(store: Store, account: Account, place: Container, blob: Blob, moment: datetime) -> Blob:
    """Return a blob as it was at a moment: written again, or deleted where there was none."""
    now, was, then = store.now(), blob.current, blob.standing(moment)
    if was is then or (was is not None and place.keeps(was, now)):
        return blob
    if then is None:
        return blob.with_version(blobs.ended(was, now, keeps=account.keeps_versions)) if was else blob
    plain = {"ended": None, "kept": False, "deleted": None, "gone": None, "until": None, "mode": ""}
    again: Version = msgspec.structs.replace(then, id=blobs.version_id(now), written=now, **plain)
    return blobs.written(blob, again, keeps=account.keeps_versions)


def _ranges(job: Job) -> list[tuple[str, str]]:
    return [(str(start), str(end)) for start, end in job.words["ranges"]]


def _moment(text: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Refusal(400, "InvalidRequestPropertyValue", "timeToRestore is no moment.") from error
    if found.tzinfo is None:
        raise Refusal(400, "InvalidRequestPropertyValue", "timeToRestore names no zone.")
    return found


ACTIONS: Mapping[tuple[str, str], Callable[[Call, Address], Reply]] = {
    (STORAGE_ACCOUNT.arm.lower(), "restoreblobranges"): _restore,
}
EFFECTS: Mapping[str, Effect] = {RANGES: _restored}
