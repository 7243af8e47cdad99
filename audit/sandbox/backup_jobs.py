"""The jobs of a vault: a restore's is told from the work itself, those of earlier backups are kept as they were.

https://learn.microsoft.com/rest/api/backup/jobs
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from heapq import merge
from typing import Any

from audit.kinds.recoveryservices import BACKUP_JOB
from audit.sandbox import jobs, listing, permissions, resources
from audit.sandbox.address import Address
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.jobs import Job, Outcome
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

RESTORE = "restore"
"""The name of the work, by which tests say how it goes."""
_TYPE = BACKUP_JOB.arm.lower()
_TROUBLE, _STAGED = "restore trouble", "staged blobs"
_TERM = re.compile(r"(\w+)\s+eq\s+'?([^']*?)'?(?=\s+and\s|$)", re.IGNORECASE)
_EXACT = "%Y-%m-%dT%H:%M:%S.%fZ"
_WRITTEN = ("%Y-%m-%d %I:%M:%S %p", "%Y-%m-%dT%H:%M:%SZ", _EXACT)
"""How moments are written in a filter: the documentation's own way, and that of the clients."""


def answer(call: Call, address: Address) -> Reply | None:
    """Answer a vault's jobs, or one of them; None where the path leads to neither."""
    if address.type != _TYPE or call.method != "GET":
        return None
    permissions.demand(call.store, BACKUP_JOB.permission, address.path, CLIENT)
    vault = address.above
    resources.demand_above(call.store, address)
    if address.collection:
        fits = _filter(call.query.get("$filter", ""))
        return listing.paged(call, lambda after: filter(fits, _listed(call.store, vault, after)))
    found = jobs.found(call.store, address.name)
    if found is None or not _is_of(found, vault):
        return Reply(200, resources.read(call.store, address))
    return Reply(200, _body(call.store, vault, found, whole=True))


def note(store: Store, job: Job, code: str, message: str) -> None:
    """Remember why a restore failed at its end, although it was to go well."""
    store.put_document(_TROUBLE, job.id.lower(), {"code": code, "message": message})


def stage(store: Store, account: str, job: Job, names: Mapping[str, str]) -> None:
    """Remember what a restore left in its staging account: configuration and template, by container."""
    found = store.document(_STAGED, account.lower()) or {"account": account, "blobs": []}
    blobs = [{"container": names["container"], "name": names[one], "job": job.id} for one in ("config", "template")]
    store.put_document(_STAGED, account.lower(), {**found, "blobs": [*found["blobs"], *blobs]})


def staged(store: Store, account: str) -> list[dict[str, Any]]:
    """Return what restores left in a staging account: container and name of each blob; empty for nothing."""
    return list((store.document(_STAGED, account.lower()) or {"blobs": []})["blobs"])


def staged_names(job: Job) -> dict[str, str]:
    """Return how the blobs are called that a restore leaves in its staging account."""
    machine = machine_name(job)
    return {
        "container": f"{machine.lower()}-{job.id.replace('-', '')}",
        "config": f"config-{machine}-{job.id}.json",
        "template": f"azuredeploy{job.id}.json",
    }


def machine_name(job: Job) -> str:
    """Return the name of the machine that a restore is of."""
    return job.about.rpartition(";")[2].rpartition("/")[2]


def error_of(store: Store, job: Job) -> dict[str, str]:
    """Return why a restore failed, empty where it did not."""
    noted = store.document(_TROUBLE, job.id.lower())
    return {str(key): str(value) for key, value in noted.items()} if noted and job.settled else job.error


def _is_of(job: Job, vault: str) -> bool:
    return job.operation == RESTORE and job.about.lower().startswith(f"{vault.lower()}/backupfabrics/")


def _listed(store: Store, vault: str, after: str) -> Iterator[dict[str, Any]]:
    """Yield the jobs of a vault after an id, in order of their ids."""
    own = [_body(store, vault, job, whole=False) for job in jobs.listed(store) if _is_of(job, vault)]
    kept = store.listed(_TYPE, below=vault)
    both = merge(sorted(own, key=_order), sorted(kept, key=_order), key=_order)
    return (body for body in both if _order(body) > after.lower())


def _order(body: Mapping[str, Any]) -> str:
    return str(body["id"]).lower()


def _body(store: Store, vault: str, job: Job, *, whole: bool) -> dict[str, Any]:
    """Return a restore's job as azure-mgmt-recoveryservicesbackup 11.2 spells it (`AzureIaaSVMJob`)."""
    properties = _properties(store, job)
    if error := error_of(store, job):
        said = {"errorTitle": error["code"], "errorString": error["message"]}
        properties["errorDetails"] = [{**said, "recommendations": ["Mend what the error names, and restore again."]}]
    if whole:
        properties["extendedInfo"] = _extended(store, job, properties["status"])
    return {"id": f"{vault}/backupJobs/{job.id}", "name": job.id, "type": BACKUP_JOB.arm, "properties": properties}


def _properties(store: Store, job: Job) -> dict[str, Any]:
    """Return what a job tells of itself in a list, too, but for its errors."""
    ends = job.ends if job.settled and job.ends else store.now()
    ended = {"endTime": ends.strftime(_EXACT)} if job.settled else {}
    return {
        "jobType": "AzureIaaSVMJob",
        "backupManagementType": "AzureIaasVM",
        "operation": "Restore",
        "entityFriendlyName": machine_name(job),
        "containerName": job.about.split("/protectionContainers/")[-1].split("/")[0],
        "virtualMachineVersion": "Compute",
        "isUserTriggered": True,
        "status": "InProgress" if not job.settled else "Failed" if error_of(store, job) else "Completed",
        "startTime": job.began.strftime(_EXACT),
        **ended,
        "duration": _span((ends - job.began).total_seconds()),
        "actionsInfo": [] if job.settled else ["Cancellable"],
        "activityId": job.id,
    }


def _extended(store: Store, job: Job, status: str) -> dict[str, Any]:
    """Return a job's tasks and what it tells of its target.

    https://learn.microsoft.com/azure/backup/tutorial-restore-disk (`az backup job show`)
    """
    request, names = job.words["request"], staged_names(job)
    account = str(request["storageAccountId"]).rpartition("/")[2]
    disks = request["recoveryType"] == "RestoreDisks"
    bag = {
        "Job Type": "Recover disks" if disks else "Recover virtual machine",
        "Recovery point time ": str(job.words["at"]),
        "Target Storage Account Name": account,
        "Target resource group": str(request["targetResourceGroupId"]).rpartition("/")[2],
    }
    if not disks:
        bag["Target Virtual Machine Name"] = str(request["targetVirtualMachineId"]).rpartition("/")[2]
    if status == "Completed":
        place = f"https://{account}.blob.core.windows.net/{names['container']}"
        bag["Config Blob Container Name"], bag["Config Blob Name"] = names["container"], names["config"]
        bag["Config Blob Uri"] = f"{place}/{names['config']}"
        bag["Template Blob Uri"] = f"{place}/{names['template']}"
    tasks = ["Transfer data from vault", *(() if disks else ("Create the restored virtual machine",))]
    partly = job.settled and job.outcome is Outcome.PARTIAL
    states = ["Completed" if partly and task != tasks[-1] else status for task in tasks]
    return {
        "tasksList": [{"taskId": task, "status": state} for task, state in zip(tasks, states, strict=True)],
        "propertyBag": bag,
        "progressPercentage": 100.0 if status == "Completed" else 0.0,
        **({"dynamicErrorMessage": error_of(store, job).get("message", "")} if status == "Failed" else {}),
    }


def _span(seconds: float) -> str:
    return f"PT{max(seconds, 0):.3f}S"


def _filter(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """Read a `$filter` of equalities joined by `and`; `startTime` and `endTime` are the ends of a span.

    Raises `Refusal` on anything else.
    """
    terms = [(name.lower(), value) for name, value in _TERM.findall(text)]
    rest = _TERM.sub("", text).lower().replace("and", "").strip()
    if rest or {name for name, _ in terms} - {*_NAMES, "starttime", "endtime"}:
        raise Refusal(400, "BMSUserErrorInvalidInput", f"The filter '{text}' is not supported.")
    wanted = {name: value.lower() for name, value in terms if name in _NAMES}
    spans = {name: _moment(value) for name, value in terms if name not in _NAMES}

    def fits(body: Mapping[str, Any]) -> bool:
        told = body["properties"]
        began = datetime.fromisoformat(str(told["startTime"])) if "startTime" in told else None
        within = began is None or spans.get("starttime", began) <= began <= spans.get("endtime", began)
        return within and all(
            str(body["name"] if name == "jobid" else told.get(_NAMES[name], "")).lower() == value
            for name, value in wanted.items()
        )

    return fits


_NAMES = {
    "status": "status",
    "operation": "operation",
    "backupmanagementtype": "backupManagementType",
    "jobid": "",
}
"""https://learn.microsoft.com/rest/api/backup/backup-jobs/list"""


def _moment(text: str) -> datetime:
    for form in _WRITTEN:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise Refusal(400, "BMSUserErrorInvalidInput", f"'{text}' is no moment.")
