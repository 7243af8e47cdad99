"""Adds to TOML files that people keep: what stands there stays byte for byte, comments too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime

from audit.model import AuditError
from audit.tables import lines_of

Value = str | date | datetime | tuple[str, ...]
"""What an entry holds: text, days, moments and lists of text."""


def appended(content: bytes, table: str, entry: Mapping[str, Value]) -> bytes:
    """Return the file with an entry of the array `table` at its end; what is empty is left out of the entry."""
    end = _line_end(content)
    gap = b"" if not content else end if content.endswith(b"\n") else end + end
    lines = [f"[[{table}]]", *(f"{key} = {_spelt(value)}" for key, value in entry.items() if value)]
    return content + gap + b"".join(line.encode("utf-8") + end for line in lines)


def extended(content: bytes, table: str, identities: list[str], identity: str, more: Mapping[str, Value]) -> bytes:
    """Return the file with more keys in one entry, right below its id; `identities` are those of all, as they stand.

    Raises `ValueError` where its id stands on no line of its own. Whether the whole still means what it should is the
    caller's to see: text can look like a table.
    """
    text = content.decode("utf-8")
    found = dict(zip(identities, lines_of(text, table, identities), strict=True))
    lines = text.splitlines(keepends=True)
    at = found[identity]
    if identity not in lines[at - 1]:
        raise ValueError("its id stands on no line of its own")
    end = _line_end(content).decode()
    if not lines[at - 1].endswith("\n"):
        lines[at - 1] += end
    lines[at:at] = [f"{key} = {_spelt(value)}{end}" for key, value in more.items() if value]
    return "".join(lines).encode("utf-8")


def _line_end(content: bytes) -> bytes:
    return b"\r\n" if b"\r\n" in content else b"\n"


def _spelt(value: Value) -> str:
    """Spell a value as TOML does; a moment in UTC, to the second. Raises `AuditError` for what is no text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_spelt, value))}]"
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise AuditError(f"{value!a} is no text in UTF-8. Write it with a terminal that is set to it.") from error
    # A basic string of TOML knows JSON's escapes, and wants one more sign escaped: https://toml.io/en/v1.0.0#string
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
