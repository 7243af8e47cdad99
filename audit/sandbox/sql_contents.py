"""What the databases of the local Azure hold from which moment on, and what a restore of them brings back.

No backup is a file here: a database has a history, and restoring it takes what it held at a moment.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from audit.kinds.sql import SQL_SERVER
from audit.sandbox.store import Store

_KIND = "sql content"
_DAY = timedelta(days=1)


class Damage(StrEnum):
    """What is wrong with the backups of a database from a moment on; the database itself is as it should be."""

    NONE = ""
    MISSING_TABLE = "missing table"
    """Its last table by name is not in them."""
    FEWER_ROWS = "fewer rows"
    """A tenth of its longest table, and one row at least, is not in them."""
    CORRUPT_PAGE = "corrupt page"
    """A page cannot be read: all is there, and a consistency check reports it."""
    BROKEN_LEDGER = "broken ledger"
    """A row was changed behind the ledger's back: its verification fails."""
    SUSPECT = "suspect"
    """What is restored from them comes up, and does not go online."""
    STALE = "stale"
    """A restore of them succeeds, and brings what was held a day before."""


class Table(msgspec.Struct, frozen=True):
    """One table: its columns by name and T-SQL type, and its rows, values spelt as the data plane spells them."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...] = ()
    external: bool = False
    """Whether its rows lie elsewhere, and it only looks like one of the database's own."""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What one database holds from a moment on, until the next."""

    tables: Mapping[str, Table] = {}
    """`dbo.people` → the table; a name without a schema stands in `dbo`."""
    damage: Damage = Damage.NONE
    """What is wrong with the backups that are taken of it."""
    state: Damage = Damage.NONE
    """What is wrong with the database itself, since it was restored from a damaged backup."""
    key: str = ""
    """The customer's key that its backups are encrypted under; empty for what protects its server."""


def hold(
    store: Store,
    database: str,
    at: datetime,
    tables: Mapping[str, Mapping[str, Any]],
    damage: str = "",
    *,
    key: str = "",
) -> None:
    """Let a database hold these tables from a moment on: `{name: {"columns": [[name, type]], "rows": [[…]]}}`.

    `database` is its ARM id. Raises `ValueError` for a damage that is none.
    """
    made = {_qualified(name): msgspec.convert(table, Table) for name, table in tables.items()}
    keep(store, database, at, Content(tables=made, damage=Damage(damage), key=key))


def keep(store: Store, database: str, at: datetime, content: Content) -> None:
    """Let a database hold a content from a moment on."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    store.put_document(_KIND, f"{_opening(database)}{moment}", msgspec.to_builtins(content))


def held(store: Store, database: str, at: datetime) -> Content:
    """Return what a database held at a moment, nothing where it held nothing yet."""
    opening, moment = _opening(database), at.astimezone(UTC).isoformat(timespec="microseconds")
    query = "select body from documents where kind = ? and id >= ? and id <= ? order by id desc limit 1"
    row = store.connection.execute(query, (_KIND, opening, f"{opening}{moment}")).fetchone()
    return msgspec.convert(json.loads(row[0]), Content) if row else Content()


def since(store: Store, database: str) -> datetime | None:
    """Return the first moment from which on something is known of a database, None where nothing is."""
    opening = _opening(database)
    query = "select min(id) from documents where kind = ? and id >= ? and id < ?"
    row = store.connection.execute(query, (_KIND, opening, f"{opening}~")).fetchone()
    return datetime.fromisoformat(row[0].rpartition("@")[2]) if row and row[0] else None


def restored(store: Store, database: str, at: datetime) -> Content:
    """Return what comes back when a database is restored as of a moment, with what is wrong with its backups."""
    found = held(store, database, at)
    damage = found.damage if found.damage is not Damage.NONE else found.state
    tables = dict(held(store, database, at - _DAY).tables if damage is Damage.STALE else found.tables)
    if damage is Damage.MISSING_TABLE and tables:
        del tables[max(tables)]
    if damage is Damage.FEWER_ROWS and tables:
        name = max(tables, key=lambda one: (len(tables[one].rows), one))
        rows = tables[name].rows
        tables[name] = msgspec.structs.replace(tables[name], rows=rows[: len(rows) - max(1, len(rows) // 10)])
    seen = damage in (Damage.CORRUPT_PAGE, Damage.BROKEN_LEDGER, Damage.SUSPECT)
    return Content(tables=tables, state=damage if seen else Damage.NONE, key=found.key)


def named(store: Store, type_name: str, name: str) -> dict[str, Any] | None:
    """Return the one resource of a type and a name that is unique in the world, None where there is none."""
    return next((found for found in store.listed(type_name) if found["name"].lower() == name.lower()), None)


def source(store: Store, database: str) -> str:
    """Return the ARM id of the database whose data another one shows: its primary's, or its own where it has none.

    https://learn.microsoft.com/azure/azure-sql/database/active-geo-replication-overview
    """
    for link in store.listed(f"{SQL_SERVER.arm}/databases/replicationLinks", below=database):
        told = link.get("properties") or {}
        server = named(store, SQL_SERVER.arm, str(told.get("partnerServer")))
        if told.get("role") == "Secondary" and server is not None:
            return f"{server['id']}/databases/{told.get('partnerDatabase')}"
    return database


def _qualified(name: str) -> str:
    return name if "." in name else f"dbo.{name}"


def _opening(database: str) -> str:
    """Return what the ids of a database's history open with; no id of ARM holds the sign at its end."""
    return f"{database.rstrip('/').lower()}@"
