"""Drawings for the quarter's report, made of whole numbers alone: the same bytes for the same table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from audit.model import Verdict
from audit.reports.quarter.blocks import Figure, Row, Table
from audit.reports.quarter.tabling import COUNTED, LETTERS
from audit.reports.words import visible

WIDTH = 320
"""As wide as the narrowest screen: text is then as large there as it is drawn."""
LEFT, RIGHT = 8, 312
INK, SOFT, PAPER, RULE = "#1a1e23", "#4a535d", "#ffffff", "#c5cad0"
COLOURS = {
    Verdict.KEPT: "#13603a",
    Verdict.BROKEN: "#a1120c",
    Verdict.WAIVED: "#55348f",
    Verdict.UNPROVEN: "#6f4700",
    Verdict.NOT_APPLICABLE: "#4a535d",
}
TINTS = {
    Verdict.KEPT: "#e8f5ee",
    Verdict.BROKEN: "#a1120c",
    Verdict.WAIVED: "#f3eefb",
    Verdict.UNPROVEN: "#fdf3df",
    Verdict.NOT_APPLICABLE: "#eef0f2",
}
ROWS_SHOWN = 24
"""How many rows of a strip or of dots stand in one drawing: more would not fit on a page."""
_LABEL = 24
_LETTER = 14
"""The narrowest part of a bar that a letter fits into."""
_SIZE, _SMALL = 12, 11


class Dot(NamedTuple):
    """One thing measured: its name, how much it is, what it was to be, and how it is judged."""

    label: str
    x: int
    y: int
    verdict: Verdict


def stacked(name: str, caption: str, table: Table) -> Figure:
    """Draw a bar of verdicts for each row of a table whose columns count them."""
    rows = [(one.cells[0].text, _counts(one)) for one in table.rows]
    parts: list[str] = []
    for place, (label, counts) in enumerate(rows):
        parts += _bar(label, counts, 14 + place * 52)
    told = "; ".join(f"{label}: {_says(counts)}" for label, counts in rows)
    return _figure(name, caption, f"{caption}. {told}.", parts, 14 + len(rows) * 52, table.id)


def _counts(row: Row) -> dict[Verdict, int]:
    found = [cell.number or 0 for cell in row.cells[2:]]
    return dict(zip(COUNTED, found, strict=False))


def _says(counts: dict[Verdict, int]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


def _bar(label: str, counts: dict[Verdict, int], top: int) -> Iterator[str]:
    """Draw a label, a bar whose parts are as long as their shares, and the numbers below it."""
    whole, reach = sum(counts.values()), RIGHT - LEFT
    yield _text(LEFT, top, label, weight="bold")
    yield _rect(LEFT, top + 5, reach, 16, PAPER, RULE)
    done, key = 0, LEFT
    for verdict, count in counts.items():
        begins = LEFT + (done * reach // whole if whole else 0)
        done += count
        if count:
            yield from _part(verdict, begins, top + 5, LEFT + done * reach // whole - begins, 16)
        if count or verdict is not Verdict.NOT_APPLICABLE:
            yield _text(key, top + 34, f"{LETTERS[verdict]} {verdict} {count}", size=_SMALL, fill=COLOURS[verdict])
            key += 74 if verdict is not Verdict.UNPROVEN else 90


def _part(verdict: Verdict, x: int, y: int, width: int, height: int) -> Iterator[str]:
    """Draw a part of a bar with its own pattern, and its letter where there is room."""
    yield _rect(x, y, width, height, TINTS[verdict], COLOURS[verdict])
    yield from _pattern(verdict, x, y, width, height)
    if width >= _LETTER:
        ink = PAPER if verdict is Verdict.BROKEN else COLOURS[verdict]
        if verdict in (Verdict.UNPROVEN, Verdict.WAIVED):
            yield _rect(x + width // 2 - 6, y + 1, 12, height - 2, TINTS[verdict], TINTS[verdict])
        yield _text(
            x + width // 2, y + height - 4, LETTERS[verdict], anchor="middle", fill=ink, weight="bold", size=_SMALL
        )


def _pattern(verdict: Verdict, x: int, y: int, width: int, height: int) -> Iterator[str]:
    """Draw upright lines for what is unproven, level ones for what is waived; the others are plain."""
    if verdict is Verdict.UNPROVEN:
        yield from (_line(at, y, at, y + height, COLOURS[verdict]) for at in range(x + 5, x + width, 5))
    if verdict is Verdict.WAIVED:
        yield from (_line(x, at, x + width, at, COLOURS[verdict]) for at in range(y + 4, y + height, 4))


def strips(
    name: str, caption: str, rows: Sequence[tuple[str, Sequence[Verdict | None]]], table: str
) -> Iterator[Figure]:
    """Draw a strip of weeks for each row, letter and colour; several drawings where there are many rows."""
    for part, begins in enumerate(range(0, len(rows), ROWS_SHOWN)):
        shown = rows[begins : begins + ROWS_SHOWN]
        parts = [piece for place, one in enumerate(shown) for piece in _strip(*one, 8 + place * 18)]
        told = "; ".join(f"{label}: {' '.join(map(_letter, weeks))}" for label, weeks in shown)
        whole = f"{caption}, week by week: K kept, B broken, W waived, U unproven, - not yet over. {told}."
        own = name if part == 0 else f"{name}-{part + 1}"
        title = caption if part == 0 else f"{caption}, continued"
        yield _figure(own, title, whole, parts, 14 + len(shown) * 18, table)


def _letter(week: Verdict | None) -> str:
    return LETTERS[week] if week else "-"


def _strip(label: str, weeks: Sequence[Verdict | None], top: int) -> Iterator[str]:
    wide = (RIGHT - 74) // max(len(weeks), 1)
    yield _text(LEFT, top + 12, label[:9], size=_SMALL)
    for place, week in enumerate(weeks):
        x = 74 + place * wide
        if week is None:
            yield _rect(x, top, wide - 2, 15, PAPER, RULE)
        else:
            yield _rect(x, top, wide - 2, 15, TINTS[week], COLOURS[week])
        ink = SOFT if week is None else PAPER if week is Verdict.BROKEN else COLOURS[week]
        yield _text(x + (wide - 2) // 2, top + 12, _letter(week), anchor="middle", size=_SMALL, fill=ink, weight="bold")


def bars(name: str, caption: str, rows: Sequence[tuple[str, int]], table: str) -> Figure:
    """Draw a bar for each row, as long as its number, with the number beside it."""
    most = max((count for _, count in rows), default=0)
    parts: list[str] = []
    for place, (label, count) in enumerate(rows):
        top, reach = 8 + place * 36, (RIGHT - LEFT - 48) * count // most if most else 0
        parts += [_text(LEFT, top + 10, label), _rect(LEFT, top + 15, max(reach, 1), 12, SOFT, SOFT)]
        parts.append(_text(LEFT + max(reach, 1) + 6, top + 25, str(count), weight="bold"))
    told = "; ".join(f"{label}: {count}" for label, count in rows)
    return _figure(name, caption, f"{caption}. {told}.", parts, 12 + len(rows) * 36, table)


def against(name: str, caption: str, dots: Sequence[Dot], unit: str, table: str) -> Figure:
    """Draw what was achieved (a dot) against its target (an upright line), row by row.

    The first `ROWS_SHOWN` are drawn, and the caption says so; the table has them all.
    """
    shown = dots[:ROWS_SHOWN]
    most = max((max(dot.x, dot.y) for dot in shown), default=0) or 1
    parts: list[str] = []
    for place, dot in enumerate(shown):
        parts += _measured(dot, most, 8 + place * 36)
    told = "; ".join(f"{dot.label}: {dot.x} {unit}, target {dot.y}, {dot.verdict}" for dot in shown)
    return _figure(name, _cut(caption, dots), f"{caption}. {told}.", parts, 12 + len(shown) * 36, table)


def _measured(dot: Dot, most: int, top: int) -> Iterator[str]:
    reach = RIGHT - LEFT - 12
    at, target = LEFT + 6 + dot.x * reach // most, LEFT + 6 + dot.y * reach // most
    yield _text(LEFT, top + 10, f"{_named(dot.label)}: {dot.x}, target {dot.y}", size=_SMALL)
    yield _line(LEFT, top + 23, RIGHT, top + 23, RULE)
    yield _rect(target - 1, top + 15, 2, 16, INK, INK)
    yield _mark(at, top + 23, dot.verdict)


def scattered(name: str, caption: str, dots: Sequence[Dot], axes: tuple[str, str], table: str) -> Figure:
    """Draw one measure against another: each dot with its name, the shape by its verdict.

    The first `ROWS_SHOWN` are drawn, and the caption says so; the table has them all. A dot whose name would lie on
    another's stands without one.
    """
    shown = dots[:ROWS_SHOWN]
    named: list[tuple[int, int]] = []
    wide, high = max((dot.x for dot in shown), default=0) or 1, max((dot.y for dot in shown), default=0) or 1
    parts = [_line(24, 20, 24, 180, SOFT), _line(24, 180, RIGHT, 180, SOFT)]
    parts += [_text(LEFT, 12, f"{axes[1]}, up to {high}", size=_SMALL)]
    parts += [_text(RIGHT, 198, f"{axes[0]}, up to {wide}", size=_SMALL, anchor="end")]
    for dot in shown:
        x, y = 32 + dot.x * 264 // wide, 172 - dot.y * 136 // high
        beside, anchor = (x - 9, "end") if x > WIDTH // 2 else (x + 9, "start")
        parts.append(_mark(x, y, dot.verdict))
        if all(abs(y - other_y) > _SMALL or abs(x - other_x) > WIDTH // 2 for other_x, other_y in named):
            named.append((x, y))
            parts.append(_text(beside, y + 4, _named(dot.label), size=_SMALL, anchor=anchor))
    told = "; ".join(f"{dot.label}: {dot.x} by {dot.y}, {dot.verdict}" for dot in shown)
    whole = f"{caption}: {axes[0]} by {axes[1]}. {told}."
    return _figure(name, _cut(caption, dots), whole, parts, 206, table)


def _cut(caption: str, dots: Sequence[Dot]) -> str:
    return f"{caption} (the first of them)" if len(dots) > ROWS_SHOWN else caption


def _mark(x: int, y: int, verdict: Verdict) -> str:
    """Draw a filled dot for what is kept, a square for what is broken, a ring for anything else."""
    if verdict is Verdict.KEPT:
        return f'<circle cx="{x}" cy="{y}" r="6" fill="{COLOURS[verdict]}"/>'
    if verdict is Verdict.BROKEN:
        return _rect(x - 6, y - 6, 12, 12, COLOURS[verdict], COLOURS[verdict])
    return f'<circle cx="{x}" cy="{y}" r="5" fill="{PAPER}" stroke="{COLOURS[verdict]}" stroke-width="2"/>'


def _figure(name: str, caption: str, alt: str, parts: Iterable[str], height: int, table: str) -> Figure:
    key, alt = name.lower(), _plain(alt)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" version="1.1" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="{key}-title {key}-desc">'
        f'<title id="{key}-title">{escape(_plain(caption))}</title><desc id="{key}-desc">{escape(alt)}</desc>'
        f"{_rect(0, 0, WIDTH, height, PAPER, PAPER)}{''.join(parts)}</svg>"
    )
    return Figure(id=name, caption=caption, alt=alt, svg=svg, table=table)


def _named(label: str) -> str:
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 3]}..."


def _plain(text: str) -> str:
    """Spell out what is not ASCII: a drawing has no say in the reader's fonts."""
    return visible(text).encode("ascii", "backslashreplace").decode()


def _text(
    x: int, y: int, text: str, *, size: int = _SIZE, anchor: str = "start", fill: str = INK, weight: str = "normal"
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-family="sans-serif" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{fill}">{escape(_plain(_named(text) if size > _SMALL else text))}</text>'
    )


def _rect(x: int, y: int, width: int, height: int, fill: str, stroke: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}" stroke="{stroke}"/>'


def _line(x: int, y: int, to_x: int, to_y: int, stroke: str) -> str:
    return f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" stroke="{stroke}" stroke-width="1"/>'
