"""Takes the text out of one PDF: a program of its own, which is ended with its time, whatever the document does.

It reads the document from its input and writes one JSON object: `texts`, `files` (what is attached, in base64) and
`unread` (whether part of it could not be read). What a page shows as a picture alone counts as not read.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import resource
import sys
from collections.abc import Iterator
from typing import Any

_MEMORY = 1 << 30
_DRAWN = ("/Image", "/Type1C", "/CIDFontType0C", "/OpenType")
"""Streams that hold what is drawn, and the shapes of letters."""


def main() -> None:
    """Read, take out, write."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    logging.disable()  # pypdf's warnings may hold what the document says
    json.dump(_taken(sys.stdin.buffer.read(), int(sys.argv[1])), sys.stdout)


def _taken(content: bytes, most: int) -> dict[str, Any]:
    """Return what is in a document, up to so many signs; what pypdf cannot read is not read."""
    from pypdf import PdfReader  # an extra's own
    from pypdf.errors import PyPdfError

    found: dict[str, Any] = {"texts": [], "files": [], "unread": False}
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            return found | {"unread": True}
        found["unread"] = not reader.pages
        for text in _texts(reader):
            found["texts"].append(text or "")
            most -= len(text or "")
            # A page without a word is a picture of one, or empty: nobody can tell which from its text.
            found["unread"] |= text is None
            if most < 0:
                return found | {"unread": True}
        for text, file in _objects(reader):
            found["texts"].append(text)
            found["files"] += [base64.b64encode(file).decode()] if file else []
            most -= len(text) + len(file)
            if most < 0:
                return found | {"unread": True}
    # pypdf documents no full list of what a harmful document makes it raise; each means that it was not read.
    except (PyPdfError, ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, NotImplementedError,
            OSError, RecursionError, TypeError, ValueError, ImportError):  # fmt: skip
        found["unread"] = True
    return found


def _texts(reader: Any) -> Iterator[str | None]:
    """Yield what stands in fields, in the head and on each page; None for a page that shows a picture and no word."""
    yield "\n".join(str(field.get("/V", "")) for field in (reader.get_fields() or {}).values())
    yield "\n".join(str(value) for value in (reader.metadata or {}).values())
    for page in reader.pages:
        text = page.extract_text()
        notes = [note.get_object().get("/Contents", "") for note in page.get("/Annots") or ()]
        yield None if not text.strip() and _pictured(page) else "\n".join([text, *map(str, notes)])


def _objects(reader: Any) -> Iterator[tuple[str, bytes]]:
    """Yield the words of every object and each file, wherever they hang: bookmarks, notes, scripts, attachments."""
    from pypdf.generic import ByteStringObject, IndirectObject, StreamObject

    left, seen = [reader.trailer], set()
    while left:
        one = left.pop()
        if isinstance(one, IndirectObject):
            if (one.idnum, one.generation) in seen:
                continue
            seen.add((one.idnum, one.generation))
            one = one.get_object()
        if isinstance(one, StreamObject):
            yield _stream(one)
        if isinstance(one, dict):
            left += [value for key, value in one.items() if key not in ("/Parent", "/Encrypt")]
        elif isinstance(one, list):
            left += one
        elif isinstance(one, ByteStringObject):
            yield one.decode("latin-1"), b""
        elif isinstance(one, str):
            yield str(one), b""


def _stream(one: Any) -> tuple[str, bytes]:
    """Return the words of a stream, or the file that it is; nothing of what draws letters and pictures."""
    if one.get("/Type") == "/EmbeddedFile":
        return "", one.get_data()
    drawn = one.get("/Subtype") in _DRAWN or "/Length1" in one
    return ("" if drawn else one.get_data().decode("latin-1")), b""


def _pictured(page: Any) -> bool:
    """Tell whether anything is drawn on a page."""
    content = page.get_contents()
    return content is not None and bool(content.get_data().strip())


if __name__ == "__main__":
    main()
