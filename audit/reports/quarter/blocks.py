"""What a report is made of, whatever it is rendered as: sections of paragraphs, tables, figures and lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from audit.model import Verdict


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of a table; a number in it has an anchor, the same in every format."""

    text: str
    number: int | None = None
    """The number that the text says, where it says one."""
    anchor: str = ""
    """Table, row and column (`t1-a-kept`), for numbers; unique in a document."""
    verdict: Verdict | None = None
    """Shown by a colour and a letter as well as by its word."""
    link: str = ""
    """The anchor of a section or row that it leads to, or an address beginning with https."""
    refs: tuple[str, ...] = ()
    """Where the text is several ids with a comma and a space between them: the row that each leads to."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row; its first cell is its heading."""

    key: str
    """Its anchor: the table's id in lower case and the row's own name (`t5-x-1a2b3c4d`); unique in a document."""
    cells: tuple[Cell, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table with a caption and the source of what it says."""

    id: str
    """`T1` and on, and `T5.R` for a part of one; unique in a document."""
    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    widths: tuple[int, ...] = ()
    """The columns' shares of the width; empty for equal ones."""
    source: str = ""
    """Where the figures come from, and how it is known that they are whole."""
    empty: str = ""
    """What stands in its place where it has no rows: a nil return is said."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A drawing with its text in its place for who cannot see it; the table beside it holds the same numbers."""

    id: str
    """`F1` and on."""
    caption: str
    alt: str
    svg: str
    """A whole SVG 1.1 document of its own: no script, no reference, no font but the reader's."""
    table: str
    """The id of the table that says the same."""


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph; `{anchor}` in one that is plain or a notice stands for the number with that anchor."""

    text: str
    kind: Literal["plain", "notice", "quote", "code"] = "plain"


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """A list of short texts."""

    items: tuple[str, ...]
    ordered: bool = False


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Words and what they say: facts on the cover, a glossary, a block to sign, where nothing is said yet."""

    terms: tuple[tuple[str, str], ...]


Block = Text | Table | Figure | Items | Terms


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One section with its heading; sections within it are one level deeper."""

    anchor: str
    heading: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A report ready to be rendered."""

    title: str
    subtitle: str
    language: str = "en-GB"
    date: str
    """The day up to which it speaks, as ISO 8601: also the date inside a PDF."""
    verdict: Verdict | None = None
    """What it says of the whole quarter."""
    sections: tuple[Section, ...]
    numbers: Mapping[str, int]
    """Every anchor → its number."""


_PLACE = re.compile(r"\{([a-z0-9][a-z0-9.-]*)\}")


def pieces(text: Text, numbers: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Cut a paragraph into what stands in it: the words of each piece, and its anchor where it is a number.

    Quotes and commands are one piece, whatever they hold. Raises `KeyError` for an anchor that no table has.
    """
    if text.kind in ("quote", "code"):
        yield text.text, ""
        return
    for place, piece in enumerate(_PLACE.split(text.text)):
        if place % 2:
            yield str(numbers[piece]), piece
        elif piece:
            yield piece, ""


def filled(text: Text, numbers: Mapping[str, int]) -> str:
    """Return a paragraph's words with its numbers in their places; raises as `pieces` does."""
    return "".join(piece for piece, _ in pieces(text, numbers))
