"""SQL databases that are made by restoring: from a moment, from the dropped, from copies elsewhere, from the long term.

https://learn.microsoft.com/rest/api/sql/databases/create-or-update
https://learn.microsoft.com/azure/azure-sql/database/recovery-using-backups
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from audit.kinds.sql import RECOVERABLE_DATABASE, SQL_DATABASE, SQL_SERVER
from audit.sandbox import jobs, resources, sql_dropped, sql_failover, sql_keys, sql_points, sql_quotas
from audit.sandbox.address import Address, of_resource, parse
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.jobs import Job, Outcome
from audit.sandbox.made import moment
from audit.sandbox.sql_contents import Content, Damage, held, keep, restored, since
from audit.sandbox.sql_points import earliest, long_term, read_moment
from audit.sandbox.store import Store

DATABASE, SERVER = SQL_DATABASE.arm.lower(), SQL_SERVER.arm.lower()
RESTORE = "restore"
"""The name of the work, by which tests say how it goes."""
_TOLD_ONCE = (
    "createMode",
    "sourceDatabaseId",
    "sourceDatabaseDeletionDate",
    "restorePointInTime",
    "restorableDroppedDatabaseId",
    "recoverableDatabaseId",
    "longTermRetentionBackupResourceId",
    "sourceResourceId",
)
"""What a request says of the restore, and the database does not show."""
_AFTER = timedelta(minutes=10)
"""How long after it is online a database has its first backup."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What is restored: whose data, as of when, and how large it was."""

    database: str
    """The ARM id under which its contents are kept."""
    at: datetime
    sku: Mapping[str, Any] | None = None


def answer(call: Call, address: Address) -> Reply | None:
    """Answer what SQL shows of its backups, of the dropped and of its quotas; None where it is about none of them."""
    if address.provider.lower() != "microsoft.sql":
        return None
    for part in (sql_points.answer, sql_dropped.answer, sql_quotas.answer):
        if (reply := part(call, address)) is not None:
            return reply
    return None


def put(call: Call, address: Address) -> Reply | None:
    """Begin to restore where a database's `createMode` says so; None where it is put as any resource is.

    Raises `Refusal` where there is no room for it, its name is taken or there is nothing to restore from.
    """
    if address.type not in (DATABASE, SERVER):
        return None
    body = call.object()
    sql_quotas.demand(call.store, address, body)
    properties = body.get("properties")
    mode = str((properties if isinstance(properties, Mapping) else {}).get("createMode") or "Default").lower()
    if address.type == SERVER:
        return sql_dropped.recovered(call, address) if mode == "restore" else None
    find = _SOURCES.get(mode)
    if find is None:
        _begin_empty(call.store, address)
        return None
    resources.demand_above(call.store, address)
    _demand_free(call.store, address)
    return _begin(call, address, find(call.store, address, body["properties"]))


def _begin_empty(store: Store, address: Address) -> None:
    """Let a database that takes the name of a dropped one hold nothing of it."""
    if store.read(address.id) is None and since(store, address.id) is not None:
        keep(store, address.id, store.now(), Content())


def _demand_free(store: Store, address: Address) -> None:
    """Raise 409 where a database of this name is there, or being restored."""
    found = store.read(address.id) or resources.singleton_of(store, address)
    if found is None:
        return
    if (found.get("properties") or {}).get("status") == "Restoring":
        message = (
            "There is already some operation on the database and the current operation should wait till it is done."
        )
        raise Refusal(409, "ConflictingDatabaseOperation", message)
    message = f"The destination database name '{address.name}' already exists on the destination server."
    raise Refusal(409, "RemoteDatabaseExists", message)


def _begin(call: Call, address: Address, source: Source) -> Reply:
    """Keep the database as one that is being restored, and begin the work that brings it online."""
    store, given = call.store, call.object()
    server = store.read(address.above) or {}
    said = {name: value for name, value in given["properties"].items() if name not in _TOLD_ONCE}
    sku = given.get("sku") or source.sku
    body = {**given, **({"sku": sku} if sku else {}), "location": server.get("location"), "properties": said}
    made = resources.put(store, address, body)
    # A restored database waits for its first backup, whatever the one was that it comes from.
    told = {**made["properties"], "status": "Restoring", "creationDate": moment(store.now())}
    store.put(address.id, {**made, "properties": told})
    words = {"source": source.database, "at": source.at.isoformat()}
    job = jobs.begin(store, RESTORE, address.path, "sql restore", words)
    refused = sql_keys.refusal(store, address.above, source.database, held(store, source.database, source.at))
    started = {"operation": "RestoreLogicalDatabase", "startTime": job.began.isoformat()}
    return jobs.begun(call, told_at_end(store, job, refused), address.provider, started)


def told_at_end(store: Store, job: Job, refused: tuple[str, str] | None = None) -> Job:
    """Have the effect of work be called when it fails, too, so that what it began can be taken back.

    `refused` is the code and message with which it fails in any case.
    """
    if refused is None and job.outcome is not Outcome.FAILED:
        return job
    code, message = refused or (job.code, job.message)
    words = {**job.words, "lost": True}
    known = msgspec.structs.replace(job, outcome=Outcome.PARTIAL, words=words, code=code, message=message)
    store.put_document(jobs.KIND, known.id.lower(), msgspec.to_builtins(known))
    return known


def finish(store: Store, job: Job) -> None:
    """Bring a restored database online with what it holds; where the work failed, take it away again.

    Nothing happens to one that was deleted meanwhile.
    """
    found = store.read(job.about)
    if found is None or (found.get("properties") or {}).get("status") != "Restoring":
        return
    if job.words.get("lost"):
        store.delete(job.about)
        return
    ends = job.ends or store.now()
    content = restored(store, job.words["source"], datetime.fromisoformat(job.words["at"]))
    keep(store, job.about, ends, content)
    status = "Suspect" if content.state is Damage.SUSPECT else "Online"
    told = {"status": "RecoveryPending" if job.outcome is Outcome.PARTIAL else status}
    if told["status"] == "Online":
        told["earliestRestoreDate"] = moment(ends + _AFTER)
    store.put(job.about, resources.merged(found, {"properties": told}))


def _point_in_time(store: Store, address: Address, given: Mapping[str, Any]) -> Source:
    """Return a live database of the same server as of a moment that its backups reach."""
    identity = str(given.get("sourceDatabaseId") or "")
    database = _database_of(store, address, identity)
    at = given.get("restorePointInTime")
    if not at:
        message = f"Missing restore point in time for the live database '{database['name']}'."
        raise Refusal(400, "MissingRestorePointInTime", message)
    asked, first = read_moment(str(at)), earliest(store, database)
    if first is None or not first.replace(microsecond=0) <= asked <= store.now():
        days = sql_points.retention(store, identity)
        message = (
            f"The point in time {at} is not valid. Valid point in time range from {days} days early to now "
            "and not before source server creation time."
        )
        raise Refusal(400, "PitrPointInTimeInvalid", message)
    return Source(database=identity, at=asked, sku=database.get("sku"))


def _database_of(store: Store, address: Address, identity: str) -> dict[str, Any]:
    """Return the live database of an id on the server of an address; raises `Refusal` where there is none there."""
    source = parse(identity)
    found = store.read(identity) if source is not None and source.type == DATABASE else None
    if source is None or found is None:
        message = (
            "Source database does not exist on server within the supported recovery period. "
            "If restoring a dropped database, please specify its deletion date."
        )
        raise Refusal(400, "InvalidLiveDatabase", message)
    if source.above.lower() != address.above.lower():
        raise Refusal(400, "InvalidSourceDatabaseId", f"The source database '{identity}' is on another server.")
    return found


def _dropped(store: Store, address: Address, given: Mapping[str, Any]) -> Source:
    """Return a dropped database of the same server, as of its deletion or an earlier moment that its backups reach."""
    identity = str(given.get("restorableDroppedDatabaseId") or given.get("sourceDatabaseId") or "")
    found = sql_dropped.found(store, identity, str(given.get("sourceDatabaseDeletionDate") or ""))
    if not identity.lower().startswith(f"{address.above.lower()}/"):
        raise Refusal(400, "InvalidRestorableDroppedDatabaseId", "Invalid restorable dropped database identifier")
    deleted, first = read_moment(found.deleted), read_moment(found.earliest) if found.earliest else None
    asked = read_moment(str(given.get("restorePointInTime") or found.deleted))
    if first is None or not first <= asked <= deleted:
        message = "Source database dropped does not exist on server within the supported recovery period."
        raise Refusal(400, "InvalidDroppedDatabase", message)
    return Source(database=found.database, at=asked, sku=found.sku)


def _long_term(store: Store, address: Address, given: Mapping[str, Any]) -> Source:
    """Return the database of a long-term backup as of when that was taken."""
    backup = long_term(store, str(given.get("longTermRetentionBackupResourceId") or ""))
    at = read_moment(str(backup["properties"]["backupTime"]))
    return Source(database=sql_points.database_of(store, backup), at=at)


def _elsewhere(store: Store, address: Address, given: Mapping[str, Any]) -> Source:
    """Return a database as of its last copy in the other region; its server need be there no longer for long."""
    identity = str(given.get("recoverableDatabaseId") or given.get("sourceDatabaseId") or "")
    if not identity:
        raise Refusal(400, "MissingRecoverableDatabaseId", "Missing recoverable database identifier.")
    source = parse(identity)
    known = source is not None and source.type == RECOVERABLE_DATABASE.arm.lower() and not source.collection
    found = store.read(identity) if known else None
    at = ((found or {}).get("properties") or {}).get("lastAvailableBackupDate")
    if found is None or not at:
        raise Refusal(400, "InvalidRecoverableDatabaseId", "Invalid recoverable database identifier.")
    server, _, name = of_resource(identity).path.rpartition("/")
    database = f"{server.rpartition('/')[0]}/databases/{name}"
    return Source(database=database, at=read_moment(str(at)), sku=(store.read(database) or {}).get("sku"))


_SOURCES: Mapping[str, Callable[[Store, Address, Mapping[str, Any]], Source]] = {
    "pointintimerestore": _point_in_time,
    "restore": _dropped,
    "restorelongtermretentionbackup": _long_term,
    "recovery": _elsewhere,
}
"""The modes of making a database that restore one, in lower case."""
EFFECTS: Mapping[str, jobs.Effect] = {
    "sql restore": finish,
    "sql drop": sql_dropped.drop,
    "sql server drop": sql_dropped.drop_server,
    "sql server recover": sql_dropped.bring_back,
    "sql failover": sql_failover.swap,
    "sql seeding": sql_failover.seeded,
}
"""What happens at the end of SQL's work, by name."""
