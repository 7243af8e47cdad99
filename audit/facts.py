"""How a value is read: present, of the expected shape and known, or not seen at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")


class Cause(StrEnum):
    """Why a verdict is unproven."""

    MISSING = "missing"
    """The property is absent, null or of an unexpected shape."""
    UNKNOWN = "unknown"
    """The value is not known before deployment: an obligation for the next live audit."""
    GAP = "gap"
    """The listing that the control needs is incomplete."""
    NOTHING = "nothing"
    """No resource of the kind was seen."""


class Unseen(Exception):
    """A value that a control needs was not seen, so nothing about it can be proved.

    `cause` tells the engine whether the plane should have held the value.
    """

    def __init__(self, reason: str, cause: Cause | None = None) -> None:
        super().__init__(reason)
        self.cause = cause or Cause.MISSING


class Reference(msgspec.Struct, frozen=True):
    """A link from one declared resource to a property of another, kept as a link until the estate resolves it."""

    urn: str
    property: str
    suffix: str = ""
    """Text appended to the property, such as `/databases/master`."""


SOMEWHERE_BELOW = "/?"
"""The suffix of a reference that leads to a resource or to any part of it: which of them is not known."""


class _Marker:
    """A value that is there but cannot be read."""

    def __init__(self, reason: str, cause: Cause) -> None:
        self.reason, self.cause = reason, cause

    def __repr__(self) -> str:
        return f"<{self.reason}>"

    def __str__(self) -> str:
        return self.reason


# Only what is not known before deployment is an obligation; the others are faults of what was declared or answered, so
# they block.
UNKNOWN = _Marker("is not known before deployment", Cause.UNKNOWN)
SECRET = _Marker("is a secret and was not looked at", Cause.MISSING)
AMBIGUOUS = _Marker("stands twice with different values", Cause.MISSING)
MISSHAPEN = _Marker("lies below something of an unexpected shape", Cause.MISSING)
_PLAIN = {str, bool, int, float}
_REQUIRED: Any = _Marker("is required", Cause.MISSING)
# One list for each context, so that rulings made side by side in threads do not mix their evidence.
_READINGS: ContextVar[list[Reading] | None] = ContextVar("readings", default=None)


class Reading(msgspec.Struct, frozen=True):
    """One value that a ruling rests on: whose it is, where it stands, what was seen."""

    resource: str
    path: str
    value: Any
    line: int = 0
    """The line of the resource's own file that sets it, told where the ruling is not kept; 0 where it is not known."""


@contextmanager
def readings() -> Iterator[list[Reading]]:
    """Record every value read inside the block: it is the evidence of the ruling made there.

    Blocks may be nested: the inner one takes its readings for itself.
    """
    seen: list[Reading] = []
    token = _READINGS.set(seen)
    try:
        yield seen
    finally:
        _READINGS.reset(token)


def is_marker(value: Any) -> bool:
    """Tell whether `value` stands for something that is there but cannot be read."""
    return isinstance(value, _Marker)


def _first_marker(value: Any) -> _Marker | Reference | None:
    """Find a value that cannot be read anywhere inside `value`.

    None where every value inside can be read. A reference counts as one: it stands for an id that is not there yet.
    """
    if isinstance(value, _Marker | Reference):
        return value
    nested = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return next((found for item in nested if (found := _first_marker(item)) is not None), None)


def inside(value: Any, key: str) -> Any:
    """Return what stands at `key` in `value`: below what cannot be read, nothing can be read, and nothing is absent.

    Below a marker the marker comes back, below a reference the unknown value, and below a text or a number `MISSHAPEN`.
    """
    if type(value) is dict and (found := value.get(key)) is not None:
        return found  # by far the most common case, told apart first for speed
    if isinstance(value, Reference):
        return UNKNOWN
    if value is None or isinstance(value, _Marker):
        return value
    if not isinstance(value, Mapping):
        return MISSHAPEN
    # An object `properties` was hoisted; one that is still there could not be read, and may hold the key.
    hidden = value.get("properties")
    if value.get(key) is None and isinstance(hidden, _Marker | Reference):
        return UNKNOWN if isinstance(hidden, Reference) else hidden
    return value.get(key)


def fits(value: Any, shape: type) -> bool:
    """Tell whether `value` is of `shape`; a whole float counts as an int, a bool never does.

    Program inputs pass through protobuf, whose only number is a float
    (https://protobuf.dev/reference/protobuf/google.protobuf/#value), so a whole float is as good as an int.
    """
    if shape is int:
        return type(value) is int or (type(value) is float and value.is_integer())
    if shape is float:
        return type(value) in (int, float)
    return isinstance(value, Mapping if shape is dict else shape)


class Facts:
    """What is read property by property: a resource, or one element of a list inside it."""

    __slots__ = ()

    _owner: str
    _prefix: str
    body: Mapping[str, Any]

    def path(self, path: str) -> str:
        """Give the full path, from the resource down, of a path relative to this part."""
        return f"{self._prefix}.{path}" if self._prefix else path

    def look(self, path: str) -> Any:
        """Return whatever stands at a dotted `path`, or None; markers and references come back as they are.

        What it returns is not checked in any way: compare it with nothing but None, and use `read` for a value.
        """
        value: Any = self.body
        for key in path.split("."):
            value = inside(value, key)
        recorder = _READINGS.get()
        if recorder is not None:
            recorder.append(Reading(self._owner, self.path(path), value))
        return value

    def read(self, path: str, shape: type[T], *, absent: T = _REQUIRED) -> T:
        """Return the value at a dotted `path`, which must be of `shape` (bool, int, float, str, list or dict).

        `absent` names the platform's own documented default for a property that is missing or null.
        Raises `Unseen` where the value is missing, unknown, secret or of another shape: the engine then
        reports `unproven`.
        """
        value = self.look(path)
        if value is None:
            if absent is _REQUIRED:
                raise Unseen(f"{self.path(path)} was not seen")
            return absent
        self._demand_known(path, value)
        if not fits(value, shape):
            raise Unseen(f"{self.path(path)} has an unexpected shape: {shape.__name__} expected, {value!r} seen")
        return cast(T, int(value) if shape is int else value)

    def texts(self, path: str, *, absent: tuple[str, ...] = _REQUIRED) -> tuple[str, ...]:
        """Return the list of strings at `path`; raises `Unseen` as `read` does.

        An empty list is a value like another: it comes back empty.
        """
        values = self.read(path, list, absent=_REQUIRED if absent is _REQUIRED else list(absent))
        if not all(isinstance(value, str) for value in values):
            raise Unseen(f"{self.path(path)} has an unexpected shape: a list of text expected")
        return tuple(values)

    def each(self, path: str, *, absent: tuple[Part, ...] = _REQUIRED) -> tuple[Part, ...]:
        """Return the objects listed at `path` as parts that are read the same way; raises `Unseen` as `read` does.

        A part's readings are told with the position in its path, such as `ipConfigurations[0].subnet.id`.
        """
        value = self.look(path)
        if value is None and absent is not _REQUIRED:
            return absent
        if isinstance(value, _Marker | Reference):
            self._demand_known(path, value)
        if not isinstance(value, list | tuple):
            raise Unseen(f"{self.path(path)} was not seen as a list")
        return tuple(self._part(f"{path}[{index}]", item) for index, item in enumerate(value))

    def link(self, path: str, *, absent: str | None = _REQUIRED) -> Reference | str | None:
        """Return the identity at `path`: a reference to a declared resource, or an id in clear.

        An id is not looked up here. Raises `Unseen` where there is none and no `absent`, an empty text included.
        """
        value = self.look(path)
        if value is None and absent is not _REQUIRED:
            return absent
        if isinstance(value, _Marker):
            self._demand_known(path, value)
        if not isinstance(value, Reference | str) or value == "":
            raise Unseen(f"{self.path(path)} was not seen")
        return value

    def _part(self, path: str, item: Any) -> Part:
        """Make a part of one element; raises `Unseen` where it is unknown or no object."""
        if isinstance(item, _Marker | Reference):
            self._demand_known(path, item)
        if not isinstance(item, Mapping):
            raise Unseen(f"{self.path(path)} has an unexpected shape: an object expected")
        return Part(self._owner, self.path(path), item)

    def _demand_known(self, path: str, value: Any) -> None:
        """Raise `Unseen`, with the marker's own cause, where `value` or anything inside it cannot be read."""
        if type(value) in _PLAIN:
            return
        marker = _first_marker(value)
        if isinstance(marker, Reference):
            raise Unseen(f"{self.path(path)} is not known before deployment", Cause.UNKNOWN)
        if marker is not None:
            raise Unseen(f"{self.path(path)} {marker.reason}", marker.cause)


class Part(Facts):
    """One element of a list inside a resource."""

    __slots__ = ("_owner", "_prefix", "body")

    def __init__(self, owner: str, prefix: str, body: Mapping[str, Any]) -> None:
        self._owner, self._prefix, self.body = owner, prefix, body
