"""Who was erased, as keyed digests: enough to find them again in a restored copy, and nothing to know them by."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from audit.drills import sql_rows
from audit.drills.drill import Means, Recoverable
from audit.drills.outcomes import NotRun, shaped

_PARTS = 3


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger of erasures of one database."""

    columns: tuple[tuple[str, str, str], ...]
    """Schema, table and name of each column in which a person's identifier stands."""
    keys: tuple[str, ...]
    """The keyed digest of each identifier."""


def add(item: Recoverable, key: bytes, identifiers: Iterable[str], before: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ledger of an item with these identifiers added to those that it had; empty ones are left out.

    Raises `NotRun` where the rules name no column (`facts.erased`, as `dbo.people.email`).
    """
    columns = [str(name).split(".") for name in item.facts.get("erased") or ()]
    if not columns or any(len(parts) != _PARTS or not all(parts) for parts in columns):
        raise NotRun("drills.toml names no columns by which persons are erased: facts.erased, as dbo.people.email")
    made = {keyed(one, key) for one in identifiers if one.strip()}
    return {"columns": columns, "keys": sorted(made | set(before.get("keys") or ()))}


def known(item: Recoverable, means: Means) -> Ledger:
    """Return the ledger of an item; raises `NotRun` where none was prepared, or nobody was erased yet."""
    told = means.manifest(item.ref, "erasures") if means.manifest else None
    if not told:
        raise NotRun("no ledger of erasures was prepared")
    found = shaped(told, Ledger, "ledger of erasures")
    if not found.keys or not found.columns:
        raise NotRun("the ledger of erasures is empty: there is nothing to replay")
    return found


def keyed(identifier: str, key: bytes) -> str:
    """Return the keyed digest of an identifier, the same however it is spelt in letters, spaces and case."""
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFC", identifier.strip()).casefold())
    return sql_rows.hashed(f"erased {plain}", key)
