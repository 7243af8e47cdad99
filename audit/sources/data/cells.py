"""Draws rows of a database, and of each its texts; of each table so many as it has a share of the whole."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from audit.facts import Unseen
from audit.sources.data import statements
from audit.sources.data.databases import Asking, opened
from audit.sources.data.inside import Inside

_APART = " | "
"""Stands between two cells, so that no number is made of both."""


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What was drawn of a database; its texts never leave the search."""

    texts: tuple[str, ...]
    """The texts of a row in one, its cells apart."""
    population: int
    """The number of rows that have a text."""
    strata: tuple[dict[str, Any], ...]

    def __repr__(self) -> str:
        return f"Drawn({len(self.texts)} texts)"


class _Table(msgspec.Struct, frozen=True):
    """A table with columns of text, by its quoted names."""

    name: str
    columns: tuple[str, ...]
    rows: int


def drawn(inside: Inside, place: str, count: int) -> Drawn:
    """Draw about `count` rows of a database, at least one of each table that has any.

    Raises `Unseen` where tables, columns or rows may be hidden from us, or nothing answers.
    """
    texts: list[str] = []
    strata: list[dict[str, Any]] = []
    with opened(inside, place) as asking:
        tables = _tables(asking, place)
        whole = sum(table.rows for table in tables)
        for table in tables:
            rows = _rows(asking, table, -(-count * table.rows // whole) if whole else 0)
            texts += [_APART.join("" if cell is None else str(cell) for cell in row) for row in rows]
            strata.append({"stratum": table.name, "population": table.rows, "sampled": len(rows)})
    return Drawn(texts=tuple(texts), population=whole, strata=tuple(strata))


def _tables(asking: Asking, place: str) -> list[_Table]:
    """Return every table that has a column of text, with the number of its rows."""
    if asking.rows(statements.SEES_ALL) != [(1,)]:
        raise Unseen(f"{place} may hide tables from us: grant VIEW DEFINITION on the database")
    columns: defaultdict[str, list[str]] = defaultdict(list)
    for schema, table, column in asking.names(statements.TEXTS, count=3):
        columns[statements.qualified(f"{schema}.{table}")].append(statements.quoted(column))
    return [_Table(name, tuple(named), _stored(asking, name)) for name, named in columns.items()]


def _stored(asking: Asking, table: str) -> int:
    ((stored,),) = asking.rows(statements.STORED, table) or [(None,)]
    if not isinstance(stored, int):
        raise Unseen(f"it is not told how many rows {table} holds")
    return stored


def _rows(asking: Asking, table: _Table, count: int) -> list[tuple[Any, ...]]:
    """Draw rows of a table; raises `Unseen` where it shows fewer than it holds."""
    if not table.rows:
        return []
    found = asking.texts(statements.some(table.name, table.columns, max(1, count)))
    if len(found) < min(max(1, count), table.rows):
        raise Unseen(f"{table.name} shows fewer rows than it holds: exempt our login from row-level security")
    return found
