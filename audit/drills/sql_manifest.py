"""What is written down of a database while it is well, and the canary that is put into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from audit.canonical import sha256
from audit.drills import sql_rows, sql_statements
from audit.drills.databases import Told
from audit.drills.drill import Database, Means, Recoverable
from audit.drills.outcomes import Inconclusive, NotRun

_LIMIT = 3600.0
_NO_TABLE = 208
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class TableTold(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a manifest; its name is a digest, too."""

    name: str
    rows: int
    digest: str = ""
    """The keyed digest of all its rows, for those that `facts.exact` names: what hardly ever changes."""


class ManifestTold(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest of a database."""

    made_at: str
    schema: str
    """The digest of all tables and columns with their types."""
    tables: tuple[TableTold, ...]
    query: str = ""
    """A statement of the customers' path that must give rows."""


def prepare(item: Recoverable, means: Means) -> Mapping[str, Any]:
    """Return the manifest of a database: the digest of its schema, the count of each table, the digests of some.

    Raises `Inconclusive` where the database does not answer, and `NotRun` without a key.
    """
    database = connected(item.id, means)
    try:
        tables = [_told(database, means, item, schema, name) for schema, name in tables_of(database)]
        return {
            "schema": schema_of(database, means),
            "tables": [msgspec.to_builtins(table) for table in tables],
            "query": str(item.facts.get("query") or ""),
        }
    finally:
        database.close()


def canary(item: Recoverable, means: Means, at: datetime) -> Mapping[str, Any]:
    """Put a canary into a database in production, in a table of its own; raises as `prepare` does."""
    database = connected(item.id, means)
    try:
        return put_canary(database, item, means, at)
    finally:
        database.close()


def put_canary(database: Database, item: Recoverable, means: Means, at: datetime) -> Mapping[str, Any]:
    """Put a canary into a database that is connected to, and return what the list of canaries needs to know of it.

    Raises `Told` where the database refuses it, and `NotRun` without a key.
    """
    spelt = f"{at.astimezone(UTC):{_TIME}}"
    digest = sql_rows.hashed(f"{item.ref} {spelt}", demanded(means))
    _there(database)
    list(database.rows(sql_statements.WRITE_CANARY, (spelt, digest), limit_s=_LIMIT))
    return {"id": f"{item.ref}-{spelt}", "at": spelt, "digest": digest}


def _there(database: Database) -> None:
    """Make the table of canaries where it is not there."""
    known = {(schema.lower(), name.lower()) for schema, name in tables_of(database, own=True)}
    if ("dbo", sql_statements.CANARIES) not in known:
        list(database.rows(sql_statements.CANARY_TABLE, limit_s=_LIMIT))


def newest_canary(database: Database, item: Recoverable, means: Means, *, limit_s: float) -> datetime | None:
    """Return the time of the newest canary in a database, None where there is none that we wrote for this item."""
    try:
        for spelt, digest in database.rows(sql_statements.CANARIES_BACK, limit_s=limit_s):
            if digest == sql_rows.hashed(f"{item.ref} {spelt}", demanded(means)):
                return datetime.strptime(spelt, _TIME).replace(tzinfo=UTC)
    except Told as told:
        if told.number != _NO_TABLE:
            raise
    return None


def tables_of(database: Database, *, own: bool = False) -> list[tuple[str, str]]:
    """Return schema and name of each table, that of canaries left out unless it is asked for."""
    found = [(str(schema), str(name)) for schema, name in database.rows(sql_statements.TABLES, limit_s=_LIMIT)]
    return [entry for entry in found if own or entry[1].lower() != sql_statements.CANARIES]


def schema_of(database: Database, means: Means) -> str:
    """Return the keyed digest of all tables and columns; raises `NotRun` without a key."""
    columns = database.rows(sql_statements.COLUMNS, limit_s=_LIMIT)
    told = [[str(value) for value in row] for row in columns if str(row[1]).lower() != sql_statements.CANARIES]
    return sql_rows.hashed(sha256(msgspec.json.encode(told)), demanded(means))


def name_of(means: Means, schema: str, table: str) -> str:
    """Return the keyed digest of a table's name."""
    return sql_rows.hashed(f"{schema}.{table}".lower(), demanded(means))


def rows_of(database: Database, schema: str, table: str, *, limit_s: float = _LIMIT) -> int:
    """Return how many rows a table has."""
    ((count,),) = database.rows(sql_statements.count(schema, table), limit_s=limit_s)
    return int(count)


def digest_of(database: Database, means: Means, schema: str, table: str, *, limit_s: float = _LIMIT) -> str:
    """Return the keyed digest of all rows of a table."""
    found: Iterable[tuple[Any, ...]] = database.rows(sql_statements.rows(schema, table), limit_s=limit_s)
    return sql_rows.digest(found, demanded(means))[1]


def _told(database: Database, means: Means, item: Recoverable, schema: str, table: str) -> TableTold:
    exact = f"{schema}.{table}".lower() in {str(name).lower() for name in item.facts.get("exact") or ()}
    return TableTold(
        name=name_of(means, schema, table),
        rows=rows_of(database, schema, table),
        digest=digest_of(database, means, schema, table) if exact else "",
    )


def connected(identity: str, means: Means) -> Database:
    """Connect to a database by its ARM id; raises `NotRun` where it is none, `Inconclusive` where it is not let in."""
    if means.database is None:
        raise Inconclusive("databases cannot be asked here")
    return means.database(*place(identity))


def place(identity: str) -> tuple[str, str]:
    """Return the names of a server and its database by the database's ARM id; raises `NotRun` for anything else."""
    steps = identity.split("/")
    lower = [step.lower() for step in steps]
    if "servers" not in lower or "databases" not in lower:
        raise NotRun("it is no database of a SQL server")
    return steps[lower.index("servers") + 1], steps[lower.index("databases") + 1]


def demanded(means: Means) -> bytes:
    """Return the key of digests; raises `NotRun` without one."""
    if not means.key:
        raise NotRun("the key is not there by which rows become digests")
    return means.key
