"""Tells whether a callback that a preview does not run makes resources, which nobody then sees."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pulumi

_DEPTH = 4
"""How many calls, and how many dots (`azure.storage.v1.Account`), are followed."""


def declares(callback: Any, project: Path, depth: int = _DEPTH) -> bool:
    """Tell whether a function of the program names a resource class, or another function that does.

    What it reaches by other ways, such as an attribute of an object, is not found.

    False for a function outside `project`: libraries may name resource classes without making any for this program.
    """
    code = callback.__code__
    if not depth or not Path(code.co_filename).is_relative_to(project):
        return False
    return any(
        issubclass(item, pulumi.Resource) if isinstance(item, type) else declares(item, project, depth - 1)
        for item in _reached(callback, set(_names(code)))
        if isinstance(item, type | FunctionType)
    )


def _names(code: CodeType) -> Iterator[str]:
    """Yield every name that a function's code speaks of, that of the functions inside it included.

    Attribute names are among them, so a name says only that something may be reached by it.
    """
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _reached(callback: Any, names: set[str]) -> list[Any]:
    """List what the names stand for: global things, things of the function around it, and what modules hold.

    Modules are followed by every name, whatever attribute path the code itself takes: too much is found rather than too
    little.
    """
    cells = [cell.cell_contents for cell in callback.__closure__ or () if _filled(cell)]
    found = [*cells, *(callback.__globals__[name] for name in sorted(names) if name in callback.__globals__)]
    modules = [item for item in found if inspect.ismodule(item)]
    for _ in range(_DEPTH):
        inner = [getattr(module, name, None) for module in modules for name in sorted(names)]
        found += inner
        modules = [item for item in inner if inspect.ismodule(item)]
    return found


def _filled(cell: Any) -> bool:
    """Tell whether a variable of the function around it has got its value yet."""
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True
