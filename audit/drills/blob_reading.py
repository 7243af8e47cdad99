"""Reads and writes blobs for drills through Azure's own client; what it refuses is told without a name in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from audit.azure import Refused
from audit.drills.drill import Drill, Means
from audit.drills.objects import Object, Read, keyed
from audit.drills.outcomes import Inconclusive

T = TypeVar("T")
_CHUNK = 4 << 20


def asked(what: str, ask: Callable[[], T]) -> T:
    """Ask something of a store; raises `Refused` with its code alone: its words may name what is stored."""
    from azure.core.exceptions import AzureError, HttpResponseError  # it comes with what is asked

    try:
        return ask()
    except HttpResponseError as error:
        code = str(getattr(error, "error_code", "") or type(error).__name__)
        raise Refused(what, error.status_code or 0, f"{error.status_code} {code}") from error
    except (AzureError, OSError) as error:
        raise Refused(what, 0, f"no answer: {type(error).__name__}") from error


def container(means: Means, account: str, name: str) -> Any:
    """Return the client of a container; raises `Inconclusive` where no blobs can be read."""
    if means.blobs is None:
        raise Inconclusive("blobs cannot be read here")
    return means.blobs(account).get_container_client(name)


def listed(source: Any, *, deleted: bool = False, prefix: str = "") -> list[Any]:
    """List the newest version of every blob, or those that were deleted; raises `Refused` where any page is."""

    def ask() -> list[Any]:
        found = list(source.list_blobs(name_starts_with=prefix or None, include=["versions", "deleted"]))
        # Without versions every blob that is not deleted is the newest; with them one alone says so of itself.
        current = [blob for blob in found if blob.is_current_version or not (blob.version_id or blob.deleted)]
        return _deleted(found, {blob.name for blob in current}) if deleted else current

    return asked("the list of blobs", ask)


def _deleted(found: list[Any], current: set[str]) -> list[Any]:
    """Return the newest version of each name that has no current one any more."""
    newest: dict[str, Any] = {}
    for blob in sorted(found, key=lambda blob: str(blob.version_id or "")):
        if blob.name not in current:
            newest[blob.name] = blob
    return list(newest.values())


def chunks(client: Any, **words: Any) -> Iterator[bytes]:
    """Yield what a blob holds piece by piece; raises what Azure's client raises."""
    yield from client.download_blob(max_concurrency=1, **words).chunks()


def read(means: Means, client: Any, name: str, **words: Any) -> Read:
    """Read a blob whole, and return the digest of its content and whether the store's checksum fits.

    Raises `Refused` where it cannot be read.
    """
    digest, checksum, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0

    def ask() -> bytes | None:
        nonlocal size
        properties = client.get_blob_properties(**words)
        for chunk in chunks(client, **words):
            digest.update(chunk)
            checksum.update(chunk)
            size += len(chunk)
        told = properties.content_settings.content_md5
        return bytes(told) if told else None

    kept = asked("a blob", ask)
    return Read(name=name, size=size, digest=keyed(means, digest.digest()), checksum=fits(kept, checksum.digest()))


def fits(kept: bytes | None, found: bytes) -> str:
    """Say whether the checksum that a store keeps is that of what was read; empty where it keeps none."""
    if kept is None:
        return ""
    return "fits" if bytes(kept) == found else "differs"


def described(means: Means, source: Any, blob: Any) -> Object:
    """Return what a manifest says of a blob, after reading it whole; raises `Refused`."""
    name = keyed(means, blob.name.encode())
    found = read(means, source.get_blob_client(blob.name), name)
    return Object(name=name, size=found.size, month=f"{blob.last_modified:%Y-%m}", digest=found.digest)


def names(drill: Drill, blobs: list[Any]) -> dict[str, Any]:
    """Return blobs by the keyed digests of their names."""
    return {keyed(drill.means, blob.name.encode()): blob for blob in blobs}
