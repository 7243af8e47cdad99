"""How a drill stops before its end: what it showed by that, if anything."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class Stopped(Exception):
    """A drill that goes no further; clean-up follows."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotRun(Stopped):
    """It could not begin, which shows nothing."""


class Inconclusive(Stopped):
    """It began, and something that is not the backup's fault ended it: it shows nothing."""


class Failed(Stopped):
    """It showed that something cannot be restored, at this proof level (0 to 6, drills-and-reports §A.1)."""

    def __init__(self, level: int, reason: str) -> None:
        super().__init__(reason)
        self.level = level


def shaped(told: Any, shape: type[T], what: str) -> T:
    """Return what was prepared as `shape`; raises `Inconclusive` where it was signed in another one."""
    try:
        return msgspec.convert(told, shape)
    except msgspec.ValidationError as error:
        # What the error quotes may be a name.
        raise Inconclusive(f"the {what} that was prepared has another shape: prepare it again") from error
