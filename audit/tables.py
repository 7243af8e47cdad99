"""Reads TOML files strictly, and finds the line on which each table of an array stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from audit.model import AuditError

T = TypeVar("T")
"""The struct that a TOML file is decoded into."""
_NAMED_BY = r"(?:id|control|pseudonym)"
"""The key by which a table of an array is known."""


def read_toml(path: Path, shape: type[T]) -> T:
    """Decode a TOML file into `shape`; raises `AuditError` naming the file, and the place that is wrong.

    Keys that `shape` does not know are an error where the struct forbids them, as those for policies do.
    """
    return decoded(path, content_of(path), shape)


def content_of(path: Path) -> bytes:
    """Read a file whole; raises `AuditError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise AuditError(f"cannot read {path}: {error}. Check the file's name and that it is text.") from error


def decoded(path: Path, content: bytes, shape: type[T]) -> T:
    """Decode what stands in the file at `path`, or is about to; raises as `read_toml` does."""
    try:
        return msgspec.toml.decode(content, type=shape)
    except UnicodeDecodeError as error:
        raise AuditError(f"cannot read {path}: {error}. Check the file's name and that it is text.") from error
    except tomllib.TOMLDecodeError as error:
        raise AuditError(f"{path}: {error}. Mend the file.") from error
    except msgspec.DecodeError as error:
        raise AuditError(f"{path}{_line_of(error, content)}: {error}. Mend the file.") from error


def lines_of(text: str, table: str, identities: Iterable[str]) -> Iterator[int]:
    """Find the line that names each table of an array (`[[commitment]]`) by its id, in the order they stand there.

    Where one cannot be found by its text, it is told at the last line that was; at line 1 where none was.
    """
    lines = text.splitlines()
    number = 0
    for identity in identities:
        number = _next_line(lines, _heading(table), number)
        yield _next_line(lines, rf"\s*{_NAMED_BY}\s*=\s*[\"']{re.escape(identity)}[\"']", number) or 1


def _heading(table: str) -> str:
    return rf"\s*\[\[\s*{re.escape(table)}\s*\]\]"


def _next_line(lines: list[str], wanted: str, after: int) -> int:
    """Find the next line that matches; where none does, `after` itself."""
    return next((at for at, line in enumerate(lines[after:], after + 1) if re.match(wanted, line)), after)


def _line_of(error: msgspec.DecodeError, content: bytes) -> str:
    """Name the line of the table that does not fit, such as `:12`; empty where the trouble is in no table."""
    place = re.search(r"`\$\.(\w+)\[(\d+)\]", str(error))
    if place is None:
        return ""
    lines = content.decode("utf-8").splitlines()
    headings = (at for at, line in enumerate(lines, 1) if re.match(_heading(place.group(1)), line))
    found = next(islice(headings, int(place.group(2)), None), 0)
    return f":{found}" if found else ""
