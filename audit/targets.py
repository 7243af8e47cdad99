"""The numbers and lists by which a company means its promises."""

from collections.abc import Mapping
from typing import Any

from audit.facts import Unseen, fits


class Targets:
    """The numbers and lists by which the company means its promises, read from `policies/targets.toml`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def number(self, name: str) -> int:
        """Return the number at a dotted `name`; raises `Unseen` where the company chose none, or one below 1."""
        number = int(self._value(name, int))
        if number < 1:
            raise Unseen(f"the target {name} is {number}, which promises nothing: choose 1 or more in targets.toml")
        return number

    def names(self, name: str, *, may_be_empty: bool = False) -> tuple[str, ...]:
        """Return the list of text at a dotted `name`; raises `Unseen` where the company chose none, or an empty one."""
        found = tuple(self._value(name, list))
        if not all(isinstance(text, str) and text.strip() for text in found) or not (found or may_be_empty):
            raise Unseen(f"the target {name} is no list of names: fill it in targets.toml")
        return found

    def _value(self, name: str, shape: type) -> Any:
        value: Any = self._values
        for key in name.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if not fits(value, shape):
            raise Unseen(f"the target {name} is not set in targets.toml")
        return value
