"""Database backups are kept in two regions.

Catalogue: SQL-16.

## Why we promise this
A backup that stands beside its database is lost with it.

## How to keep it
Set `requested_backup_storage_redundancy="GeoZone"` (or `"Geo"`) on the database. The live audit adds what Azure has
put in force, which may follow a change two days later.
"""

from audit.kinds.sql import SQL_DATABASE, is_master
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, not_applicable, same

ON = SQL_DATABASE
SEVERITY = Severity.HIGH
PROMISED = ("Geo", "GeoZone")


def judge(database: Resource) -> Ruling:
    if is_master(database):
        return not_applicable("Azure keeps the master database itself")
    seen = database.read("requestedBackupStorageRedundancy", str)
    if any(same(seen, promised) for promised in PROMISED):
        return kept(f"backups are stored with {seen} redundancy")
    return broken(
        f"backups are stored with {seen} redundancy, promised {' or '.join(PROMISED)}",
        change={"requestedBackupStorageRedundancy": "Geo"},
    )


EXAMPLES = (
    Example(Verdict.KEPT, {"requestedBackupStorageRedundancy": "GeoZone"}),
    Example(Verdict.KEPT, {"requestedBackupStorageRedundancy": "Geo"}),
    Example(Verdict.BROKEN, {"requestedBackupStorageRedundancy": "Zone"}, note="zones of one region"),
    Example(Verdict.BROKEN, {"requestedBackupStorageRedundancy": "Local"}),
    Example(Verdict.UNPROVEN, {"requestedBackupStorageRedundancy": None}),
    Example(Verdict.NOT_APPLICABLE, {"databaseName": "master"}),
)
