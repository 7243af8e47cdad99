"""The values of SQL databases: as they are kept and sent as JSON, as sqlite has them, and as T-SQL writes them as text.

Decimals, moments and bytes are tagged, `{"decimal": "1.50"}`, since JSON has none of them.
"""

import hashlib
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from audit.sandbox.sql_catalog import bare, sizes

_DECIMALS = ("decimal", "numeric", "money", "smallmoney")
MOMENTS = ("date", "datetime", "datetime2", "datetimeoffset", "smalldatetime", "time")
_BYTES = ("binary", "varbinary", "image", "timestamp", "rowversion")
_FLOATS = ("float", "real")
_MONEY_SCALE = 4
_ISO_STYLES = (126, 127)


def inner(value: Any) -> Any:
    """Return a value of JSON as sqlite takes it; raises `ValueError` for a tag that is none."""
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, Mapping):
        return value
    (tag, text), *others = value.items()
    if others or tag not in ("decimal", "datetime", "bytes"):
        raise ValueError(f"{tag} is no tag of a value")
    if tag == "bytes":
        return bytes.fromhex(text)
    return str(Decimal(text)) if tag == "decimal" else _moment(text)


def outer(value: Any, type_name: str) -> Any:
    """Return a value of sqlite, of a column of a T-SQL type, as JSON; without a type it is told by itself."""
    name = bare(type_name)
    if value is None:
        return None
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if name == "bit":
        return bool(value)
    if name in _DECIMALS:
        return {"decimal": _decimal(value, type_name)}
    return {"datetime": str(value)} if name in MOMENTS else value


def as_text(value: Any, type_name: str, style: int | None = None) -> str | None:
    """Return a value as CONVERT writes it as text.

    https://learn.microsoft.com/sql/t-sql/functions/cast-and-convert-transact-sql
    """
    name = bare(type_name)
    if value is None:
        return None
    if isinstance(value, bytes):
        # Style 1 writes `0x` before the digits, 2 does not; without one the bytes are the characters themselves.
        return {1: "0x", 2: ""}[style] + value.hex().upper() if style in (1, 2) else value.decode("latin-1")
    if name in _DECIMALS:
        return _decimal(value, type_name)
    if name in MOMENTS and style not in _ISO_STYLES:
        return str(value).replace("T", " ")
    if name in _FLOATS or isinstance(value, float):
        # 3 writes every digit that a double needs, without a style there are six of them.
        return f"{value:.16e}" if style in (2, 3) else f"{value:g}"
    return str(value).upper() if name == "uniqueidentifier" else str(value)


def as_moment(value: Any, type_name: str) -> Any:
    """Return a moment as a type of moments holds it: a day without its time, all others as they are."""
    return str(value)[:10] if value is not None and bare(type_name) == "date" else value


def joined(*values: Any) -> str:
    """Join values with the first between them; nulls are left out, as CONCAT_WS does."""
    separator, *rest = values
    return str(separator or "").join(as_text(one, "") or "" for one in rest if one is not None)


def run_together(*values: Any) -> str:
    """Join values, a null as an empty text, as CONCAT does."""
    return "".join(as_text(one, "") or "" for one in values)


def bracketed(text: Any) -> str | None:
    """Return a name in brackets, as QUOTENAME does."""
    return None if text is None else "[" + str(text).replace("]", "]]") + "]"


def length(value: Any) -> int | None:
    """Return how many bytes a value takes, a text as nvarchar holds it."""
    return None if value is None else len(_raw(value))


def digest(value: Any, bits: Any = 256) -> bytes | None:
    """Return the digest of a text or of bytes; a text is hashed as nvarchar holds it."""
    if value is None:
        return None
    return hashlib.new(f"sha{bits or 256}", _raw(value)).digest()


def checksum(*values: Any) -> int:
    """Return a number that changes with any of the values: not the one that SQL Server makes."""
    whole = b"\x00".join(b"" if one is None else _raw(one) for one in values)
    return zlib.crc32(whole) - 2**31


class ChecksumOfAll:
    """The aggregate CHECKSUM_AGG: the same for the same values in any order."""

    def __init__(self) -> None:
        self.total = 0

    def step(self, value: Any) -> None:
        """Take one value in."""
        self.total ^= int(value or 0)

    def finalize(self) -> int:
        """Return the checksum of all values."""
        return self.total


def _raw(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-16-le")


def _decimal(value: Any, type_name: str) -> str:
    scale = _MONEY_SCALE if bare(type_name).endswith("money") else sizes(type_name)[2]
    try:
        return str(Decimal(str(value)).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP))
    except InvalidOperation:
        return str(value)


def _moment(text: str) -> str:
    """Return a moment without its zone, as the types without one hold it; a mere day stays one."""
    if "T" not in text and " " not in text:
        return text
    found = datetime.fromisoformat(text)
    return (found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found).isoformat()
