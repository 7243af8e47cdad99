"""The kinds of drills there are, each read when it is asked for: they bring the libraries of clouds."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from audit.drills.drill import Kind
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


def kind(name: str) -> Kind:
    """Return a kind of drill; raises `AuditError` where there is none of the name."""
    if name not in _FILES:
        raise AuditError(f"there is no kind of drill {name}. Name one of {', '.join(_FILES)}.")
    return cast(Kind, import_module(f"audit.drills.{_FILES[name]}").KIND)
