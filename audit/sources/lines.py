"""Finds the line on which a Pulumi program sets each property of a resource."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from audit.shape import plain_key


def property_lines(path: Path, line: int, class_name: str, *, below: str = "") -> Mapping[str, int]:
    """Map each property set in the constructor call at `line` to its own line; empty where the call is not found.

    Of several calls on one line the one of `class_name` counts, else the outermost. `below` is where the object made
    by the call stands inside its resource. Keys are folded as `plain_key` does: `networkruleset.defaultaction`,
    `subnets.0.name`.
    """
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return {}
    calls = _calls(path, changed).get(line, ())
    call = next((call for call in calls if _name(call.func) == class_name), calls[0] if calls else None)
    return dict(_arguments(call, below)) if call else {}


# The time of the last change is part of the key: a program that was edited between two audits is read again.
@cache
def _calls(path: Path, changed: int) -> Mapping[int, tuple[ast.Call, ...]]:
    """Index a file's calls by the line they start on, the outermost first; `changed` is the file's own time."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    found: dict[int, list[ast.Call]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found.setdefault(node.lineno, []).append(node)
    return {line: tuple(calls) for line, calls in found.items()}


def _name(function: ast.expr) -> str:
    """Return the last name of what is called (`StorageAccount` of `storage.StorageAccount`); empty otherwise."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _arguments(node: ast.expr, prefix: str) -> Iterator[tuple[str, int]]:
    """Yield every named value below a call, dictionary, list or tuple, with the line its name stands on.

    Values that a variable or another call holds have no line of their own here. `opts` is left out: it sets no
    property.
    """
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg and keyword.arg != "opts":
                yield from _named(keyword.arg, keyword.value, keyword.lineno, prefix)
            elif keyword.arg is None and isinstance(keyword.value, ast.Dict):
                yield from _arguments(keyword.value, prefix)
        # `StorageAccount("x", StorageAccountArgs(…))` sets its properties one call deeper.
        for argument in node.args:
            yield from _arguments(argument, prefix)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield from _named(key.value, value, key.lineno, prefix)
    elif isinstance(node, ast.List | ast.Tuple):
        for index, item in enumerate(node.elts):
            yield f"{prefix}.{index}".strip("."), item.lineno
            yield from _arguments(item, f"{prefix}.{index}")


def _named(name: str, value: ast.expr, line: int, prefix: str) -> Iterator[tuple[str, int]]:
    """Yield one named value with its line, and what lies below it."""
    key = plain_key(f"{prefix}.{name}".strip("."))
    if key:
        yield key, line
    yield from _arguments(value, key)
