"""How Kusto looks into values, compares them and puts them in order.

https://learn.microsoft.com/azure/data-explorer/kusto/query/scalar-data-types/ and the pages of its operators.
"""

import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

Test = Callable[[Any, Any], bool]


class Shape(StrEnum):
    """The type of a column, as Resource Graph's table format names it."""

    TEXT = "string"
    WHOLE = "integer"
    NUMBER = "number"
    FLAG = "boolean"
    OBJECT = "object"
    """Kusto's `dynamic`: any JSON."""


def inside(value: Any, steps: list[str | int]) -> Any:
    """Return what lies at a path inside a value; None where the path leads nowhere."""
    for step in steps:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, Mapping) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def _text(value: Any) -> str:
    """Write a value as `tostring` does: nothing is an empty text, and an object its JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, separators=(",", ":"))


def folded(value: Any, *, fold: bool) -> str:
    """Write a value as text; with `fold`, so that texts which differ in case alone are the same."""
    return _text(value).lower() if fold else _text(value)


def equal(left: Any, right: Any) -> bool:
    """Compare two values; a text is compared with the text of the other, nothing is equal to no number or flag."""
    if isinstance(left, str) or isinstance(right, str):
        return _text(left) == _text(right)
    if isinstance(left, bool) is not isinstance(right, bool) or left is None or right is None:
        return False
    return bool(left == right)


def alike(left: Any, right: Any) -> bool:
    """Compare two texts without case."""
    return _text(left).lower() == _text(right).lower()


def _has(left: Any, right: Any) -> bool:
    """Find a whole term, which is what stands between two characters that are neither letter nor digit."""
    term = re.escape(_text(right).lower())
    return re.search(rf"(?<![^\W_]){term}(?![^\W_])", _text(left).lower()) is not None


def _ordering(test: Test) -> Test:
    """Make a comparison of two numbers; anything else compares as nothing, which is not true."""

    def compare(left: Any, right: Any) -> bool:
        numbers = all(isinstance(side, int | float) and not isinstance(side, bool) for side in (left, right))
        return numbers and test(left, right)

    return compare


def _negated(test: Test) -> Test:
    return lambda left, right: not test(left, right)


def rank(value: Any) -> tuple[int, Any]:
    """Give a key that sorts values of any type: nothing first, then flags and numbers, then text."""
    if value is None:
        return 0, 0
    return (1, value) if isinstance(value, int | float) else (2, _text(value))


def _truth(value: Any) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(_text(value).lower())


EQUALITIES: dict[str, Test] = {
    "==": equal,
    "!=": _negated(equal),
    "=~": alike,
    "!~": _negated(alike),
}
_PLAIN_TEXT_TESTS: dict[str, Test] = {
    "contains": lambda left, right: _text(right).lower() in _text(left).lower(),
    "startswith": lambda left, right: _text(left).lower().startswith(_text(right).lower()),
    "endswith": lambda left, right: _text(left).lower().endswith(_text(right).lower()),
    "has": _has,
}
TEXT_TESTS = _PLAIN_TEXT_TESTS | {f"!{word}": _negated(test) for word, test in _PLAIN_TEXT_TESTS.items()}
MEMBERSHIPS = ("in", "in~", "!in", "!in~")
ORDERINGS: dict[str, Test] = {
    "<": _ordering(lambda left, right: left < right),
    "<=": _ordering(lambda left, right: left <= right),
    ">": _ordering(lambda left, right: left > right),
    ">=": _ordering(lambda left, right: left >= right),
}
FUNCTIONS: dict[str, tuple[Shape, Callable[[Any], Any]]] = {
    "tostring": (Shape.TEXT, _text),
    "tolower": (Shape.TEXT, lambda value: _text(value).lower()),
    "toupper": (Shape.TEXT, lambda value: _text(value).upper()),
    "tobool": (Shape.FLAG, _truth),
    "isempty": (Shape.FLAG, lambda value: _text(value) == ""),
    "isnotempty": (Shape.FLAG, lambda value: _text(value) != ""),
    "isnull": (Shape.FLAG, lambda value: value is None),
    "isnotnull": (Shape.FLAG, lambda value: value is not None),
}
