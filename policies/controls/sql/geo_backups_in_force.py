"""Database backups are in two regions by now, not only by intention.

Catalogue: SQL-16.

## Why we promise this
A change of where backups are kept takes up to two days, and until then a loss of the region finds them where they were.

## How to keep it
Wait two days after a change of `requested_backup_storage_redundancy`; where Azure has not followed, ask its support.
"""

from audit.kinds.sql import SQL_DATABASE, is_master
from audit.model import Example, Plane, Resource, Ruling, Severity, Verdict, broken, kept, not_applicable, same

ON = SQL_DATABASE
PLANES = (Plane.LIVE,)
SEVERITY = Severity.HIGH
PROMISED = ("Geo", "GeoZone")


def judge(database: Resource) -> Ruling:
    if is_master(database):
        return not_applicable("Azure keeps the master database itself")
    seen = database.read("currentBackupStorageRedundancy", str)
    if any(same(seen, promised) for promised in PROMISED):
        return kept(f"backups are now stored with {seen} redundancy")
    return broken(f"backups are now stored with {seen} redundancy, promised {' or '.join(PROMISED)}")


EXAMPLES = (
    Example(Verdict.KEPT, {"currentBackupStorageRedundancy": "GeoZone"}),
    Example(Verdict.KEPT, {"currentBackupStorageRedundancy": "Geo"}),
    Example(Verdict.BROKEN, {"currentBackupStorageRedundancy": "Local", "requestedBackupStorageRedundancy": "Geo"}),
    Example(Verdict.UNPROVEN, {"requestedBackupStorageRedundancy": "Geo"}),
    Example(Verdict.NOT_APPLICABLE, {"databaseName": "master"}),
)
