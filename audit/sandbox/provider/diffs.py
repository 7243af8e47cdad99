"""What an update would change, property by property, and for which of it the resource must be made anew."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from audit.kinds.authorization import ROLE_ASSIGNMENT
from audit.kinds.network import PRIVATE_ENDPOINT, PUBLIC_IP_ADDRESS
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.kinds.web import WEB_APP
from audit.model import Kind
from audit.sandbox.provider.checks import RANDOM

_FIXED: Mapping[str, tuple[str, ...]] = {
    ROLE_ASSIGNMENT.arm: ("principalId", "scope"),
    PRIVATE_ENDPOINT.arm: ("subnet",),
    PUBLIC_IP_ADDRESS.arm: ("publicIPAddressVersion", "publicIPPrefix", "sku"),
    STORAGE_ACCOUNT.arm: ("isHnsEnabled",),
    WEB_APP.arm: ("kind",),
}
"""What azure-native itself replaces for, besides the names in a path and the location.

https://github.com/pulumi/pulumi-azure-native/blob/master/provider/pkg/gen/replacement.go
"""
_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$]*")


class Sort(StrEnum):
    """How a property differs."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


class Change(msgspec.Struct, frozen=True):
    """One property that differs."""

    path: str
    sort: Sort
    replaces: bool

    @property
    def top(self) -> str:
        """The property of the resource that it lies in."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


def fixed(kind: Kind) -> frozenset[str]:
    """Return the properties that cannot be changed where a resource stands: its place, and what Azure fixes for it."""
    names = re.findall(r"\{(\w+)\}", kind.path)
    place = {*names, "resourceGroupName", "scope", "location"}
    return frozenset((place | set(_FIXED.get(kind.arm, ()))) - {"subscriptionId"})


def changes(
    old: Mapping[str, Any], new: Mapping[str, Any], *, immutable: frozenset[str], ignored: tuple[str, ...] = ()
) -> tuple[Change, ...]:
    """Return what differs between old and new inputs; empty where nothing does."""
    keys = sorted((old.keys() | new.keys()) - {RANDOM})
    found = (
        Change(path, sort, key in immutable)
        for key in keys
        if not (key == "location" and _place(old.get(key)) == _place(new.get(key)))
        for path, sort in _differing(_step("", key), old.get(key), new.get(key))
    )
    return tuple(change for change in found if not any(_lies_in(change.path, path) for path in ignored))


def _place(location: Any) -> Any:
    """Fold the spellings of a region: `UK South` is `uksouth`."""
    return location.replace(" ", "").lower() if isinstance(location, str) else location


def _differing(path: str, old: Any, new: Any) -> Iterator[tuple[str, Sort]]:
    if old == new:
        return
    if old is None or new is None:
        yield path, Sort.ADD if old is None else Sort.DELETE
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            yield from _differing(_step(path, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            pair = (items[index] if index < len(items) else None for items in (old, new))
            yield from _differing(f"{path}[{index}]", *pair)
    else:
        yield path, Sort.UPDATE


def _step(path: str, key: str) -> str:
    """Add a key to a path: https://www.pulumi.com/docs/iac/concepts/miscellaneous/property-paths/."""
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}" if path else key
    quoted = key.replace('"', '\\"')
    return f'{path}["{quoted}"]'


def _lies_in(path: str, ignored: str) -> bool:
    return ignored in ("*", path) or path.startswith((f"{ignored}.", f"{ignored}["))
