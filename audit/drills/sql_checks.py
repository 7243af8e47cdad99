"""Checks a restored database: that it is online and sound, and that what is in it is what should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from audit.drill_record import RecoveryPoint
from audit.drills import objects, sql_manifest, sql_statements
from audit.drills.databases import Told
from audit.drills.drill import Database, Drill, Found, Probe
from audit.drills.outcomes import Failed
from audit.drills.sql_manifest import ManifestTold
from audit.drills.sql_points import API

_ENCRYPTED, _NOT_ALLOWED = 3, (40518, 2526, 102)
"""The state of a database that its key opens; the errors by which a tier refuses an option of the check."""
_ERROR = 10
"""What is above this severity is an error."""
_NO_KEY = 40925
PROTECTOR = "encryptionProtector/current"
"""What tells the key that a server's databases are encrypted under."""


def probes(drill: Drill, point: RecoveryPoint, restored: Mapping[str, Any]) -> tuple[Probe, ...]:
    """Return the checks of a restored database, the lowest level first."""
    identity, limit = str(restored["path"]), drill.settings.check_s
    told = drill.means.manifest(drill.item.ref, "manifest") if drill.means.manifest else None
    known = msgspec.convert(told, ManifestTold) if told else None
    own_key = bool(restored.get("own_key"))

    def on(check: Any, *words: Any) -> Found:
        database = sql_manifest.connected(identity, drill.means)
        try:
            found: Found = check(database, *words)
        finally:
            database.close()
        return found

    return (
        Probe(id="sql.online", level=3, run=lambda: on(_online, limit)),
        *((Probe(id="sql.key", level=4, run=lambda: on(_key, drill, restored)),) if own_key else ()),
        Probe(id="sql.integrity", level=4, run=lambda: on(_sound, limit)),
        Probe(id="sql.schema", level=5, run=lambda: on(_schema, drill, known)),
        Probe(id="sql.rows", level=5, run=lambda: on(_rows, drill, known, point)),
        Probe(id="sql.canary", level=5, run=lambda: on(_canary, drill, point)),
        *((Probe(id="sql.query", level=6, run=lambda: on(_query, known, limit)),) if known and known.query else ()),
    )


def _online(database: Database, limit: float) -> Found:
    """Ask the engine itself whether the database is online."""
    state = next((str(row[0]) for row in database.rows(sql_statements.ONLINE, limit_s=limit)), "not there")
    observed = {"state": state}
    if state != "ONLINE":
        return Found(result="fail", reason=f"the database is {state}", observed=observed)
    return Found(result="pass", observed=observed)


def _key(database: Database, drill: Drill, restored: Mapping[str, Any]) -> Found:
    """See that the copy is encrypted under the key that the source is, and that it opens: what is read proves that."""
    limit, wanted = drill.settings.check_s, str(restored.get("protector") or "")
    try:
        state = next((int(row[0]) for row in database.rows(sql_statements.ENCRYPTED, limit_s=limit)), 0)
    except Told as told:
        if told.number == _NO_KEY:
            raise Failed(4, "the key of the copy is out of use") from told
        raise
    if state != _ENCRYPTED:
        return Found(result="fail", reason="the copy is not encrypted", observed={"state": state})
    server = str(restored["path"]).rpartition("/databases/")[0]
    if wanted and _protects(drill.actor.read(f"{server}/{PROTECTOR}", API)) != wanted:
        return Found(result="fail", reason="the copy is under another key than its source", observed={"state": state})
    return Found(result="pass", observed={"state": state})


def _protects(protector: Mapping[str, Any]) -> str:
    return str((protector.get("properties") or {}).get("serverKeyName") or "")


def _sound(database: Database, limit: float) -> Found:
    """Have the engine check all pages; of its messages the numbers are kept, as the text may hold rows."""
    told: list[tuple[Any, ...]] = []
    options = "strict"
    try:
        told = list(database.rows(sql_statements.INTEGRITY[0], limit_s=limit))
    except Told as refused:
        if refused.number not in _NOT_ALLOWED:
            raise
        options = "plain, as the tier refuses the strict one"
        told = list(database.rows(sql_statements.INTEGRITY[1], limit_s=limit))
    # Error, Level and State are the first three columns of TABLERESULTS.
    errors = Counter(str(int(row[0])) for row in told if int(row[1]) > _ERROR)
    observed = {"errors": sum(errors.values()), "numbers": dict(sorted(errors.items())), "options": options}
    if errors:
        return Found(result="fail", reason=f"{sum(errors.values())} errors of integrity", observed=observed)
    return Found(result="pass", observed=observed)


def _schema(database: Database, drill: Drill, known: ManifestTold | None) -> Found:
    """Compare tables, columns and types with the manifest."""
    if known is None:
        return Found(result="not-run", reason="no manifest was prepared")
    own = sql_manifest.schema_of(database, drill.means)
    found = {sql_manifest.name_of(drill.means, *table) for table in sql_manifest.tables_of(database)}
    missing = len({table.name for table in known.tables} - found)
    observed, expected = {"tables": len(found), "missing": missing}, {"tables": len(known.tables)}
    if missing:
        return Found(result="fail", reason=f"{missing} tables are missing", observed=observed, expected=expected)
    if own != known.schema:
        return Found(result="fail", reason="its columns are others", observed=observed, expected=expected)
    return Found(result="pass", observed=observed, expected=expected)


def _rows(database: Database, drill: Drill, known: ManifestTold | None, point: RecoveryPoint) -> Found:
    """Compare counts and digests with the manifest.

    A table must have as many rows as when the manifest was made, if that was before the point: tables grow. Those of
    which the manifest holds a digest must be as they were. Those that the rules call `shrinking` need only be there.
    """
    if known is None:
        return Found(result="not-run", reason="no manifest was prepared")
    limit, earlier = drill.settings.check_s, _moment(known.made_at) <= point.created_at
    wanted = {table.name: table for table in known.tables}
    shrinking = {
        sql_manifest.name_of(drill.means, *str(name).split(".", 1)) for name in drill.item.facts.get("shrinking") or ()
    }
    counted = fewer = compared = differ = 0
    for schema, name in sql_manifest.tables_of(database):
        told = wanted.get(sql_manifest.name_of(drill.means, schema, name))
        if told is None or told.name in shrinking:
            continue
        if told.digest:
            compared += 1
            differ += sql_manifest.digest_of(database, drill.means, schema, name, limit_s=limit) != told.digest
        elif earlier:
            counted += 1
            fewer += sql_manifest.rows_of(database, schema, name, limit_s=limit) < told.rows
    observed = {"tables": len(wanted), "counted": counted, "with_fewer_rows": fewer}
    observed |= {"compared": compared, "differ": differ}
    if fewer or differ:
        reason = f"{fewer} of {counted} tables have fewer rows, {differ} of {compared} others"
        return Found(result="fail", reason=reason, observed=observed)
    if not counted and not compared:
        return Found(result="not-run", reason="the manifest is newer than the recovery point", observed=observed)
    return Found(result="pass", observed=observed)


def _canary(database: Database, drill: Drill, point: RecoveryPoint) -> Found:
    """Look for the newest canary: its age is what may be lost."""
    found = sql_manifest.newest_canary(database, drill.item, drill.means, limit_s=drill.settings.check_s)
    return objects.fresh(drill, found, before=point.created_at)


def _query(database: Database, known: ManifestTold, limit: float) -> Found:
    """Ask what a customer's way asks; rows must come, and none is kept."""
    count = sum(1 for _ in database.rows(known.query, limit_s=limit))
    if not count:
        return Found(result="fail", reason="the customers' query gives no rows", observed={"rows": 0})
    return Found(result="pass", observed={"rows": count})


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
