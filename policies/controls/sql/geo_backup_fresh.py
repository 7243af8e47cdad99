"""The other region holds a backup of every user database that is hours old.

Catalogue: SQL-19.

## Why we promise this
If the region and its copy are both lost, what is left is the backup that Azure copied to the paired region. Its age is
the work that would be lost.

## How to keep it
Keep `requested_backup_storage_redundancy` on `"Geo"` or `"GeoZone"`. Where the backup stays old, ask Azure's support.
"""

from datetime import timedelta

from audit.kinds.moments import age, words
from audit.kinds.sql import RECOVERABLE_DATABASE, REPLICATION_LINK, SQL_DATABASE, SQL_SERVER, is_master
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    kept,
    missing,
    not_applicable,
    same,
)

ON = SQL_DATABASE
NEEDS = (RECOVERABLE_DATABASE, REPLICATION_LINK, SQL_SERVER)
PLANES = (Plane.LIVE,)
SEVERITY = Severity.HIGH


def judge(database: Resource, estate: Estate, targets: Targets) -> Ruling:
    if is_master(database):
        return not_applicable("Azure keeps the master database itself")
    links = estate.children(database, REPLICATION_LINK)
    if links and all(same(link.read("role", str), "Secondary") for link in links):
        return not_applicable("it is a copy, of which Azure makes no backups before it takes over")
    name, most = database.read("databaseName", str), targets.number("sql.geo_backup_hours")
    held = [
        backup
        for backup in estate.children(estate.parent(database), RECOVERABLE_DATABASE)
        if same(backup.read("databaseName", str), name)
    ]
    if not held:
        return missing(
            "the paired region holds no backup of it", declare='requested_backup_storage_redundancy="Geo" and an hour'
        )
    passed = min(age(backup, "lastAvailableBackupDate") for backup in held)
    if passed > timedelta(hours=most):
        return broken(f"the paired region's backup is {words(passed)} old, promised {most} hours")
    return kept(f"the paired region's backup is {words(passed)} old, promised {most} hours")


_SERVER = {"$reference": "server"}


def _backup(moment: object, name: str = "Accounts") -> Neighbour:
    body = {"serverName": _SERVER, "databaseName": name, "lastAvailableBackupDate": moment}
    return Neighbour(RECOVERABLE_DATABASE, body, name=f"backup-{name}")


def _case(verdict: Verdict, *neighbours: Neighbour, note: str = "") -> Example:
    body = {"serverName": _SERVER, "databaseName": "accounts"}
    server = Neighbour(SQL_SERVER, {}, name="server")
    return Example(verdict, body, (server, *neighbours), {"sql.geo_backup_hours": 2}, note)


_LINK = Neighbour(REPLICATION_LINK, {"databaseName": {"$reference": "it"}, "role": "Secondary"})

EXAMPLES = (
    _case(Verdict.KEPT, _backup("2026-01-15T10:00:00Z"), note="two hours"),
    _case(Verdict.BROKEN, _backup("2026-01-15T09:59:00Z"), note="a minute more"),
    _case(Verdict.BROKEN, _backup("2026-01-15T11:00:00Z", "register"), note="another database's"),
    _case(Verdict.BROKEN, note="none"),
    _case(Verdict.UNPROVEN, _backup(None)),
    _case(Verdict.UNPROVEN, _backup("2027-01-15T10:00:00Z"), note="in the future"),
    _case(Verdict.NOT_APPLICABLE, _LINK, note="the copy"),
    Example(Verdict.NOT_APPLICABLE, {"databaseName": "master"}),
)
