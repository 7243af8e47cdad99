"""Which backup of a database is restored: the newest of the kind that the method names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.drill_record import Left, RecoveryPoint
from audit.drills.drill import Drill
from audit.drills.outcomes import Failed, Inconclusive

API = "2023-08-01"
"""https://learn.microsoft.com/rest/api/sql"""
POINT, GEO, LONG, DROPPED = "point-in-time", "geo", "long-term", "dropped"
_NO_TIME = "no time is told"
_LOG = timedelta(minutes=10)
"""How far the log backups lag behind: https://learn.microsoft.com/azure/azure-sql/database/automated-backups-overview"""


def chosen(drill: Drill) -> RecoveryPoint:
    """Return the newest point by the method; raises `Failed` where there is none, `Refused` where none is seen."""
    return {POINT: _moment, GEO: _elsewhere, LONG: _long_term, DROPPED: _dropped}[drill.item.method](drill)


def request(drill: Drill, point: RecoveryPoint) -> Mapping[str, Any]:
    """Return the properties that ask for the restore of a point.

    https://learn.microsoft.com/rest/api/sql/databases/create-or-update (`createMode`)
    """
    if drill.item.method == POINT:
        moment = f"{point.created_at:%Y-%m-%dT%H:%M:%SZ}"
        return {"createMode": "PointInTimeRestore", "sourceDatabaseId": drill.item.id, "restorePointInTime": moment}
    if drill.item.method == GEO:
        return {"createMode": "Recovery", "sourceDatabaseId": point.id}
    if drill.item.method == LONG:
        return {"createMode": "RestoreLongTermRetentionBackup", "longTermRetentionBackupResourceId": point.id}
    return {"createMode": "Restore", "sourceDatabaseId": point.id}


def _moment(drill: Drill) -> RecoveryPoint:
    """Choose the newest moment that log backups can have reached."""
    found = drill.actor.read(drill.item.id, API)
    earliest = _time((found.get("properties") or {}).get("earliestRestoreDate"))
    moment = (drill.clock.now() - _LOG).replace(microsecond=0)
    if earliest is None or earliest > moment:
        raise Failed(1, "there is no moment yet to which it can be set back")
    return RecoveryPoint(
        id=f"{moment:%Y-%m-%dT%H:%M:%SZ}", created_at=moment, tier="automated", completeness="Completed"
    )


def _elsewhere(drill: Drill) -> RecoveryPoint:
    """Choose the copy of the backups in the other region."""
    identity = _sibling(drill, "recoverableDatabases")
    found = drill.actor.found(identity, API)
    made = _time(((found or {}).get("properties") or {}).get("lastAvailableBackupDate"))
    if found is None:
        raise Failed(1, "no copy of its backups is in another region")
    if made is None:
        raise Inconclusive("the time of the copy in another region is not told")
    return RecoveryPoint(id=identity, created_at=made, tier="geo-redundant", completeness="Completed")


def _long_term(drill: Drill) -> RecoveryPoint:
    """Choose the newest of the backups that are kept for long, of those that have not expired."""
    subscription, server, database = drill.item.id.split("/")[2], *_names(drill)
    region = str(drill.actor.read(drill.item.id, API).get("location") or drill.item.region)
    path = (
        f"/subscriptions/{subscription}/providers/Microsoft.Sql/locations/{region}/longTermRetentionServers/{server}"
        f"/longTermRetentionDatabases/{database}/longTermRetentionBackups"
    )
    now, fit, skipped = drill.clock.now(), [], []
    for backup in drill.actor.listed(path, API):
        properties = backup.get("properties") or {}
        made, ends = _time(properties.get("backupTime")), _time(properties.get("backupExpirationTime"))
        if made is None or (ends is not None and ends <= now):
            why = "it has expired" if made else _NO_TIME
            skipped.append(Left(ref=str(backup.get("name", "")), type="long-term backup", reason=why))
        else:
            fit.append((made, str(backup["id"]), str(properties.get("backupStorageRedundancy") or "")))
    if not fit and any(left.reason == _NO_TIME for left in skipped):
        raise Inconclusive(f"of a long-term backup {_NO_TIME}")
    if not fit:
        raise Failed(1, "no long-term backup of it is there")
    made, identity, redundancy = max(fit)
    newer = tuple(left for left in skipped if left.ref)
    return RecoveryPoint(
        id=identity, created_at=made, tier=f"long-term {redundancy}".strip(), completeness="Completed", skipped=newer
    )


def _dropped(drill: Drill) -> RecoveryPoint:
    """Choose the last time at which a database of this name was dropped."""
    _, database = _names(drill)
    found = [
        (_time((one.get("properties") or {}).get("deletionDate")), str(one["id"]))
        for one in drill.actor.listed(f"{_server(drill)}/restorableDroppedDatabases", API)
        if str((one.get("properties") or {}).get("databaseName", "")).lower() == database.lower()
    ]
    known = [(made, identity) for made, identity in found if made is not None]
    if found and not known:
        raise Inconclusive(f"a database of the name was dropped, and of that {_NO_TIME}")
    if not known:
        raise Failed(1, "no dropped database of the name can be brought back")
    made, identity = max(known)
    return RecoveryPoint(id=identity, created_at=made, tier="dropped", completeness="Completed")


def _sibling(drill: Drill, kind: str) -> str:
    return f"{_server(drill)}/{kind}/{_names(drill)[1]}"


def _server(drill: Drill) -> str:
    return drill.item.id[: drill.item.id.lower().index("/databases/")]


def _names(drill: Drill) -> tuple[str, str]:
    server, database = drill.item.id.split("/")[-3], drill.item.id.split("/")[-1]
    return server, database


def _time(text: Any) -> datetime | None:
    """Read a moment as ARM writes it, None where there is none; SQL's has seven digits of a second."""
    if not isinstance(text, str) or not text:
        return None
    whole, _, fraction = text.rstrip("Z").partition(".")
    fraction, plus, offset = fraction.partition("+")
    try:
        moment = datetime.fromisoformat(f"{whole}{f'.{fraction[:6]:0<6}' if fraction else ''}{plus}{offset}")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
