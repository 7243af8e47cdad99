"""How a table of the quarter's report is made: its cells, its anchors, and how moments and stretches are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from audit.model import Verdict
from audit.quarters.model import Span
from audit.reports.quarter.blocks import Block, Cell, Row, Section, Table

NONE = "\u2013"
"""What stands where there is nothing to say."""
LETTERS = {
    Verdict.BROKEN: "B",
    Verdict.UNPROVEN: "U",
    Verdict.WAIVED: "W",
    Verdict.KEPT: "K",
    Verdict.NOT_APPLICABLE: "N",
}
"""What stands beside a colour, for those who see none."""
COUNTED = (Verdict.KEPT, Verdict.BROKEN, Verdict.WAIVED, Verdict.UNPROVEN, Verdict.NOT_APPLICABLE)
"""The order of columns that count verdicts."""

Value = Cell | Verdict | str | int | None


def slug(text: str) -> str:
    """Make a part of an anchor out of any text; texts that differ in signs alone get the same."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"


def cell(value: Value) -> Cell:
    """Make a cell of a verdict, a number, a text, or a dash where there is nothing to say."""
    if isinstance(value, Cell):
        return value
    if isinstance(value, Verdict):
        return Cell(text=value, verdict=value)
    if isinstance(value, int):
        return Cell(text=str(value), number=value)
    return Cell(text=value or NONE)


def ids(names: Sequence[str], refs: Mapping[str, str]) -> Cell:
    """Make a cell of ids; where `refs` knows all of them, each leads to its row or section."""
    if not names:
        return Cell(text=NONE)
    found = tuple(refs[name] for name in names if name in refs)
    return Cell(text=", ".join(names), refs=found if len(found) == len(names) else ())


def row(key: str, *values: Value) -> Row:
    """Make a row; `key` tells it from the others of its table."""
    return Row(key=slug(key), cells=tuple(map(cell, values)))


def table(
    name: str,
    caption: str,
    columns: tuple[str, ...],
    rows: Iterable[Row],
    *,
    widths: tuple[int, ...] = (),
    source: str = "",
    empty: str = "",
) -> Table:
    """Make a table whose rows and numbers have anchors: the table's id, the row, the column."""
    return Table(
        id=name,
        caption=caption,
        columns=columns,
        rows=tuple(_anchored(rows, name.lower(), tuple(map(slug, columns)))),
        widths=widths,
        source=source,
        empty=empty,
    )


def _anchored(rows: Iterable[Row], name: str, columns: tuple[str, ...]) -> Iterator[Row]:
    """Give every row and number its anchor; of two rows with one key the second gets a figure behind it."""
    seen: dict[str, int] = {}
    for one in rows:
        seen[one.key] = seen.get(one.key, 0) + 1
        key = f"{name}-{one.key}" if seen[one.key] == 1 else f"{name}-{one.key}.{seen[one.key]}"
        cells = tuple(
            each if each.number is None else Cell(text=each.text, number=each.number, anchor=f"{key}-{column}")
            for each, column in zip(one.cells, columns, strict=True)
        )
        yield Row(key=key, cells=cells)


def tables(sections: Iterable[Section]) -> Iterator[Table]:
    """Go through every table of a document in its order."""
    return (block for block in blocks(sections) if isinstance(block, Table))


def blocks(sections: Iterable[Section]) -> Iterator[Block]:
    """Go through every block of a document in its order."""
    for section in sections:
        yield from section.blocks
        yield from blocks(section.sections)


def moment(at: datetime | None) -> str:
    """Say a moment to the minute in UTC, or a dash."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else NONE


def day(at: date | datetime | None) -> str:
    """Say a day, or a dash."""
    return f"{at:%Y-%m-%d}" if at else NONE


def span(one: Span) -> str:
    """Say from when to when something was seen, and what is known of the time around it."""
    before = f"seen otherwise on {day(one.before)}" if one.before else "there when it was first looked at"
    after = f"seen otherwise again on {day(one.after)}" if one.after else "it lasts"
    return f"{day(one.first)} to {day(one.last)} ({before}; {after})"


def spans(these: Iterable[Span]) -> str:
    """Say every stretch; a dash where there is none."""
    return "; ".join(map(span, these)) or NONE
