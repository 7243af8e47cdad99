"""The jobs of Site Recovery, as a vault lists them.

https://learn.microsoft.com/rest/api/site-recovery/replication-jobs
"""

from collections.abc import Iterator
from typing import Any

from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.sandbox import jobs, listing, permissions, resources
from audit.sandbox.address import Address, of_resource
from audit.sandbox.answers import Call, Reply, not_found, not_modelled
from audit.sandbox.jobs import Job
from audit.sandbox.replication import CLEANUP, FAILOVER, PLAN, described
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

_EXACT = "%Y-%m-%dT%H:%M:%S.%fZ"
_TYPE = f"{RECOVERY_VAULT.arm}/replicationJobs"
_NAMES = {FAILOVER: ("TestFailover", "Test failover"), CLEANUP: ("TestFailoverCleanup", "Test failover cleanup")}
_TASKS = {
    FAILOVER: ("Prerequisites check for test failover", "Create test virtual machine", "Start the virtual machine"),
    CLEANUP: ("Delete test virtual machine", "Complete test failover cleanup"),
}


def answer(call: Call, address: Address) -> Reply | None:
    """Answer the jobs of Site Recovery, or one of them; None where the path leads to neither."""
    if address.type != _TYPE.lower() or call.method != "GET":
        return None
    permissions.demand(call.store, f"{_TYPE}/read", address.path, CLIENT)
    resources.demand_above(call.store, address)
    if address.collection:
        if call.query.get("$filter"):
            raise not_modelled("a filter of the jobs of Site Recovery")
        return listing.paged(call, lambda after: _listed(call.store, address.above, after))
    found = jobs.found(call.store, address.name)
    if found is None or not _is_of(found, address.above):
        raise not_found(address)
    return Reply(200, _body(call.store, address.above, found))


def _is_of(job: Job, vault: str) -> bool:
    return job.operation in _NAMES and job.about.lower().startswith(f"{vault.lower()}/")


def _listed(store: Store, vault: str, after: str) -> Iterator[dict[str, Any]]:
    own = [_body(store, vault, job) for job in jobs.listed(store) if _is_of(job, vault)]
    yield from (body for body in sorted(own, key=lambda one: str(one["id"]).lower()) if body["id"].lower() > after)


def _body(store: Store, vault: str, job: Job) -> dict[str, Any]:
    """Return a job as azure-mgmt-recoveryservicessiterecovery 2.0 spells it (`JobProperties`)."""
    scenario, friendly = _NAMES[job.operation]
    about = of_resource(job.about)
    properties: dict[str, Any] = {
        "activityId": job.id,
        "scenarioName": scenario,
        "friendlyName": friendly,
        "state": job.status,
        "stateDescription": {"InProgress": "In progress", "Succeeded": "Completed"}.get(job.status, job.status),
        "startTime": job.began.strftime(_EXACT),
        "tasks": [_task(job, name) for name in _TASKS[job.operation]],
        "errors": [_error(job)] if job.error else [],
        "allowedActions": [] if job.settled else ["Cancel"],
        "targetObjectId": about.name,
        "targetObjectName": about.name,
        "targetInstanceType": "RecoveryPlan" if about.type == PLAN else "ProtectionEntity",
        "customDetails": _details(store, job),
    }
    if job.settled and job.ends:
        properties["endTime"] = job.ends.strftime(_EXACT)
    return {"id": f"{vault}/replicationJobs/{job.id}", "name": job.id, "type": _TYPE, "properties": properties}


def _task(job: Job, name: str) -> dict[str, Any]:
    ended = {"endTime": job.ends.strftime(_EXACT)} if job.settled and job.ends else {}
    word = name.replace(" ", "")
    return {
        "taskId": word,
        "name": word,
        "friendlyName": name,
        "state": job.status,
        "startTime": job.began.strftime(_EXACT),
        **ended,
    }


def _error(job: Job) -> dict[str, Any]:
    said = {"code": job.code, "message": job.message}
    return {
        "serviceErrorDetails": said,
        "errorLevel": "Error",
        "creationTime": (job.ends or job.began).strftime(_EXACT),
    }


def _details(store: Store, job: Job) -> dict[str, Any]:
    network = str(job.words.get("network", "")).rpartition("/")[2]
    return {
        "instanceType": "TestFailoverJobDetails",
        "testFailoverStatus": job.status,
        "comments": str(job.words.get("comments", "")),
        "networkName": network,
        "networkFriendlyName": network,
        "networkType": str(job.words.get("type", "")),
        "protectedItemDetails": [*described(store, job)],
    }
