"""Remembers on which line of the program each nested argument object was made, such as a rule built in a function."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi import _types

_positions: dict[int, tuple[Any, str, int]] = {}
"""Identity of an argument object → the object, which keeps the identity its own, and the file and line it was made on.

Not kept on the object itself: the SDK hands everything that it finds there on as arguments.
"""


def install(program: Path) -> None:
    """Note the program's own line whenever an argument object takes its first value.

    `program` is the project's folder: an object made in a library counts as made where the program called it.
    """
    sdk: Any = pulumi
    original = sdk.set
    folder = f"{program}{os.sep}"

    def remembered(owner: Any, name: str, value: Any) -> None:
        original(owner, name, value)
        if _types.is_input_type(type(owner)) and id(owner) not in _positions:
            _positions[id(owner)] = (owner, *_caller(folder))

    sdk.set = remembered


def _caller(folder: str) -> tuple[str, int]:
    """Find the innermost frame inside the program.

    Line 0 of no file where none of the frames is the program's.
    """
    frame = sys._getframe(2)  # walking frames is what this module is for
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(folder) and "site-packages" not in name:
            return name, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]  # None ends the walk
    return "", 0


def nested(properties: Any) -> Iterator[tuple[str, str, int]]:
    """Yield the path, file and line of every argument object below a resource's properties.

    Paths use Python's names with dots and list positions (`security_rules.0.access`); an object inside another comes
    after it.
    """
    named: Mapping[str, Any] = properties if isinstance(properties, Mapping) else getattr(properties, "__dict__", {})
    for name, value in list(named.items()):
        yield from _below(name, value)


def _below(path: str, value: Any) -> Iterator[tuple[str, str, int]]:
    """Yield the objects at and below `path`; one made outside the program is passed over, what lies in it is not."""
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _below(f"{path}.{index}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _below(f"{path}.{key}", item)
    elif _types.is_input_type(type(value)):
        _, file, line = _positions.get(id(value), (None, "", 0))
        if file:
            yield path, file, line
        for key, item in list(vars(value).items()):
            yield from _below(f"{path}.{key}", item)
