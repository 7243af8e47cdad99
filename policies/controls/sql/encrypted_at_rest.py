"""Every user database is encrypted on disk.

Catalogue: SQL-01.

## Why we promise this
Files, logs and backups of an encrypted database are useless to whoever carries them away.

## How to keep it
Declare `sql.TransparentDataEncryption` for each database, with `tde_name="current"` and `state="Enabled"`: what is
declared is put back when somebody switches it off.
"""

from audit.kinds.sql import SQL_DATABASE, TRANSPARENT_DATA_ENCRYPTION, is_master
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    kept,
    missing,
    not_applicable,
    same,
)

ON = SQL_DATABASE
NEEDS = (TRANSPARENT_DATA_ENCRYPTION,)
SEVERITY = Severity.CRITICAL


def judge(database: Resource, estate: Estate) -> Ruling:
    if is_master(database):
        return not_applicable("Azure keeps the master database itself")
    settings = estate.children(database, TRANSPARENT_DATA_ENCRYPTION)
    for setting in settings:
        state = setting.read("state", str)
        if not same(state, "Enabled"):
            return broken(f"encryption is {state}, promised Enabled", change={"state": "Enabled"}, subject=setting)
    if settings:
        return kept("encryption is Enabled")
    return missing(
        "nothing says that the database is encrypted",
        declare='sql.TransparentDataEncryption(database_name=…, tde_name="current", state="Enabled")',
    )


def _setting(state: object) -> tuple[Neighbour, ...]:
    body = {"databaseName": {"$reference": "it"}, "state": state}
    return (Neighbour(TRANSPARENT_DATA_ENCRYPTION, body, name="current"),)


EXAMPLES = (
    Example(Verdict.KEPT, {}, _setting("Enabled")),
    Example(Verdict.BROKEN, {}, _setting("Disabled")),
    Example(Verdict.BROKEN, {}, note="no setting"),
    Example(Verdict.UNPROVEN, {}, _setting(None)),
    Example(Verdict.NOT_APPLICABLE, {"databaseName": "master"}),
)
