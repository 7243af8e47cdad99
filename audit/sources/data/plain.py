"""Tells text from anything else, and reads it in the encoding in which it was written."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    # The longer ones first: that of UTF-32 begins as that of UTF-16 does.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
"""What stands in no text; an escape is let pass, as terminals and Japanese mails have it."""
_HIGH = re.compile(r"[\x80-\x9f]")
_NONE = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}
"""Python's own codecs that are no charset of a mail; the first two take long for long texts."""
_LOOKED = 4096
_SHARE = 3
"""One byte in so many is zero in UTF-16 of a script that ASCII begins."""


def decoded(content: bytes, hint: str = "") -> str | None:
    """Return the text that the bytes are, None where they are none; `hint` is what a mail calls its charset."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return _as(content, encoding)
    return _as(content, hint) or _as(content, "utf-8") or _wide(content) or _western(content)


def _as(content: bytes, encoding: str) -> str | None:
    """Return the text of an encoding; None where it is not in it, or nobody knows that encoding."""
    try:
        text = content.decode(encoding) if encoding and codecs.lookup(encoding).name not in _NONE else None
    except (UnicodeError, LookupError, ValueError):
        return None
    return None if text is None or _CONTROLS.search(text) else text


def _wide(content: bytes) -> str | None:
    """Return UTF-16 without a mark of its order."""
    head = content[:_LOOKED]
    zeros = {"utf-16-le": head[1::2].count(0), "utf-16-be": head[::2].count(0)}
    encoding = max(zeros, key=lambda name: zeros[name])
    return _as(content[: len(content) & ~1], encoding) if zeros[encoding] * _SHARE > len(head) else None


def _western(content: bytes) -> str | None:
    """Return what Windows or an old Unix wrote in Western Europe; random bytes hold too many of other signs."""
    text = content.decode("cp1252", errors="replace")
    odd = sum(not sign.isascii() for sign in text[:_LOOKED])
    return None if _CONTROLS.search(text) or odd * _SHARE > len(text[:_LOOKED]) else text
