"""An append-only record in which every line carries the digest of the one before it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Self

import msgspec

from audit import canonical


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line."""

    seq: int
    """Counted from 1."""
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    type: str
    body: dict[str, Any]
    prev: str
    """The `hash` of the line before, empty in the first."""
    hash: str
    """The SHA-256 of the line without this field, as RFC 8785 writes it."""


class Journal:
    """Writes a journal to a new file; several threads may append."""

    def __init__(self, path: Path) -> None:
        """Make the file; raises `OSError` where it is there or cannot be made: `resumed` goes on with one."""
        # What a cloud answered is for its owner's eyes, until they give it to somebody.
        self._open(path, os.O_CREAT | os.O_EXCL, ())

    @classmethod
    def resumed(cls, path: Path) -> tuple[Self, tuple[Entry, ...]]:
        """Go on with the journal of a process that died, and return it with its lines.

        A last line that was cut off was never relied on, as nothing goes on before its line is written: it is taken
        away. Raises `OSError` where the file cannot be written, and `ValueError` as `read` does.
        """
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        entries = read(whole)
        if whole != content:
            os.truncate(path, len(whole))
        found = cls.__new__(cls)
        found._open(path, 0, entries)
        return found, entries

    def _open(self, path: Path, flags: int, entries: Sequence[Entry]) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | flags, 0o600)
        self._file = os.fdopen(descriptor, "ab", buffering=0)
        self._lock = threading.Lock()
        self.head = entries[-1].hash if entries else ""
        """The digest of the last line, empty while there is none."""
        self.entries = len(entries)

    def append(self, type: str, body: Mapping[str, Any], at: datetime, *, sync: bool = False) -> Entry:  # noqa: A002  # it is the field's own name
        """Write a line and return it; with `sync` it is on the disk when this returns.

        Raises `OSError` where it cannot be written, and `ValueError` for a body that has no one spelling.
        """
        with self._lock:
            entry, line = made(self.entries + 1, at, type, body, self.head)
            _write(self._file.fileno(), line)
            if sync:
                os.fsync(self._file.fileno())
            self.head, self.entries = entry.hash, entry.seq
        return entry

    def close(self) -> None:
        """Bring all of it to the disk, and write no more; raises `OSError` where the disk refuses."""
        with self._lock, self._file:
            os.fsync(self._file.fileno())


def read(content: bytes) -> tuple[Entry, ...]:
    """Read a journal whole and check its chain; raises `ValueError` naming the first line that is wrong.

    That nothing is cut off at its end is for the reader to check, by a count and a last digest kept elsewhere.
    """
    if content and not content.endswith(b"\n"):
        raise ValueError(f"line {content.count(10) + 1} is cut off")
    entries: list[Entry] = []
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        entry = _read(number, line)
        if entry.seq != number:
            raise ValueError(f"line {number} is numbered {entry.seq}: a line was taken out, added or moved")
        if entry.prev != (entries[-1].hash if entries else ""):
            raise ValueError(f"line {number} does not follow on the line before it")
        entries.append(entry)
    return tuple(entries)


def made(seq: int, at: datetime, kind: str, body: Mapping[str, Any], prev: str) -> tuple[Entry, bytes]:
    """Make an entry and its line; raises `ValueError` for a body that has no one spelling."""
    plain = msgspec.to_builtins({"seq": seq, "at": at.astimezone(UTC), "type": kind, "body": dict(body), "prev": prev})
    plain["hash"] = canonical.digest(plain)
    return msgspec.convert(plain, Entry), canonical.written(plain) + b"\n"


def _write(file: int, line: bytes) -> None:
    """Write all of a line: a nearly full disk takes a part of it before it refuses."""
    while line:
        line = line[os.write(file, line) :]


def _read(number: int, line: bytes) -> Entry:
    """Read one line; raises `ValueError` where it is none, or its digest is another's."""
    try:
        plain = canonical.read(line)
        entry = msgspec.convert(plain, Entry)
        whole = canonical.written(plain) == line
        told = canonical.digest({name: value for name, value in plain.items() if name != "hash"})
    except (ValueError, AttributeError, RecursionError) as error:
        raise ValueError(f"line {number} is no entry: {error}") from error
    if not whole:
        raise ValueError(f"line {number} is not spelt as RFC 8785 writes it")
    if told != entry.hash:
        raise ValueError(f"line {number} was changed: its digest is another")
    return entry
