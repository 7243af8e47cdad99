"""What the local Azure keeps of blobs: their versions as documents, and their bytes as files by digest."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from audit.model import AuditError
from audit.sandbox.store import Store

Harm = Literal["truncated", "flipped", "gone"]
"""What can have happened to bytes behind the store's back: the end is missing, one is another, none is there."""


class Copying(msgspec.Struct, frozen=True, kw_only=True):
    """How a blob came here from another: https://learn.microsoft.com/rest/api/storageservices/copy-blob."""

    id: str
    source: str
    done: datetime


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One state of a blob, from its writing on; it is kept for good, so that any moment can be looked back to."""

    id: str
    """The moment of its writing, which is what Azure's ids of versions are."""
    created: datetime
    """When the blob was made whose state it is."""
    written: datetime
    ended: datetime | None = None
    """When another took its place, or the blob was deleted; None while it is the current one."""
    kept: bool = False
    """Whether it outlives its end as a version, since the account keeps versions."""
    deleted: datetime | None = None
    """When it was deleted softly; it can be brought back until `gone`."""
    gone: datetime | None = None
    """From when on nothing shows it any more."""
    digest: str
    """SHA-256 of its bytes, which is where they lie."""
    size: int
    md5: str
    """The checksum that the store keeps beside the bytes, in base64; empty where none was given or made."""
    etag: str
    headers: Mapping[str, str] = {}
    """What the writer said of the bytes, by header: `content-type`, `content-encoding`, `cache-control`."""
    metadata: Mapping[str, str] = {}
    tier: str = "Hot"
    inferred: bool = True
    """Whether the tier is the account's own."""
    moved: datetime | None = None
    """When the tier was set."""
    to: str = ""
    """The tier that it is brought to out of the archive, until `ready`."""
    priority: str = ""
    ready: datetime | None = None
    until: datetime | None = None
    """Until when a policy of its own keeps it."""
    mode: str = ""
    """`Locked` or `Unlocked`, empty without a policy."""
    legal_hold: bool = False
    copying: Copying | None = None
    harm: str = ""

    def is_current(self) -> bool:
        """Tell whether it is what a request without a version reads."""
        return self.ended is None and self.deleted is None and self.gone is None

    def is_gone(self, now: datetime) -> bool:
        """Tell whether nothing shows it any more at a moment."""
        return self.gone is not None and self.gone <= now

    def at(self, now: datetime) -> Version:
        """Return it as it stands at a moment: what was to come out of the archive by then has come."""
        if self.ready is None or self.ready > now:
            return self
        return msgspec.structs.replace(self, tier=self.to, moved=self.ready, to="", priority="", ready=None)


class Blob(msgspec.Struct, frozen=True):
    """One name in a container, and all that was ever written there, oldest first."""

    name: str
    versions: tuple[Version, ...] = ()

    @property
    def current(self) -> Version | None:
        """Return what is there now, None where it was deleted."""
        return next((one for one in reversed(self.versions) if one.is_current()), None)

    def of(self, version: str) -> Version | None:
        """Return the version of an id that is neither deleted nor gone, None where there is none."""
        found = next((one for one in self.versions if one.id == version), None)
        there = found is not None and found.gone is None and found.deleted is None
        return found if found and there and (found.kept or found.is_current()) else None

    def standing(self, moment: datetime) -> Version | None:
        """Return what was the current version at a moment, None where there was none."""
        then = [one for one in self.versions if one.written <= moment and (one.ended is None or one.ended > moment)]
        return next((one for one in reversed(then) if one.deleted is None or one.deleted > moment), None)

    def with_version(self, version: Version) -> Blob:
        """Return it with a version in the place of the one of its id, or after all others."""
        others = [one for one in self.versions if one.id != version.id]
        return Blob(self.name, tuple(sorted((*others, version), key=lambda one: one.written)))


def listed(store: Store, account: str, container: str) -> tuple[Blob, ...]:
    """Return all that a container holds or held, in order of names; empty for nothing."""
    return tuple(msgspec.convert(body, Blob) for body in store.documents(_kind(account, container)))


def found(store: Store, account: str, container: str, name: str) -> Blob:
    """Return the blob of a name, without versions where there never was one."""
    body = store.document(_kind(account, container), name)
    return msgspec.convert(body, Blob) if body else Blob(name)


def keep(store: Store, account: str, container: str, blob: Blob) -> None:
    """Keep a blob, in the place of what stood there."""
    store.put_document(_kind(account, container), blob.name, msgspec.to_builtins(blob))


def forget(store: Store, account: str, container: str) -> None:
    """Forget all that a container held."""
    for blob in listed(store, account, container):
        store.delete_document(_kind(account, container), blob.name)


def keep_bytes(store: Store, content: bytes) -> str:
    """Keep bytes, and return their digest."""
    digest = hashlib.sha256(content).hexdigest()
    folder = store.path.parent / "blobs"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / digest
    if not path.exists():
        # Two may write the same bytes at once: each finds a whole file.
        half = folder / f"{digest}.{id(content)}"
        half.write_bytes(content)
        half.replace(path)
    return digest


def bytes_of(store: Store, version: Version) -> bytes | None:
    """Return the bytes of a version as they are read, harm included; None where they are gone."""
    if version.harm == "gone":
        return None
    content = (store.path.parent / "blobs" / version.digest).read_bytes()
    if version.harm == "truncated":
        return content[: len(content) // 2]
    if version.harm == "flipped" and content:
        middle = len(content) // 2
        return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    return content


def made(store: Store, content: bytes, moment: datetime, **words: Any) -> Version:
    """Make a version of bytes that were written at a moment."""
    identity = version_id(moment)
    version: dict[str, Any] = {
        "id": identity,
        "created": moment,
        "written": moment,
        "digest": keep_bytes(store, content),
        "size": len(content),
        "md5": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
        "etag": f'"0x{hashlib.sha256(identity.encode() + content).hexdigest()[:15].upper()}"',
        "headers": {"content-type": "application/octet-stream"},
    }
    return Version(**(version | words))


def version_id(moment: datetime) -> str:
    """Return the id of the version that is written at a moment, to the tenth of a microsecond as Azure's are."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"


def written(blob: Blob, version: Version, *, keeps: bool) -> Blob:
    """Return a blob after a version was written; what was current ends, and is a version where the account keeps them.

    What is written in the same microsecond as the one before comes one later, since ids are moments.
    """
    last = max((one.written for one in blob.versions), default=None)
    if last is not None and version.written <= last:
        moment = last + timedelta(microseconds=1)
        version = msgspec.structs.replace(version, written=moment, id=version_id(moment))
    was = blob.current
    if was is None:
        return blob.with_version(version)
    version = msgspec.structs.replace(version, created=was.created if not keeps else version.created)
    return blob.with_version(ended(was, version.written, keeps=keeps)).with_version(version)


def ended(version: Version, moment: datetime, *, keeps: bool) -> Version:
    """Return a current version after its end: a version where the account keeps them, and shown no more otherwise."""
    return msgspec.structs.replace(version, ended=moment, kept=keeps, gone=None if keeps else moment)


def hold(
    store: Store,
    account: str,
    container: str,
    name: str,
    content: bytes,
    *,
    at: datetime | None = None,
    keeps: bool = True,
    **words: Any,
) -> Version:
    """Plant a blob that was written `at` a moment, or now, whatever any policy says; returns the version.

    `words` are fields of `Version`: `tier`, `metadata`, `until`, `mode`. What was there becomes an older version,
    unless `keeps` is false. Plant in the order of moments.
    """
    version = made(store, content, at or store.now(), **words)
    blob = written(found(store, account, container, name), version, keeps=keeps)
    keep(store, account, container, blob)
    return blob.current or version


def damage(store: Store, account: str, container: str, name: str, *, how: Harm, version: str = "") -> None:
    """Harm the bytes of a blob's version, by default the current one, behind the store's back.

    What is listed stays as it was, the checksum included. Raises `AuditError` where there is no such version.
    """
    blob = found(store, account, container, name)
    harmed = blob.of(version) if version else blob.current
    if harmed is None:
        raise AuditError(f"{account}/{container}/{name}: there is no such version. Plant it first.")
    keep(store, account, container, blob.with_version(msgspec.structs.replace(harmed, harm=how)))


def _kind(account: str, container: str) -> str:
    return f"blobs {account.lower()}/{container}"
