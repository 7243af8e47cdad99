"""Takes the text out of documents: mails with all that is attached, archives, office files, PDF, pages and plain text.

Whatever is not understood is said to be unread, and never passes for text without numbers. A document costs no more
than its budget of bytes and time, whatever is packed into it.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Protocol

import msgspec

from audit.sources.data import encoded, mails, pdf, tags
from audit.sources.data.plain import decoded

_DEPTH = 8
_MEMBERS = 10_000
_CHUNK = 1 << 18
_PICTURES = re.compile(
    # What the first bytes of pictures, sounds and fonts are: they hold no text but what is drawn or spoken.
    rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0\0|II\*\0|MM\0\*|RIFF|OggS|ID3|\xff\xfb|\0\0\x01\0|\x01\0\0\0.{36} EMF|"
    rb"\xd7\xcd\xc6\x9a|wOFF|wOF2|OTTO|\0\x01\0\0\0|.{4}ftyp",
    re.DOTALL,
)
_BARE = re.compile(r"(?:xl/printerSettings/.*\.bin|word/fonts/.*|ppt/fonts/.*|xl/calcChain\.xml)\Z")
"""Parts of office files that hold what no person wrote: they are searched, and need not be understood."""
_END, _END_BYTES = b"PK\x05\x06", 22
"""What the end of an archive begins with, and how long it is without its comment: PKWARE's APPNOTE, 4.3.16."""
_NAMED = 1024


class _Unpacking(Protocol):
    """What unpacks one stream, piece by piece, and knows what stands behind it."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


_STREAMS: Mapping[bytes, Callable[[], _Unpacking]] = {
    b"BZ": bz2.BZ2Decompressor,
    b"\xfd7": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ),
}


class Spent(Exception):
    """The budget of a document is spent."""


class Budget:
    """What one document may still cost."""

    def __init__(self, *, bytes: int, seconds: float, clock: Callable[[], float]) -> None:  # noqa: A002  # what it is
        self.bytes = bytes
        self._clock, self._until = clock, clock() + seconds

    def take(self, count: int) -> None:
        """Count bytes; raises `Spent` where there are none left, or no time."""
        self.bytes -= count
        if self.bytes < 0 or self.left() <= 0:
            raise Spent

    def left(self) -> float:
        """Return the seconds that are left."""
        return self._until - self._clock()


class Part(msgspec.Struct, frozen=True):
    """Some text of a document, or word that a part of it was not read."""

    text: str = ""
    unread: bool = False
    picture: bool = False


UNREAD = Part(unread=True)


def parts(content: bytes, budget: Budget, *, depth: int = 0, hint: str = "") -> Iterator[Part]:
    """Yield what a document holds; raises `Spent`. `hint` is the charset that a mail names."""
    budget.take(len(content))
    if depth > _DEPTH:
        yield UNREAD
        return
    for mark, opened in _OPENED:
        if mark.match(content):
            yield from opened(content, budget, depth)
            return
    if _is_tar(content):
        yield from _tar(content, budget, depth)
    elif (mail := mails.told(content)) is not None:
        yield from _mail(mail, budget, depth)
    else:
        yield from _text(content, hint, budget, depth)


def _text(content: bytes, hint: str, budget: Budget, depth: int) -> Iterator[Part]:
    """Yield plain text or a page; of what is neither, what looks like text in it, and that it was not read."""
    if _PICTURES.match(content):
        yield Part(content.decode("latin-1"), picture=True)
        if _END in content:
            yield from _zip(content, budget, depth)
        return
    text = decoded(content, hint)
    if text is None:
        yield Part(content.decode("latin-1"), unread=True)
        yield Part(content.replace(b"\0", b"").decode("latin-1"), unread=True)
        return
    sealed = "-----BEGIN PGP MESSAGE-----" in text or "-----BEGIN CMS-----" in text or "-----BEGIN PKCS7-----" in text
    yield Part(text, unread=sealed)
    if hint and decoded(content) != text:
        # What a mail calls its charset may be wrong, and readers guess better.
        yield Part(content.decode("latin-1"))
    if tags.is_markup(text):
        yield Part(tags.shown(text))
    elif text.startswith("{\\rtf"):
        yield Part(tags.rich(text))
    for file in encoded.files(text):
        yield from _inside(file, budget, depth)


def _inside(content: bytes, budget: Budget, depth: int) -> Iterator[Part]:
    yield from parts(content, budget, depth=depth + 1)


def _mail(content: bytes, budget: Budget, depth: int) -> Iterator[Part]:
    for piece in mails.pieces(content):
        if piece.content is None:
            yield UNREAD
        elif piece.text:
            yield from _text(piece.content, piece.charset, budget, depth)
        else:
            yield from parts(piece.content, budget, depth=depth + 1, hint=piece.charset)
        budget.take(0)


def _pdf(content: bytes, budget: Budget, depth: int) -> Iterator[Part]:
    begun, ended = content.find(b"%PDF-"), content.rfind(b"%%EOF")
    yield Part((content[:begun] + b"\n" + (content[ended + 5 :] if ended > 0 else b"")).decode("latin-1"))
    taken = pdf.taken(content, seconds=budget.left(), most=budget.bytes)
    if taken is None or taken.unread:
        yield UNREAD
    for text in taken.texts if taken else ():
        budget.take(len(text))
        yield Part(text)
    for file in taken.files if taken else ():
        yield from _inside(file, budget, depth)


def _zip(content: bytes, budget: Budget, depth: int) -> Iterator[Part]:
    # Every entry of the list begins so: a list of millions is told before anything is made of it.
    if content.count(b"PK\x01\x02") > _MEMBERS:
        raise Spent
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            office = "[Content_Types].xml" in archive.NameToInfo
            for member in archive.infolist():
                yield Part(member.filename + "\n" + member.comment.decode("latin-1"))
                bare = office and _BARE.match(member.filename)
                for part in _member(archive, member, budget, depth) if member.file_size else ():
                    yield Part(part.text) if bare else part
            first = min((member.header_offset for member in archive.infolist()), default=0)
        around = content[:first] + content[content.rfind(_END) + _END_BYTES :]
        if around.strip(b"\0"):
            yield from _inside(around, budget, depth)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, LookupError, RuntimeError):
        yield UNREAD


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: Budget, depth: int) -> Iterator[Part]:
    """Yield one member; one that is encrypted or damaged was not read."""
    try:
        with archive.open(member) as stream:
            content = _drained(stream, budget)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, OSError, EOFError,
            ValueError):  # fmt: skip
        yield UNREAD
        return
    yield from _inside(content, budget, depth)


def _tar(content: bytes, budget: Budget, depth: int) -> Iterator[Part]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for count, member in enumerate(archive):
                if count > _MEMBERS:
                    raise Spent
                yield Part(member.name)
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is not None:
                    yield from _inside(_drained(stream, budget), budget, depth)
            behind = content[archive.offset :].lstrip(b"\0")
    except (tarfile.TarError, OSError, EOFError, ValueError):
        yield UNREAD
        return
    if behind:
        # Another archive, or the rest of one of which a head is damaged.
        yield from _inside(behind, budget, depth)
        if not _is_tar(behind):
            yield UNREAD


def _packed(content: bytes, budget: Budget, depth: int) -> Iterator[Part]:
    """Yield what is packed as one stream."""
    behind = b""
    try:
        if content[:2] in _STREAMS:
            inner, behind = _unpacked(_STREAMS[content[:2]](), content, budget)
        else:
            yield Part(content[:_CHUNK].partition(b"\0")[2][:_NAMED].decode("latin-1"))  # the file's own name
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
                inner = _drained(stream, budget)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError):
        yield UNREAD
        return
    yield from _inside(inner, budget, depth)
    if behind.strip(b"\0"):
        yield from _inside(behind, budget, depth)


def _unpacked(unpacking: _Unpacking, content: bytes, budget: Budget) -> tuple[bytes, bytes]:
    """Return what one stream holds, and what stands behind it; raises `EOFError` where it is cut off."""
    pieces: list[bytes] = []
    given = content
    while not unpacking.eof:
        piece = unpacking.decompress(given, _CHUNK)
        budget.take(len(piece))
        pieces.append(piece)
        if not (piece or given):
            raise EOFError
        given = b""
    return b"".join(pieces), unpacking.unused_data


def _drained(stream: IO[bytes] | io.BufferedIOBase, budget: Budget) -> bytes:
    """Read a stream to its end, piece by piece; raises `Spent` before more is unpacked than the budget allows."""
    pieces: list[bytes] = []
    while piece := stream.read(_CHUNK):
        budget.take(len(piece))
        pieces.append(piece)
    return b"".join(pieces)


def _is_tar(content: bytes) -> bool:
    return content[257:262] == b"ustar"


_OPENED: tuple[tuple[re.Pattern[bytes], Callable[[bytes, Budget, int], Iterator[Part]]], ...] = (
    (re.compile(rb"PK(?:\x03\x04|\x05\x06)"), _zip),
    (re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ"), _packed),
    (re.compile(rb"[\s\S]{0,1024}?%PDF-"), _pdf),
)
