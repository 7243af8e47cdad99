"""Copies a sample of the archive into the drill's own account: which blobs, each once, and out of the archive tier."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from audit.azure import Refused
from audit.drill_record import RecoveryPoint
from audit.drills import blob_reading, objects
from audit.drills.archive_manifest import place
from audit.drills.blob_reading import asked
from audit.drills.drill import Drill
from audit.drills.outcomes import Inconclusive

VERSION, DELETED, VAULTED = "version", "soft-deleted", "vaulted"
COPIED, GONE, HIDDEN = "copied", "gone", "hidden"
"""What came of one blob; hidden is what only an undeletion in the archive itself would show."""
_COPY = "copy"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of the archive."""

    names: tuple[str, ...]
    """The keyed digests of names."""
    population: int
    """How many it was drawn from: those of the manifest that the recovery point must hold."""


def sample(drill: Drill, point: RecoveryPoint) -> Sample:
    """Draw the sample once: whoever goes on after a crash reads the same, whatever was deleted since."""

    def draw() -> Any:
        known = expected(drill, point)
        return msgspec.to_builtins(
            Sample(names=tuple(one.name for one in objects.sample(drill, known)), population=len(known))
        )

    return msgspec.convert(drill.steps.do("sample", draw), Sample)


def wanted(drill: Drill, drawn: Sample) -> tuple[objects.Object, ...]:
    """Return what the manifest says of a sample, empty where none was prepared."""
    known = {one.name: one for one in objects.manifest(drill.means, drill.item.ref)}
    return tuple(known[name] for name in drawn.names if name in known)


def expected(drill: Drill, point: RecoveryPoint) -> tuple[objects.Object, ...]:
    """Return the objects of the manifest that a recovery point must hold."""
    known = objects.manifest(drill.means, drill.item.ref)
    if drill.item.method == VAULTED:
        # What was written later than the vault's point is for a later one.
        return tuple(one for one in known if one.written <= point.created_at.timestamp())
    return lost(drill, known) if drill.item.method == DELETED else known


def lost(drill: Drill, known: tuple[objects.Object, ...]) -> tuple[objects.Object, ...]:
    """Return what is in the manifest and not in the archive any more: what must be kept as deleted."""
    current = blob_reading.names(drill, blob_reading.listed(source(drill)))
    return tuple(one for one in known if one.name not in current)


def copied(drill: Drill, there: Mapping[str, Any], names: list[str], origin: Any) -> dict[str, int]:
    """Copy blobs by the digests of their names, and return how many came to what; what the archive tier holds too.

    Raises `Refused`, and `Inconclusive` where what is in the archive tier does not come in time.
    """
    came: dict[str, int] = {}
    for name in names:
        blob = there.get(name)
        told = GONE if blob is None else drill.steps.do(f"copy {name[:16]}", *_copying(drill, origin, blob, name))
        came[told] = came.get(told, 0) + 1
    # All are asked for before any is waited for: each takes hours.
    pending = {name for name in names if name in there and there[name].blob_tier == "Archive"}
    if pending:
        drill.wait("the copies from the archive tier", lambda: _arrived(target(drill), pending))
    return came


def _copying(drill: Drill, origin: Any, blob: Any, name: str) -> tuple[Callable[[], str], ...]:
    return (lambda: _copy(origin, target(drill), blob, name),)


def _copy(origin: Any, to: Any, blob: Any, name: str) -> str:
    """Copy one blob, and say whether the store's checksum of it fits, where it keeps one."""
    own = origin.get_blob_client(blob.name, version_id=blob.version_id)
    copy = to.get_blob_client(name)
    checksum = hashlib.md5(usedforsecurity=False)

    def pieces() -> Iterator[bytes]:
        for piece in blob_reading.chunks(own):
            checksum.update(piece)
            yield piece

    if blob.deleted:
        return HIDDEN
    if asked("a copy", copy.exists):
        return COPIED
    try:
        if blob.blob_tier == "Archive":
            _ask_for(own, copy, str(blob.version_id or ""))
            return COPIED
        asked("a copy", lambda: copy.upload_blob(pieces(), overwrite=False))
    except Refused as refused:
        if blob_reading.is_gone(refused):
            return GONE
        raise
    return blob_reading.fits(blob.content_settings.content_md5, checksum.digest()) or COPIED


def _ask_for(own: Any, copy: Any, version: str) -> None:
    """Have a blob copied out of the archive tier, which takes hours."""
    from azure.storage.blob import RehydratePriority, StandardBlobTier  # it comes with what is asked

    words = {"standard_blob_tier": StandardBlobTier.HOT, "rehydrate_priority": RehydratePriority.standard}
    url = f"{own.url}?versionid={quote(version)}" if version and "versionid=" not in own.url else own.url
    asked("a copy from the archive tier", lambda: copy.start_copy_from_url(url, **words))


def _arrived(to: Any, pending: set[str]) -> bool | None:
    """Take what can be read by now out of what is awaited; tells when nothing is left."""
    for name in sorted(pending):
        try:
            properties = asked("a copy", to.get_blob_client(name).get_blob_properties)
        except Refused as refused:
            if not blob_reading.is_gone(refused):
                raise
            pending.discard(name)
            continue
        if properties.copy.status not in (None, "success", "pending"):
            raise Inconclusive(f"a copy from the archive tier ended as {properties.copy.status}")
        if properties.copy.status == "pending" or properties.archive_status or properties.blob_tier == "Archive":
            return None
        pending.discard(name)
    return True


def source(drill: Drill) -> Any:
    """Return the client of the archive's container."""
    return blob_reading.container(drill.means, *place(drill.item.id))


def target(drill: Drill) -> Any:
    """Return the client of the container with the copies."""
    return blob_reading.container(drill.means, account_name(drill), _COPY)


def account(drill: Drill) -> str:
    """Return the ARM path of the account with the copies."""
    return f"{drill.group}/providers/Microsoft.Storage/storageAccounts/{account_name(drill)}"


def account_name(drill: Drill) -> str:
    """Return the account's name: unique in the world, of small letters and digits, always the same for a drill."""
    return f"drill{hashlib.sha256(drill.name.encode()).hexdigest()[:18]}"
