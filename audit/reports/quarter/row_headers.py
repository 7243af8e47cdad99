"""Marks the first cell of every row as its heading in a PDF, which the compiler cannot do yet.

Typst knows headings of rows only behind a switch that its Python package does not offer (`pdf.header-cell`, feature
`a11y-extras`). It writes each element of the structure tree as an object of its own and the table of the objects'
places as plain text (ISO 32000-1, 7.5.4), so that an element can be changed and the places counted anew.
"""

from __future__ import annotations

import re
from itertools import pairwise

_FIRST_CELL = re.compile(
    rb"(\d+ 0 obj\n<</Type/StructElem/S)/TD(/P \d+ 0 R.{0,80}?/A\[<</O/Table)(/Headers\[\(U[0-9a-f]+x0y0\)\])",
    re.DOTALL,
)
_PLACE = re.compile(rb"(\d{10}) 00000 n\r\n")


def headed(pdf: bytes) -> bytes:
    """Return `pdf` with the cells of each table's first column as headings of their rows.

    Raises `ValueError` where the file is not laid out as Typst 0.15 does it: a report without headings is not written.
    """
    table = pdf.rfind(b"\nxref\n") + 1
    if not pdf.endswith(b"startxref\n%d\n%%%%EOF" % table):
        raise ValueError("the compiler lays out its PDF in another way than it did: row headings cannot be set")
    places = [int(place) for place in _PLACE.findall(pdf, table)]
    order = sorted(places)
    body, moved = bytearray(pdf[: order[0]]), {}
    for begins, ends in pairwise([*order, table]):
        moved[begins] = len(body)
        body += _marked(pdf[begins:ends])
    return bytes(body) + _PLACE.sub(lambda old: b"%010d 00000 n\r\n" % moved[int(old[1])], pdf[table:]).replace(
        b"startxref\n%d\n" % table, b"startxref\n%d\n" % len(body)
    )


def _marked(content: bytes) -> bytes:
    """Change one element; any other object stays as it is, whatever it holds."""
    cell = _FIRST_CELL.match(content)
    return content if cell is None else b"%b/TH%b/Scope/Row%b%b" % (*cell.groups(), content[cell.end() :])
