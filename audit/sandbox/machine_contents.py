"""What a machine's disks really hold, which Azure never tells: whether it starts, its files, its canary."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from audit.sandbox.store import Store

_KIND = "machine contents"


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file, by what a script could find out about it."""

    sha256: str
    size: int


class Canary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The canary on a disk: when it was written, and its digest."""

    at: str
    digest: str


class Contents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The truth about a machine, or about the disk that it starts from."""

    boots: bool = True
    heartbeat: bool = True
    """Whether the agent inside reports, where the system starts at all."""
    system: Literal["Windows", "Linux"] = "Windows"
    size: str = "Standard_D2s_v5"
    data_disks: int = 1
    canary: Canary | None = None
    files: Mapping[str, File] = {}
    """By their paths inside the machine."""
    services: Mapping[str, str] = {}
    """Name → `running` or `stopped`."""


def file(content: bytes) -> dict[str, Any]:
    """Return how a file with this content is told of in `contents`."""
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def read(told: Mapping[str, Any] | Contents) -> Contents:
    """Read contents; raises `msgspec.ValidationError` where something is misspelt."""
    return told if isinstance(told, Contents) else msgspec.convert(dict(told), Contents)


def keep(store: Store, identity: str, told: Mapping[str, Any] | Contents) -> None:
    """Keep what a machine, a disk, a recovery point or a replica holds, by its ARM id."""
    store.put_document(_KIND, identity.lower(), msgspec.to_builtins(read(told)))


def held(store: Store, identity: str) -> Contents | None:
    """Return what is kept under an ARM id, None where nothing was."""
    found = store.document(_KIND, identity.lower())
    return msgspec.convert(found, Contents) if found else None


def place(store: Store, machine: str) -> str:
    """Return under which id the contents of a machine are kept: that of its system disk, which brings them along."""
    properties = (store.read(machine) or {}).get("properties") or {}
    disk = ((properties.get("storageProfile") or {}).get("osDisk") or {}).get("managedDisk") or {}
    identity = str(disk.get("id") or "")
    return identity if identity and held(store, identity) else machine


def of_machine(store: Store, machine: str) -> Contents:
    """Return what a machine holds; a sound one with nothing to be found where nobody said."""
    return held(store, place(store, machine)) or Contents()
