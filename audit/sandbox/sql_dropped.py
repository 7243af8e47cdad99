"""What is left of SQL databases and servers after their deletion: restorable for a while, then gone.

https://learn.microsoft.com/rest/api/sql/restorable-dropped-databases/list-by-server
https://learn.microsoft.com/rest/api/sql/deleted-servers/list-by-location
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from audit.kinds.sql import SQL_DATABASE, SQL_SERVER
from audit.sandbox import jobs, permissions, resources
from audit.sandbox.address import GROUP_TYPE, Address, of_resource, parse
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.jobs import Job, Outcome
from audit.sandbox.made import moment
from audit.sandbox.sql_points import earliest, file_time, read_moment, retention
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

DELETE = "delete"
"""The name of the work, by which tests say how it goes."""
_DROPPED, _BURIED = "sql dropped database", "sql deleted server"
_DATABASE, _SERVER = SQL_DATABASE.arm.lower(), SQL_SERVER.arm.lower()
_RESTORABLE = f"{_SERVER}/restorabledroppeddatabases"
_GRAVES = ("microsoft.sql/deletedservers", "microsoft.sql/locations/deletedservers")


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """A database that was dropped and can still be restored."""

    id: str
    """Its id among the restorable: its name and when it was dropped."""
    database: str
    """The ARM id that it had, under which its contents are kept."""
    location: str
    deleted: str
    earliest: str
    """Empty where it was dropped before its first backup."""
    until: str
    """When its backups go, by the retention that it had when it was dropped: nobody can change that afterwards."""
    created: str = ""
    redundancy: str = ""
    sku: Mapping[str, Any] | None = None


class Buried(msgspec.Struct, frozen=True, kw_only=True):
    """A server that was deleted and can still be recovered, with all that stood below it."""

    server: Mapping[str, Any]
    below: tuple[Mapping[str, Any], ...]
    deleted: str
    until: str


def begin(call: Call, address: Address) -> Reply | None:
    """Begin to delete a database or a server; None where there is neither. A group takes its servers with it.

    Raises `Refusal` where a failover group holds the database.
    """
    if address.type == GROUP_TYPE:
        for server in call.store.listed(SQL_SERVER.arm, below=address.path):
            _bury(call.store, server)
        return None
    if address.type not in (_DATABASE, _SERVER) or call.store.read(address.id) is None:
        return None
    effect = "sql drop" if address.type == _DATABASE else "sql server drop"
    reply = jobs.begun(call, jobs.begin(call.store, DELETE, address.path, effect, {}), address.provider)
    # Where the result will be is all that a deletion answers, as those of other types do.
    headers = {name: value for name, value in reply.headers.items() if name != "Azure-AsyncOperation"}
    return msgspec.structs.replace(reply, headers=headers)


def drop(store: Store, job: Job) -> None:
    """Take a database away, and keep what can be restored of it; one that went in part is still there."""
    found, address = store.read(job.about), of_resource(job.about)
    if found is None or job.outcome is Outcome.PARTIAL:
        return
    now, told = job.ends or store.now(), found.get("properties") or {}
    first = earliest(store, found)
    dropped = Dropped(
        id=f"{address.above}/restorableDroppedDatabases/{found['name']},{file_time(now)}",
        database=str(found["id"]),
        location=str(found.get("location", "")),
        deleted=now.isoformat(),
        earliest=first.isoformat() if first and first <= now else "",
        until=(now + timedelta(days=retention(store, job.about))).isoformat(),
        created=str(told.get("creationDate") or ""),
        redundancy=str(told.get("currentBackupStorageRedundancy") or ""),
        sku=found.get("sku"),
    )
    resources.remove(store, address)
    store.put_document(_DROPPED, dropped.id.lower(), msgspec.to_builtins(dropped))


def drop_server(store: Store, job: Job) -> None:
    """Take a server away: for good with all it had dropped, or until its retention ends; in part it is still there."""
    found = store.read(job.about)
    if found is None or job.outcome is Outcome.PARTIAL:
        return
    _bury(store, found)
    resources.remove(store, of_resource(job.about))


def bring_back(store: Store, job: Job) -> None:
    """Put a deleted server and all that stood below it back."""
    found = store.document(_BURIED, job.words["server"])
    if found is None or job.outcome is Outcome.PARTIAL:
        return
    buried = msgspec.convert(found, Buried)
    store.put_all((str(body["id"]), body) for body in (buried.server, *buried.below))
    store.delete_document(_BURIED, job.words["server"])


def answer(call: Call, address: Address) -> Reply | None:
    """Answer for dropped databases and deleted servers; None where the path leads to neither."""
    if call.method == "GET" and address.type == _RESTORABLE:
        permissions.demand(call.store, "Microsoft.Sql/servers/restorableDroppedDatabases/read", address.path, CLIENT)
        return _restorable(call, address)
    if call.method == "GET" and address.type in _GRAVES:
        permissions.demand(call.store, f"{address.spelt_type}/read", address.path, CLIENT)
        return _graves(call, address)
    return None


def recover(call: Call, address: Address) -> Reply | None:
    """Begin to recover the deleted server that a path ending in `recover` names; None for any other path."""
    if address.type != f"{_GRAVES[1]}/recover":
        return None
    found = _buried(call.store, address.subscription, address.names[0], address.names[1])
    return _recovering(call, of_resource(str(found.server["id"])))


def recovered(call: Call, address: Address) -> Reply:
    """Begin to recover a deleted server that is put again with `createMode` Restore."""
    found = call.store.document(_BURIED, address.id)
    if found is None or not _still(call.store, found["until"]):
        raise Refusal(404, "ResourceNotFound", f"The deleted server '{address.name}' was not found.")
    return _recovering(call, address)


def found(store: Store, identity: str, deleted: str) -> Dropped:
    """Return the dropped database of a restorable id, or of the id that it had and its deletion.

    Raises `Refusal` where there is none, or where its backups are gone.
    """
    for one in _kept(store):
        as_named = one.id.lower() == identity.lower()
        if as_named or (
            one.database.lower() == identity.lower() and deleted and read_moment(deleted) == read_moment(one.deleted)
        ):
            return one
    address = parse(identity)
    if address is not None and address.type == _DATABASE and not deleted:
        raise Refusal(400, "MissingSourceDatabaseDeletionDate", "Missing source database deletion date")
    message = "Source database dropped does not exist on server within the supported recovery period."
    raise Refusal(400, "InvalidDroppedDatabase", message)


def _kept(store: Store) -> list[Dropped]:
    """Return every dropped database whose backups are still kept."""
    every = (msgspec.convert(body, Dropped) for body in store.documents(_DROPPED))
    return [one for one in every if _still(store, one.until)]


def _still(store: Store, until: str) -> bool:
    return store.now() < read_moment(until)


def _bury(store: Store, server: Mapping[str, Any]) -> None:
    """Keep a server that goes where it is to be kept; else what it had dropped goes with it.

    https://learn.microsoft.com/rest/api/sql/servers/create-or-update (`retentionDays`)
    """
    place, days = str(server["id"]).lower(), (server.get("properties") or {}).get("retentionDays")
    if isinstance(days, int) and days > 0:
        now = store.now()
        kept = Buried(
            server=server,
            below=tuple(store.listed(below=place)),
            deleted=now.isoformat(),
            until=(now + timedelta(days=days)).isoformat(),
        )
        store.put_document(_BURIED, place, msgspec.to_builtins(kept))
        return
    for one in store.documents(_DROPPED):
        if one["id"].lower().startswith(f"{place}/"):
            store.delete_document(_DROPPED, one["id"].lower())


def _restorable(call: Call, address: Address) -> Reply:
    """Answer the dropped databases of a server that is there, all or one."""
    resources.read(call.store, of_resource(address.above))
    own = [one for one in _kept(call.store) if one.id.lower().startswith(f"{address.above.lower()}/")]
    if address.collection:
        return Reply(200, {"value": [_shown(one) for one in own]})
    one = next((one for one in own if one.id.lower() == address.id), None)
    if one is None:
        raise Refusal(404, "ResourceNotFound", f"The dropped database '{address.name}' was not found.")
    return Reply(200, _shown(one))


def _shown(one: Dropped) -> dict[str, Any]:
    name = one.id.rpartition("/")[2]
    told = {
        "databaseName": name.rpartition(",")[0],
        "creationDate": one.created or None,
        "deletionDate": one.deleted,
        "earliestRestoreDate": one.earliest or None,
        "backupStorageRedundancy": one.redundancy or None,
    }
    return {
        "id": one.id,
        "name": name,
        "type": "Microsoft.Sql/servers/restorableDroppedDatabases",
        "location": one.location,
        **({"sku": dict(one.sku)} if one.sku else {}),
        "properties": told,
    }


def _graves(call: Call, address: Address) -> Reply:
    """Answer the deleted servers of a subscription or region, all or one."""
    region = address.names[0] if address.type == _GRAVES[1] else ""
    if not address.collection and region:
        return Reply(200, _grave(_buried(call.store, address.subscription, region, address.name)))
    return Reply(200, {"value": [_grave(one) for one in _all_buried(call.store, address.subscription, region)]})


def _all_buried(store: Store, subscription: str, region: str) -> list[Buried]:
    every = (msgspec.convert(body, Buried) for body in store.documents(_BURIED))
    return [
        one
        for one in every
        if _still(store, one.until)
        and of_resource(str(one.server["id"])).subscription.lower() == subscription.lower()
        and region.lower() in ("", str(one.server.get("location", "")).lower())
    ]


def _buried(store: Store, subscription: str, region: str, name: str) -> Buried:
    every = _all_buried(store, subscription, region)
    one = next((one for one in every if str(one.server["name"]).lower() == name.lower()), None)
    if one is None:
        raise Refusal(404, "ResourceNotFound", f"The deleted server '{name}' was not found.")
    return one


def _grave(one: Buried) -> dict[str, Any]:
    server, told = one.server, one.server.get("properties") or {}
    place = f"/subscriptions/{of_resource(str(server['id'])).subscription}/providers/Microsoft.Sql"
    return {
        "id": f"{place}/locations/{server.get('location')}/deletedServers/{server['name']}",
        "name": server["name"],
        "type": "Microsoft.Sql/locations/deletedServers",
        "properties": {
            "version": told.get("version"),
            "deletionTime": moment(read_moment(one.deleted)),
            "originalId": server["id"],
            "fullyQualifiedDomainName": told.get("fullyQualifiedDomainName"),
        },
    }


def _recovering(call: Call, address: Address) -> Reply:
    resources.demand_above(call.store, address)
    job = jobs.begin(call.store, "recover", address.path, "sql server recover", {"server": address.id})
    return jobs.begun(call, job, address.provider)
