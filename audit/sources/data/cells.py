"""Draws rows of a database, each table by its share of the whole, and takes their texts, numbers and documents."""

from __future__ import annotations

import math
from collections import defaultdict
from decimal import Decimal
from typing import Any

import msgspec

from audit.facts import Unseen
from audit.sources.data import statements
from audit.sources.data.databases import Asking, opened
from audit.sources.data.inside import Inside

_APART = " | "
"""Stands between two cells, so that no number is made of both."""


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """What was drawn of a database; its texts never leave the search."""

    rows: tuple[tuple[str | bytes, ...], ...]
    """Of each row its texts and numbers in one, cells apart, and the documents that it holds."""
    population: int
    """The number of rows that have either."""
    strata: tuple[dict[str, Any], ...]

    def __repr__(self) -> str:
        return f"Rows({len(self.rows)} rows)"


class _Table(msgspec.Struct, frozen=True):
    """A table with columns that are searched, by its quoted names."""

    name: str
    columns: tuple[str, ...]
    rows: int


def sampled(inside: Inside, place: str, count: int) -> Rows:
    """Draw about `count` rows of a database, at least one of each table that has any.

    Raises `Unseen` where tables, columns or rows may be hidden from us, or nothing answers.
    """
    drawn_rows: list[tuple[str | bytes, ...]] = []
    strata: list[dict[str, Any]] = []
    with opened(inside, place) as asking:
        tables = _tables(asking, place)
        whole = sum(table.rows for table in tables)
        for table in tables:
            rows = _rows(asking, table, -(-count * table.rows // whole) if whole else 0)
            drawn_rows += map(_told, rows)
            strata.append({"stratum": table.name, "population": table.rows, "sampled": len(rows)})
    return Rows(rows=tuple(drawn_rows), population=whole, strata=tuple(strata))


def _told(row: tuple[Any, ...]) -> tuple[str | bytes, ...]:
    """Return a row's texts and numbers in one, and its documents."""
    documents = [bytes(cell) for cell in row if isinstance(cell, bytes | bytearray)]
    texts = [_text(cell) for cell in row if not isinstance(cell, bytes | bytearray)]
    return (_APART.join(texts), *documents)


def _text(cell: Any) -> str:
    """Write a cell as text; a whole number has no point."""
    whole = isinstance(cell, float | Decimal) and math.isfinite(cell) and cell == int(cell)
    return "" if cell is None else str(int(cell) if whole else cell)


def _tables(asking: Asking, place: str) -> list[_Table]:
    """Return every table that has a column to search, with the number of its rows."""
    if asking.rows(statements.SEES_ALL) != [(1,)]:
        raise Unseen(f"{place} may hide tables from us: grant VIEW DEFINITION on the database")
    columns: defaultdict[str, list[str]] = defaultdict(list)
    for schema, table, column in asking.names(statements.TEXTS, count=3):
        columns[statements.qualified(f"{schema}.{table}")].append(statements.quoted(column))
    return [_Table(name, tuple(named), _stored(asking, name)) for name, named in columns.items()]


def _stored(asking: Asking, name: str) -> int:
    try:
        return asking.stored(name)
    except Unseen as error:
        raise Unseen(
            f"{name} does not tell how many rows it holds, as an external table does not: keep those in a"
            " database of their own, and search the place where the rows lie"
        ) from error


def _rows(asking: Asking, table: _Table, count: int) -> list[tuple[Any, ...]]:
    """Draw rows of a table; raises `Unseen` where it shows fewer than it holds."""
    if not table.rows:
        return []
    found = asking.texts(statements.some(table.name, table.columns, max(1, count)))
    if len(found) < min(max(1, count), table.rows):
        raise Unseen(f"{table.name} shows fewer rows than it holds: exempt our login from row-level security")
    return found
