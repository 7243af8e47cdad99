"""The numbers and lists by which a company means its promises, and which of them were asked for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from audit.facts import Unseen, fits

_ASKED: ContextVar[set[str] | None] = ContextVar("asked", default=None)


@contextmanager
def asked() -> Iterator[set[str]]:
    """Note the name of every target that is asked for inside the block, whether it is set or not.

    Each thread and each block notes for itself; of nested blocks the inner one keeps its names.
    """
    names: set[str] = set()
    token = _ASKED.set(names)
    try:
        yield names
    finally:
        _ASKED.reset(token)


class Targets:
    """The numbers and lists by which the company means its promises, read from `policies/targets.toml`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        """Everything in the file, tables as they are nested there."""

    def number(self, name: str) -> int:
        """Return the number at a dotted `name`; raises `Unseen` where the company chose none, or one below 1."""
        number = int(self._value(name, int))
        if number < 1:
            raise Unseen(f"the target {name} is {number}, which promises nothing: choose 1 or more in targets.toml")
        return number

    def names(self, name: str, *, may_be_empty: bool = False) -> tuple[str, ...]:
        """Return the list of text at a dotted `name`; raises `Unseen` where the company chose none, or an empty one."""
        found = tuple(self._value(name, list))
        if not (found or may_be_empty):
            raise Unseen(f"the target {name} is empty: fill it in targets.toml")
        if not all(isinstance(text, str) and text.strip() for text in found):
            raise Unseen(f"the target {name} is no list of names: fill it in targets.toml")
        return found

    def at(self, name: str) -> Any:
        """Return what stands at a dotted `name`, a whole table too; None where nothing does. It counts as not asked."""
        value: Any = self.values
        for key in name.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def _value(self, name: str, shape: type) -> Any:
        names = _ASKED.get()
        if names is not None:
            names.add(name)
        value = self.at(name)
        if value is None:
            raise Unseen(f"the target {name} is not set in targets.toml")
        if not fits(value, shape):
            raise Unseen(
                f"the target {name} is no {'list' if shape is list else 'whole number'}: correct it in targets.toml"
            )
        return value
