"""Where a SQL database can be restored from: its continuous backup, and the copies that are kept for the long term."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.kinds.sql import LONG_TERM_BACKUP, SHORT_TERM_RETENTION, SQL_SERVER
from audit.placement import guid
from audit.sandbox import listing, permissions, resources
from audit.sandbox.address import Address, of_resource, parse
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.made import moment
from audit.sandbox.sql_contents import named, since
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

_TAKEN = "sql long-term backup"
_PLACES = tuple(
    f"microsoft.sql/locations/{steps}longtermretentionbackups"
    for steps in ("", "longtermretentionservers/", "longtermretentionservers/longtermretentiondatabases/")
)
"""The collections that list long-term backups: of a region, a server, a database."""
_POINTS = "microsoft.sql/servers/databases/restorepoints"
_RETENTION = SHORT_TERM_RETENTION.arm.lower()
_DAYS = range(1, 36)
"""https://learn.microsoft.com/azure/azure-sql/database/automated-backups-overview#backup-retention"""


def answer(call: Call, address: Address) -> Reply | None:
    """Answer for long-term backups and restore points, and refuse a wrong retention; None for all else."""
    if address.type == _RETENTION and call.method in ("PUT", "PATCH"):
        _demand_days(call)
    if call.method == "GET" and address.type in _PLACES and address.collection:
        permissions.demand(call.store, f"{_read_at(address)}/read", address.path, CLIENT)
        return listing.paged(call, lambda after: (one for one in _backups(call, address) if one["id"].lower() > after))
    if call.method == "GET" and address.type == _PLACES[-1] and address.group:
        return Reply(200, long_term(call.store, address.path))
    if call.method == "GET" and address.type == _POINTS:
        return _points(call, address)
    return None


def take_long_term(store: Store, database: str, at: datetime, expires: datetime, **said: Any) -> str:
    """Take a long-term backup of a database as of a moment; returns its ARM id. `said` are further properties.

    Its name holds an id of its own and the moment: https://learn.microsoft.com/rest/api/sql/long-term-retention-backups
    """
    source = of_resource(database)
    server = store.read(source.above) or {}
    region, ticks = server.get("location"), file_time(at)
    name = guid(source.id, "backup")
    place = (
        f"/subscriptions/{source.subscription}/providers/Microsoft.Sql/locations/{region}"
        f"/longTermRetentionServers/{server.get('name')}/longTermRetentionDatabases/{source.name}"
    )
    identity = f"{place}/longTermRetentionBackups/{name};{ticks};Hot"
    told = {
        "serverName": server.get("name"),
        "serverCreateTime": moment(at - timedelta(days=1)),
        "databaseName": source.name,
        "backupTime": moment(at),
        "backupExpirationTime": moment(expires),
        "backupStorageRedundancy": "Geo",
        "requestedBackupStorageRedundancy": "Geo",
        "backupStorageAccessTier": "Hot",
        **said,
    }
    body = {"id": identity, "name": identity.rpartition("/")[2], "type": LONG_TERM_BACKUP.arm, "properties": told}
    store.put(identity, body)
    store.put_document(_TAKEN, identity.lower(), {"database": source.path, "group": source.group})
    return identity


def long_term(store: Store, identity: str) -> dict[str, Any]:
    """Return a long-term backup by its id, in the subscription or in a group; raises `Refusal` where there is none."""
    address = parse(identity)
    if address is not None and address.type == LONG_TERM_BACKUP.arm.lower() and not address.collection:
        whole = f"/subscriptions/{address.subscription}/providers/{address.path.rpartition('/providers/')[2]}"
        found = store.read(whole)
        if found is not None and (not address.group or _group(store, found) == address.group.lower()):
            return found if not address.group else {**found, "id": address.path}
    raise Refusal(404, "ResourceNotFound", f"The long-term backup '{identity}' was not found.")


def database_of(store: Store, backup: dict[str, Any]) -> str:
    """Return the ARM id of the database that a long-term backup was taken of, empty where it is not known."""
    identity = str(backup["id"])
    place = f"/subscriptions/{identity.split('/')[2]}/providers/{identity.rpartition('/providers/')[2]}"
    taken = store.document(_TAKEN, place.lower())
    if taken is not None:
        return str(taken["database"])
    told = backup.get("properties") or {}
    server = named(store, SQL_SERVER.arm, str(told.get("serverName")))
    return f"{server['id']}/databases/{told.get('databaseName')}" if server else ""


def earliest(store: Store, database: dict[str, Any]) -> datetime | None:
    """Return how far back a database can be restored: its first backup, or its retention; None where it has none."""
    told = (database.get("properties") or {}).get("earliestRestoreDate")
    first = read_moment(told) if told else since(store, str(database["id"]))
    return None if first is None else max(first, store.now() - timedelta(days=retention(store, str(database["id"]))))


def retention(store: Store, database: str) -> int:
    """Return for how many days a database's backups are kept, while it is there and after it was deleted."""
    policy = resources.read(store, of_resource(f"{database}/backupShortTermRetentionPolicies/default"))
    return int((policy.get("properties") or {}).get("retentionDays", 7))


def file_time(at: datetime) -> int:
    """Return a moment as Windows counts it, in tenths of a microsecond since 1601."""
    return int((at - datetime(1601, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) * 10


def read_moment(text: str) -> datetime:
    """Read a moment as ARM's clients spell it; one without a zone is of UTC. Raises `Refusal` where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(400, "InvalidParameterValue", f"'{text}' is no moment.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _demand_days(call: Call) -> None:
    """Raise what Azure answers to a retention of days that it does not keep."""
    days = (call.object().get("properties") or {}).get("retentionDays")
    if days is not None and (not isinstance(days, int) or days not in _DAYS):
        message = (
            f"The retention days of {days} is not a valid configuration. "
            "Valid backup retention in days must be between 1 and 35"
        )
        raise Refusal(400, "InvalidBackupRetentionPeriod", message)


def _read_at(address: Address) -> str:
    """Return the type whose reading a list of long-term backups needs."""
    if len(address.types) < len(LONG_TERM_BACKUP.arm.split("/")) - 1:
        return "/".join((address.provider, *address.types))
    return LONG_TERM_BACKUP.arm


def _group(store: Store, backup: dict[str, Any]) -> str:
    taken = store.document(_TAKEN, str(backup["id"]).lower())
    if taken is not None:
        return str(taken["group"]).lower()
    database = parse(database_of(store, backup))
    return database.group.lower() if database else ""


def _backups(call: Call, address: Address) -> Iterator[dict[str, Any]]:
    """Yield the long-term backups of a region, server or database in order of their ids, as the query wants them.

    https://learn.microsoft.com/rest/api/sql/long-term-retention-backups/list-by-location
    """
    whole = f"/subscriptions/{address.subscription}/providers/{address.path.rpartition('/providers/')[2]}"
    found = call.store.listed(LONG_TERM_BACKUP.arm, below=whole.rpartition("/")[0])
    if call.query.get("onlylatestperdatabase", "").lower() == "true":
        latest = {str(one["id"]).lower().partition("/longtermretentionbackups/")[0]: one for one in _by_time(found)}
        found = sorted(latest.values(), key=lambda one: str(one["id"]).lower())
    state = call.query.get("databasestate", "all").lower()
    for one in found:
        live = call.store.read(database_of(call.store, one) or "/none") is not None
        if state in ("all", "live" if live else "deleted") and (
            not address.group or _group(call.store, one) == address.group.lower()
        ):
            scope = f"/subscriptions/{address.subscription}/resourceGroups/{address.group}/providers/"
            yield {**one, "id": scope + str(one["id"]).rpartition("/providers/")[2]} if address.group else one


def _by_time(backups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(backups, key=lambda one: read_moment(str(one["properties"]["backupTime"])))


def _points(call: Call, address: Address) -> Reply:
    """Answer the restore points of a database: one that goes on from its earliest moment.

    https://learn.microsoft.com/rest/api/sql/restore-points/list-by-database
    """
    permissions.demand(call.store, "Microsoft.Sql/servers/databases/restorePoints/read", address.path, CLIENT)
    database = resources.read(call.store, of_resource(address.above))
    first = earliest(call.store, database)
    told = {"restorePointType": "CONTINUOUS", "earliestRestoreDate": moment(first) if first else None}
    point = {
        "id": f"{database['id']}/restorePoints/ContinuousRestorePoint",
        "name": "ContinuousRestorePoint",
        "type": "Microsoft.Sql/servers/databases/restorePoints",
        "location": database.get("location"),
        "properties": told,
    }
    points = [point] if first else []
    if address.collection:
        return Reply(200, {"value": points})
    if address.name.lower() == "continuousrestorepoint" and points:
        return Reply(200, point)
    raise Refusal(404, "DatabaseRestorePointNotFound", "Can not find database restore point.")
