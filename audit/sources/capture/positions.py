"""Remembers on which line of the program each nested argument object was made, such as a rule built in a function."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi import _types

_POSITION = "_promise_audit_position"


def install(program: Path) -> None:
    """Note the program's own line whenever an argument object takes its first value."""
    original = pulumi.set
    folder = f"{program}{os.sep}"

    def remembered(owner: Any, name: str, value: Any) -> None:
        original(owner, name, value)
        if _types.is_input_type(type(owner)) and _POSITION not in owner.__dict__:
            owner.__dict__[_POSITION] = _caller(folder)

    pulumi.set = remembered


def _caller(folder: str) -> tuple[str, int]:
    """Find the innermost frame inside the program."""
    frame = sys._getframe(2)  # walking frames is what this module is for
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(folder) and "site-packages" not in name:
            return name, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]  # None ends the walk
    return "", 0


def nested(properties: Any) -> Iterator[tuple[str, str, int]]:
    """Yield the path, file and line of every argument object below a resource's properties."""
    named: Mapping[str, Any] = properties if isinstance(properties, Mapping) else getattr(properties, "__dict__", {})
    for name, value in list(named.items()):
        if name != _POSITION:
            yield from _below(name, value)


def _below(path: str, value: Any) -> Iterator[tuple[str, str, int]]:
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _below(f"{path}.{index}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _below(f"{path}.{key}", item)
    elif _types.is_input_type(type(value)):
        file, line = value.__dict__.get(_POSITION, ("", 0))
        if file:
            yield path, file, line
        for key, item in list(vars(value).items()):
            if key != _POSITION:
                yield from _below(f"{path}.{key}", item)
