"""Reads which columns the tables hold that promises speak of.

What stands in the body of each: `role` (whose columns: the table's name in `[data.tables]`), `columns` (their names)
and `types` (name → type). Of a table in a database there is, where it tells, `labelled` (the columns that are
classified); of one in Log Analytics `workspace` (true) and `days`: how long it keeps what it holds. A column's name
says nothing of anybody.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec

from audit.facts import Unseen
from audit.kinds.data import (
    ADMINISTRATOR_COLUMNS,
    CONTACT_COLUMNS,
    ENQUIRY_COLUMNS,
    LICENCE_COLUMNS,
    MAIL_LOG_COLUMNS,
)
from audit.kinds.operationalinsights import TABLE as WORKSPACE_TABLE
from audit.model import Gap, Kind, Resource
from audit.sources.data import statements
from audit.sources.data.databases import Asking, opened
from audit.sources.data.inside import Inside
from audit.sources.looking import Found, resource

ROLES: dict[str, Kind] = {
    "administrators": ADMINISTRATOR_COLUMNS,
    "enquiries": ENQUIRY_COLUMNS,
    "contacts": CONTACT_COLUMNS,
    "licences": LICENCE_COLUMNS,
    "mail-log": MAIL_LOG_COLUMNS,
}
KINDS = tuple(ROLES.values())


class _Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a table is, as `[data.tables.<role>]` says; the lists are what controls compare with."""

    table: str
    database: str = ""
    workspace: str = ""
    """The name of a Log Analytics workspace, where the table is there and not in a database."""
    columns: tuple[str, ...] = ()
    technical: tuple[str, ...] = ()
    days: int = 0


def asks(inside: Inside) -> tuple[str, ...]:
    """Say what it reads; raises `Unseen` where no target is set."""
    told: list[str] = []
    for role in ROLES:
        with suppress(Unseen):
            told.append(f"the names of the columns of {_told(_place(inside, role))}")
    if not told:
        raise Unseen("no table of data.tables is set in targets.toml")
    return tuple(told)


def check(inside: Inside) -> Found:
    """Read the columns of every table; one that cannot be read is a gap of its own."""
    found, gaps = [], []
    for role, kind in ROLES.items():
        try:
            found.append(_looked(inside, role, kind))
        except Unseen as error:
            gaps.append(Gap(f"the columns of {role}: {error}", (kind.arm,)))
    return Found(tuple(found), tuple(gaps))


def _place(inside: Inside, role: str) -> _Place:
    told = inside.targets.at(f"data.tables.{role}")
    if told is None:
        raise Unseen(f"the target data.tables.{role} is not set in targets.toml")
    try:
        place = msgspec.convert(told, _Place)
    except msgspec.ValidationError as error:
        raise Unseen(f"the target data.tables.{role} is no place of a table: {error}") from error
    if bool(place.database) is bool(place.workspace):
        raise Unseen(f"the target data.tables.{role} must name a database or a workspace, and one of them")
    return place


def _told(place: _Place) -> str:
    return f"{place.table} in {place.database or f'the workspace {place.workspace}'}"


def _looked(inside: Inside, role: str, kind: Kind) -> Resource:
    place = _place(inside, role)
    if place.workspace:
        return resource(kind, role, {"role": role, **_in_workspace(inside, place)}, now=inside.now)
    with opened(inside, place.database) as asking:
        body = {"role": role, **in_database(asking, place.table), **_labelled(asking, place.table)}
        return asking.seen(kind, role, body)


def shown(asking: Asking, table: str) -> str:
    """Return the quoted name of a table of which all is shown to us; raises `Unseen` for any other, or for none."""
    name = statements.qualified(table)
    if asking.rows(statements.SEES_SCHEMA, name) != [(1,)]:
        raise Unseen(f"{table} is not there, or not all of it is shown to us: GRANT VIEW DEFINITION ON {name}")
    return name


def in_database(asking: Asking, table: str) -> dict[str, Any]:
    """Return the columns of a table and their types; raises `Unseen` where not all of them are sure to be shown."""
    name = shown(asking, table)
    columns = [(column, kind) for column, kind in asking.names(statements.COLUMNS, name, count=2)]
    if not columns:
        raise Unseen(f"{table} is no table of the database: name the table itself, and no view of it")
    return {"columns": [column for column, _ in columns], "types": dict(columns)}


def _labelled(asking: Asking, table: str) -> dict[str, Any]:
    """Return the classified columns; nothing where the database does not tell, which proves nothing."""
    try:
        if asking.rows(statements.SEES_LABELS) != [(1,)]:
            return {}
        labels = asking.names(statements.LABELS, statements.qualified(table), count=1)
    except Unseen:
        return {}
    return {"labelled": sorted({column for (column,) in labels})}


def _in_workspace(inside: Inside, place: _Place) -> dict[str, Any]:
    """Return the columns of a table of Log Analytics, as the estate's snapshot holds it.

    https://learn.microsoft.com/rest/api/loganalytics/tables/get (`schema.columns`; the standard ones are the service's)
    """
    ending = f"/workspaces/{place.workspace}/tables/{place.table}".lower()
    tables = [found for found in inside.held(WORKSPACE_TABLE) if found.id.lower().endswith(ending)]
    if len(tables) != 1:
        raise Unseen(f"{_told(place)} is not in the estate's snapshot")
    columns = [(part.read("name", str), part.read("type", str)) for part in tables[0].each("schema.columns")]
    days = tables[0].read("totalRetentionInDays", int)
    return {"columns": [name for name, _ in columns], "types": dict(columns), "workspace": True, "days": days}
