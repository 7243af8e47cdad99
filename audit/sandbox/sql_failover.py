"""A failover group changes sides: its roles, the links between its databases, and where writing goes.

https://learn.microsoft.com/rest/api/sql/failover-groups/failover
https://learn.microsoft.com/azure/azure-sql/database/failover-group-sql-db
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from audit.kinds.sql import FAILOVER_GROUP, REPLICATION_LINK, SQL_SERVER
from audit.sandbox import jobs, resources
from audit.sandbox.address import Address
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.jobs import Job, Outcome
from audit.sandbox.sql_contents import held, keep, named
from audit.sandbox.store import Store

GROUP = FAILOVER_GROUP.arm.lower()
FAILOVER = "failover"
"""The name of the work, by which tests say how it goes."""
_BEHIND = timedelta(seconds=5)
"""How far a copy lags behind: what a forced failover loses."""
_OTHER = {"Primary": "Secondary", "Secondary": "Primary"}


def fail_over(call: Call, address: Address) -> Reply:
    """Begin to make the server that was asked the primary of its group, without losing anything."""
    return _begin(call, address, forced=False)


def force(call: Call, address: Address) -> Reply:
    """Begin to make the server that was asked the primary of its group, at the loss of what was not yet copied."""
    return _begin(call, address, forced=True)


def _begin(call: Call, address: Address, *, forced: bool) -> Reply:
    group = resources.read(call.store, address)
    if _told(group).get("replicationRole") != "Secondary":
        message = "Failover cannot be initiated from the primary server in a Failover Group."
        raise Refusal(400, "FailoverGroupNotSecondary", message)
    under_way = (job for job in jobs.listed(call.store) if job.effect == "sql failover" and not job.settled)
    if any(job.about.lower() == address.id for job in under_way):
        raise Refusal(409, "ConflictingServerOperation", "An operation is currently in progress for the server.")
    job = jobs.begin(call.store, FAILOVER, address.path, "sql failover", {"forced": forced})
    return jobs.begun(call, job, address.provider)


def swap(store: Store, job: Job) -> None:
    """Let both sides of a group change their roles; where the work ends in part, the links are still behind."""
    group = store.read(job.about)
    if group is None or _told(group).get("replicationRole") != "Secondary":
        return
    partial, forced = job.outcome is Outcome.PARTIAL, bool(job.words.get("forced"))
    for near, far in list(_pairs(store, group)):
        at = store.now()
        keep(store, near, at, held(store, far, at - _BEHIND if forced else at))
        _turn(store, near, "SEEDING" if partial or forced else "CATCH_UP")
        _turn(store, far, "SEEDING" if partial or forced else "CATCH_UP")
    for side in (group, *_others(store, group)):
        _change_role(store, side)
    if forced and not partial:
        jobs.begin(store, "seeding", job.about, "sql seeding", {})


def seeded(store: Store, job: Job) -> None:
    """Let the links of a group have caught up again."""
    group = store.read(job.about)
    for near, far in list(_pairs(store, group)) if group else ():
        for database in (near, far):
            for link in store.listed(REPLICATION_LINK.arm, below=database):
                told = {"replicationState": "CATCH_UP", "percentComplete": 100}
                store.put(link["id"], resources.merged(link, {"properties": told}))


def _pairs(store: Store, group: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the databases of a group on its own server, each with the one on the partner's."""
    own = str(group["id"]).rpartition("/failoverGroups/")[0]
    for other in _others(store, group):
        partner = str(other["id"]).rpartition("/failoverGroups/")[0]
        names = {str(one).rpartition("/")[2] for one in (*_list(group, "databases"), *_list(other, "databases"))}
        yield from ((f"{own}/databases/{name}", f"{partner}/databases/{name}") for name in sorted(names))


def _others(store: Store, group: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the same group as its partner servers show it."""
    places = (str(one.get("id")) for one in _list(group, "partnerServers"))
    found = (store.read(f"{place}/failoverGroups/{group['name']}") for place in places)
    return [one for one in found if one is not None]


def _change_role(store: Store, group: dict[str, Any]) -> None:
    told = _told(group)
    role = _OTHER[str(told.get("replicationRole") or "Primary")]
    partners = [{**one, "replicationRole": _OTHER[role]} for one in _list(group, "partnerServers")]
    changed = {"replicationRole": role, "partnerServers": partners}
    store.put(group["id"], resources.merged(group, {"properties": changed}))


def _turn(store: Store, database: str, state: str) -> None:
    """Turn the links of a database around."""
    for link in store.listed(REPLICATION_LINK.arm, below=database):
        told = _told(link)
        roles = {"role": told.get("partnerRole"), "partnerRole": told.get("role")}
        percent = 100 if state == "CATCH_UP" else 0
        changed = {**roles, "replicationState": state, "percentComplete": percent}
        store.put(link["id"], resources.merged(link, {"properties": changed}))


def listener(store: Store, name: str) -> str:
    """Return the ARM id of the server behind a name: its own, or that of a group's listener; empty where there is none.

    `NAME` leads to a group's primary, `NAME.secondary` to the other one.
    """
    server = named(store, SQL_SERVER.arm, name)
    if server is not None:
        return str(server["id"])
    group, _, side = name.lower().partition(".")
    role = "Secondary" if side == "secondary" else "Primary"
    for found in store.listed(FAILOVER_GROUP.arm):
        if found["name"].lower() == group and str(_told(found).get("replicationRole") or "Primary") == role:
            return str(found["id"]).rpartition("/failoverGroups/")[0]
    return ""


def _told(body: dict[str, Any]) -> dict[str, Any]:
    return body.get("properties") or {}


def _list(body: dict[str, Any], name: str) -> list[Any]:
    return list(_told(body).get(name) or ())
