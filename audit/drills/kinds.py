"""The kinds of drills there are, each read when it is asked for: they bring the libraries of clouds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import import_module
from typing import Any, cast

import msgspec

from audit.drills.drill import Kind, Means, Recoverable
from audit.model import AuditError

_FILES = {
    "sql": "sql",
    "archive": "archive",
    "offsite": "offsite",
    "vm": "machine_restore",
    "exchange": "exchange",
    "failover": "failover",
    "erasure": "erasure",
    "breach": "breach",
}
"""The kind of an item → the file of this folder with its `KIND`."""
_PREPARING = {
    "sql": "sql_manifest",
    "archive": "archive_manifest",
    "offsite": "offsite_manifest",
    "vm": "machine_preparing",
    "exchange": "exchange_preparing",
    "failover": "failover_preparing",
}
"""The kind of an item → the file with its `prepare` and `canary`, and with `WRITES`: what they write in production."""
_NEEDS_NOTHING = {("failover", "sql-group")}
"""Kinds and methods whose drills write their own canaries."""


def kind(name: str) -> Kind:
    """Return a kind of drill; raises `AuditError` where there is none of the name."""
    if name not in _FILES:
        raise AuditError(f"there is no kind of drill {name}. Name one of {', '.join(_FILES)}.")
    return cast(Kind, import_module(f"audit.drills.{_FILES[name]}").KIND)


class Preparing(msgspec.Struct, frozen=True):
    """How one kind is prepared, so that a later drill has something to measure by."""

    prepare: Callable[[Recoverable, Means], Mapping[str, Any]]
    """Returns the manifest; raises `Refused` and the ways to stop."""
    canary: Callable[[Recoverable, Means, datetime], Mapping[str, Any]]
    """Writes a canary into production, and returns what the list of canaries needs; raises as `prepare` does."""
    writes: tuple[str, ...]
    """What both write in production, as patterns of `METHOD path`."""


def preparing(name: str, method: str = "") -> Preparing | None:
    """Return how a kind is prepared that is restored by a method, None where nothing of it can be or has to be."""
    if name not in _PREPARING or (name, method) in _NEEDS_NOTHING:
        return None
    module = import_module(f"audit.drills.{_PREPARING[name]}")
    return Preparing(module.prepare, module.canary, tuple(getattr(module, "WRITES", ())))
