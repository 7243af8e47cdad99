"""Takes mails apart, as the standard library reads them: heads, texts, and what is attached at any depth."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import CharsetError, HeaderParseError, InvalidBase64LengthDefect
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32

import msgspec

from audit.sources.data.plain import decoded

_HEAD = re.compile(
    rb"(?:From [^\n]{1,998}\n)?(?:[!-9;-~]{1,76}+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+){0,200}?"
    rb"(?:from|received|return-path|message-id|mime-version|subject|delivered-to|content-type):",
    re.IGNORECASE,
)
_NEXT = re.compile(rb"(?<=\n)From [^\n]{1,998}\n(?=[!-9;-~]{1,76}:)")
"""Where the next mail of a mailbox file begins (RFC 4155)."""
_MADE = re.compile(
    r"(?:message-id|references|in-reply-to|received|dkim-signature|arc-.*|authentication-results|content-id|thread-index"
    r"|x-ms-.*|x-google-.*|x-gm-.*|resent-message-id|received-spf|x-received)\Z",
    re.IGNORECASE,
)
"""Heads that programs make, of ids and signatures: one id in a few hundred adds up like a card."""
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"[^\"]*\"|[^\s;]+)", re.IGNORECASE)
_PLAIN = {"", "7bit", "8bit", "binary"}
_CODED = {"base64", "quoted-printable", "x-uuencode", "uuencode", "uue", "x-uue"}
_LOOKED = 1 << 16
_LONGEST, _MOST_NESTED = 1 << 16, 100
"""More letters than a head has, and more parts within parts than a mail has: reading them would take minutes."""
_NESTED = re.compile(rb"^content-type:\s*multipart/", re.IGNORECASE | re.MULTILINE)


class Piece(msgspec.Struct, frozen=True):
    """A head, a text or an attached file; None for the content of one that cannot be decoded."""

    content: bytes | None
    text: bool = False
    charset: str = ""


def told(content: bytes) -> bytes | None:
    """Return a mail or a mailbox file as the library reads it, in UTF-8 without a mark; None for anything else."""
    head = content[:_LOOKED]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head[:64]:
        text = decoded(content)
        content = b"" if text is None else text.encode("utf-8", "surrogatepass")
    content = content.removeprefix(codecs.BOM_UTF8)
    return content if _HEAD.match(content[:_LOOKED].lstrip()) else None


def pieces(content: bytes) -> Iterator[Piece]:
    """Yield every piece of a mail, or of each mail of a mailbox file."""
    starts = [0, *(found.start() for found in _NEXT.finditer(content))]
    for start, end in zip(starts, [*starts[1:], len(content)], strict=True):
        if len(_NESTED.findall(content, start, end)) > _MOST_NESTED:
            yield Piece(None)
            yield Piece(content[start:end], text=True)
            continue
        try:
            yield from _pieces(message_from_bytes(content[start:end].lstrip(), policy=compat32))
        # What is nested a thousand deep is no mail that anybody wrote.
        except RecursionError:
            yield Piece(None)


def _pieces(mail: Message) -> Iterator[Piece]:
    for part in mail.walk():
        if any(len(str(value)) > _LONGEST for value in part.values()):
            yield Piece(None)
            continue
        head = "\n".join(_head(str(value)) for name, value in part.items() if not _MADE.match(name))
        head = _BOUNDARY.sub("", head)
        yield Piece(head.encode(errors="replace"), text=True, charset="utf-8")
        if part.is_multipart():
            around = f"{part.preamble or ''}\n{part.epilogue or ''}"
            yield Piece(around.encode("utf-8", errors="replace"), text=True)
        else:
            yield _decoded(part)


def _head(value: str) -> str:
    """Return the words of a head as they are read (RFC 2047), and as they are written where that fails."""
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, CharsetError, LookupError, ValueError):
        return value


def _decoded(part: Message) -> Piece:
    """Return the content of a part; what is written in a way that nobody knows was not read."""
    written = str(part.get("Content-Transfer-Encoding", "")).partition(";")[0].strip().lower()
    if written not in _PLAIN | _CODED or part.get_content_type() == "message/external-body":
        return Piece(None)
    try:
        content = part.get_payload(decode=True)
        charset = part.get_content_charset("")
    except (ValueError, LookupError, TypeError):
        return Piece(None)
    damaged = any(isinstance(defect, InvalidBase64LengthDefect) for defect in part.defects)
    return Piece(content if isinstance(content, bytes) and not damaged else None, charset=charset)
