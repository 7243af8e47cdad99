"""Cuts a document into the plain values that the template of the PDF draws, one after another."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from audit.model import Verdict
from audit.reports.quarter.blocks import Block, Cell, Document, Figure, Items, Row, Section, Table, Terms, Text, filled
from audit.reports.quarter.glyphs import shown
from audit.reports.quarter.tabling import LETTERS, tables

LONG = 14
"""A word with more characters than this may be cut at the end of a line."""
CELLS = 8_000
"""What all tables together may hold on paper: a cell takes the compiler 36 KB (measured), so this many take 290 MB."""
SHORT = 25
"""A table with no more rows than this is never cut."""
TALL = 400
"""A row with more characters than this may be cut at the end of a page."""
_PART = re.compile(r"[^/._:?=&,@-]{0,8}[/._:?=&,@-]|[^/._:?=&,@-]{1,8}")

Words = str | list[str]


class _Drawn(NamedTuple):
    """What the drawing of one block depends on besides itself."""

    numbers: Mapping[str, int]
    longest: int
    leads: set[str]
    """Every anchor that something leads to."""


def view(document: Document) -> dict[str, Any]:
    """Return what the template draws: every text has its glyphs, every link leads to something in the document."""
    language, _, region = document.language.partition("-")
    every = list(tables(document.sections))
    drawn = _Drawn(document.numbers, longest(every), {link for table in every for link in _links(table)})
    rows = {row.key for table in every for row in table.rows[: drawn.longest]} & drawn.leads
    sections = list(_sections(document.sections, drawn, 1))
    return {
        "title": shown(document.title),
        "description": shown(document.subtitle),
        "subtitle": words(f"{document.subtitle}, up to {document.date}."),
        "footer": shown(f"{document.title}, {document.date}"),
        "lang": language,
        "region": region,
        "verdict": document.verdict or "",
        "cut": [words(_cut(every, drawn.longest))] if any(len(table.rows) > drawn.longest for table in every) else [],
        **({"said": _said(document.verdict)} if document.verdict else {}),
        "sections": sections,
        "contents": [place for place, one in enumerate(sections) if one["level"] == 1][1:2],
        "anchors": dict.fromkeys(
            sorted({one["anchor"] for one in sections} | {table.id.lower() for table in every} | rows), True
        ),
    }


def longest(every: Sequence[Table]) -> int:
    """Return how many rows of a table are drawn: all of them, unless the tables together are too long for paper."""
    most = max((len(table.rows) for table in every), default=0)

    def cells(rows: int) -> int:
        return sum(len(table.columns) * min(len(table.rows), rows) for table in every)

    return max(bisect_right(range(most + 1), CELLS, key=cells) - 1, SHORT)


def _cut(every: Sequence[Table], rows: int) -> str:
    """Say which tables are not whole on paper, and where they are."""
    these = ", ".join(f"{table.id} ({rows} of {len(table.rows)} rows)" for table in every if len(table.rows) > rows)
    return f"Too long for paper, and whole in the report's page and in its JSON: {these}."


def words(text: str) -> Words:
    """Return a text with its glyphs, in parts between which a line may end where a word is long."""
    seen = " ".join(shown(text).split())
    parts = [part for token in re.split(rf"(\S{{{LONG + 1},}})", seen) for part in _parts(token)]
    return parts if len(parts) > 1 else seen


def _parts(token: str) -> list[str]:
    if len(token) <= LONG or " " in token:
        return [token] if token else []
    return _PART.findall(token)


def _links(table: Table) -> Iterator[str]:
    for row in table.rows:
        for cell in row.cells:
            yield cell.link
            yield from cell.refs


def _sections(sections: Iterable[Section], drawn: _Drawn, level: int) -> Iterator[dict[str, Any]]:
    """Yield each section, then those within it."""
    for section in sections:
        yield {
            "level": level,
            "anchor": section.anchor,
            "heading": words(section.heading),
            "blocks": [_block(block, drawn) for block in section.blocks],
        }
        yield from _sections(section.sections, drawn, level + 1)


def _block(block: Block, drawn: _Drawn) -> dict[str, Any]:
    match block:
        case Text(kind="code"):
            return {"kind": "code", "text": shown(block.text)}
        case Text():
            return {"kind": block.kind, "text": words(filled(block, drawn.numbers))}
        case Items():
            return {"kind": "list", "ordered": block.ordered, "items": [words(item) for item in block.items]}
        case Terms():
            return {"kind": "terms", "terms": [[words(name), _said(said)] for name, said in block.terms]}
        case Figure():
            return {
                "kind": "figure",
                "caption": words(f"{block.id}. {block.caption}"),
                "alt": shown(block.alt),
                "svg": shown(block.svg),
                "table": block.table,
                "to": block.table.lower(),
            }
        case Table():
            return _table(block, drawn)


def _table(table: Table, drawn: _Drawn) -> dict[str, Any]:
    figures = [
        place
        for place in range(len(table.columns))
        if table.rows and all(row.cells[place].number is not None for row in table.rows)
    ]
    return {
        "kind": "table",
        "caption": words(f"{table.id}. {table.caption}"),
        "columns": [words(column) for column in table.columns],
        "widths": table.widths or [1] * len(table.columns),
        "right": figures,
        "source": words(table.source),
        "empty": words(f"{table.id}. {table.caption}: {table.empty or 'none'}"),
        "anchor": table.id.lower(),
        "cut": [words(_cut([table], drawn.longest))] if len(table.rows) > drawn.longest else [],
        "rows": [_row(row, drawn.leads) for row in table.rows[: drawn.longest]],
    }


def _row(row: Row, leads: set[str]) -> dict[str, Any]:
    return {
        "anchor": row.key if row.key in leads else "",
        "long": max((len(cell.text) for cell in row.cells), default=0) > TALL,
        "cells": [_cell(cell) for cell in row.cells],
    }


def _said(text: str) -> dict[str, Any]:
    """Return what a term says; a verdict is told as in a table."""
    return _cell(Cell(text=text, verdict=Verdict(text) if text in LETTERS else None))


def _cell(cell: Cell) -> dict[str, Any]:
    """Return a cell; what is its letter already gets none beside it."""
    drawn: dict[str, Any] = {"text": words(cell.text)}
    if cell.link:
        drawn["to"] = cell.link
    if cell.refs:
        drawn["refs"] = [[to, words(name)] for to, name in zip(cell.refs, cell.text.split(", "), strict=True)]
    if cell.verdict:
        letter = LETTERS[cell.verdict]
        drawn |= {"verdict": cell.verdict, "letter": "" if cell.text == letter else letter}
    return drawn
