"""A digest of rows that is the same in whatever order and from whatever engine they come; no row leaves it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

_WIDTH = 32
_MODULUS = 1 << (8 * _WIDTH)


def digest(rows: Iterable[tuple[Any, ...]], key: bytes) -> tuple[int, str]:
    """Return how many rows there are, and a digest of all of them as a multiset.

    It is the sum of the rows' keyed digests: a row that is missing, changed or there twice makes another one, and only
    one row is held at a time.
    """
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hmac.digest(key, spelt(row), "sha256"))
    return count, (total % _MODULUS).to_bytes(_WIDTH).hex()


def spelt(row: tuple[Any, ...]) -> bytes:
    """Spell a row: each value by its type, its length and its one spelling, so that no two rows are spelt alike."""
    parts = []
    for value in row:
        kind, text = _spelt(value)
        parts.append(b"%s%d:%s" % (kind, len(text), text))
    return b"".join(parts)


def hashed(text: str, key: bytes) -> str:
    """Return the keyed digest of a text."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _spelt(value: Any) -> tuple[bytes, bytes]:
    """Spell one value: what two engines call by different types, as a bit and a boolean, is spelt alike."""
    if isinstance(value, bool | int):
        return b"n", str(int(value)).encode()
    if isinstance(value, float | Decimal):
        return b"n", _number(Decimal(repr(value)) if isinstance(value, float) else value)
    if isinstance(value, bytes | bytearray | memoryview):
        return b"b", bytes(value)
    if isinstance(value, datetime):
        return b"t", _moment(value)
    if isinstance(value, date | time):
        return b"t", value.isoformat().encode()
    # SQL Server takes half a surrogate pair into an `nvarchar`: it is a value like any other, and no crash.
    return (b"0", b"") if value is None else (b"s", str(value).encode(errors="surrogatepass"))


def _number(value: Decimal) -> bytes:
    """Spell a number without zeros that say nothing: 1.50 is 1.5, and -0 is 0."""
    if not value.is_finite():
        return str(value).encode()
    # `normalize` would round to 28 digits, and a column can hold 38: two amounts would be spelt alike.
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.encode() if value else b"0"


def _moment(value: datetime) -> bytes:
    """Spell a moment, one with an offset in UTC; fractions without zeros that say nothing."""
    plain = value.astimezone(UTC) if value.tzinfo else value
    text = plain.replace(tzinfo=None).isoformat(timespec="microseconds").rstrip("0").rstrip(".")
    return f"{text}{'Z' if value.tzinfo else ''}".encode()
