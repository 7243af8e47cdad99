"""JSON that has one spelling, so that a digest of it means what it says (RFC 8785), and that is read strictly."""

import hashlib
import json
from typing import Any

import rfc8785


def written(value: Any) -> bytes:
    """Write plain JSON values as RFC 8785 does; raises `ValueError` for floats, which two readers may round apart."""
    try:
        if _has_float(value):
            raise ValueError("a number with a fraction has no place in evidence")
        return rfc8785.dumps(value)
    except RecursionError as error:
        # What could just be read may be too deep to be written: reading takes less of the stack.
        raise ValueError("it is nested too deeply") from error


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical form, in hexadecimal; raises as `written` does."""
    return sha256(written(value))


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def read(content: bytes) -> Any:
    """Read JSON; raises `ValueError` where it is none, holds NaN, or an object has a key twice.

    Readers disagree on which of two equal keys counts, so what was signed would not be what is read.
    """
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _has_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_float, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_float, value))
    return isinstance(value, float)
