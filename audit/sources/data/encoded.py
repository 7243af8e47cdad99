"""Finds files that stand in a text as letters: base64 in JSON, in pages and in programs' own formats, and uuencode."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from audit.sources.data.plain import decoded

_LEAST = 20
"""Fewer letters than that in one line hold ids and keys."""
_BASE64 = re.compile(
    rf"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/_-]{{{_LEAST},}}(?:\\r|\\n|\r?\n)*)+[A-Za-z0-9+/_-]*={{0,2}}"
)
_UU = re.compile(
    r"^begin(?:-base64)? [0-7]{3,4} [^\r\n]{1,255}\r?\n(.*?)^(?:`?\r?\nend|end|====)", re.MULTILINE | re.DOTALL
)
_ENDS = re.compile(r"\\[rn]|\s")
_MARKS = re.compile(rb"PK\x03\x04|%PDF-|\x1f\x8b|BZh|\xfd7zXZ")
"""What files begin with that are taken apart."""


def files(text: str) -> Iterator[bytes]:
    """Yield what a text holds as letters, where that is a text or a file that can be taken apart.

    Keys, digests and signatures are neither, and hold no number that anybody wrote.
    """
    text = text.replace("\\/", "/")  # as JSON may spell it
    for found in _UU.finditer(text):
        yield from _uu(found[1])
    for found in _BASE64.finditer(text):
        if found[0] in (found[0].lower(), found[0].upper()):
            continue  # a digest or an id: letters of both sizes stand for nearly every text
        letters = _ENDS.sub("", found[0]).rstrip("=").replace("-", "+").replace("_", "/")
        content = base64.b64decode(letters[: len(letters) - (len(letters) % 4 == 1)] + "==", validate=False)
        if _MARKS.match(content) or decoded(content) is not None:
            yield content


def _uu(lines: str) -> Iterator[bytes]:
    """Yield a file in uuencode; what is none is left as it is."""
    try:
        yield b"".join(binascii.a2b_uu(line) for line in lines.splitlines() if line.strip())
    except binascii.Error:
        return
