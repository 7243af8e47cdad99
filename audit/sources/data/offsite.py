"""Sets the archive beside its copy elsewhere, and looks whether a sample of the copy is sealed and locked.

What stands in the body of an `offsite.Manifest`: `archive` and `offsite` (how many names each lists), `due` (how many
of the archive are old enough to be copied by now) and `missing` (how many of those the copy does not hold). What stands
in the body of an `offsite.Sample`: `population`, `sampled`, `plain` (how many do not say by which key of ours they are
encrypted), `unlocked` (how many are locked for a shorter time than the archive's own), `bound` (how many in a million
may be so where none of the sample is) and `seed`. Names are compared and never leave; of the copy only headers are
read, and no content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from audit.facts import Unseen
from audit.kinds.data import OFFSITE_LIST, OFFSITE_SAMPLE
from audit.model import Gap, Resource
from audit.sampling import drawn, upper_bound
from audit.sources.data.inside import Inside
from audit.sources.data.places import refusal
from audit.sources.looking import Found, resource

KINDS = (OFFSITE_LIST, OFFSITE_SAMPLE)
_METADATA = ("content-key", "key-id", "nonce")
"""What an object of the copy says of its encryption: docs/drills.md."""
_MOST = 1_000_000
"""More names than that are compared nowhere: the listing would take hours."""


class _Blob(msgspec.Struct, frozen=True):
    """One message of the archive: its name, since when it is there, until when it is held, and its size in bytes."""

    name: str
    at: datetime
    until: datetime | None
    size: int


class _Version(msgspec.Struct, frozen=True):
    """One object of the copy, in its newest version."""

    key: str
    version: str
    month: str
    size: int


def asks(inside: Inside) -> tuple[str, ...]:
    """Say what it reads; raises `Unseen` where the archive or its copy is not named."""
    (account, container), (bucket, prefix) = _archive(inside), _copy(inside)
    sample = inside.targets.number("data.offsite_sample")
    return (
        f"the names and times of blobs in {account}/{container}",
        f"the names of objects in s3://{bucket}/{prefix}, and the headers of {sample} of them",
    )


def check(inside: Inside) -> Found:
    """Compare the two lists and look at the sample; raises `Unseen` where either cannot be listed to its end."""
    _, prefix = _copy(inside)
    blobs, copies = _blobs(inside), _copies(inside)
    listed = _compared(inside, blobs, {one.key.removeprefix(prefix): one.size for one in copies})
    count = inside.targets.number("data.offsite_sample")
    sample = drawn(copies, lambda one: one.month, lambda one: one.key, count, inside.seed)
    until = {prefix + blob.name: blob.until for blob in blobs}
    try:
        # What the archive holds no more must be locked today.
        looked = [(_head(inside, one), until.get(one.key, inside.now)) for one in sample]
        return Found((listed, _sampled(inside, looked, len(copies))))
    except Unseen as error:
        return Found((listed,), (Gap(str(error), (OFFSITE_SAMPLE.arm,)),))


def _compared(inside: Inside, blobs: list[_Blob], copies: Mapping[str, int]) -> Resource:
    """Make the resource of the two lists; a copy of nothing, of a message of something, is none."""
    grace = timedelta(hours=inside.targets.number("data.offsite_hours"))
    due = [blob for blob in blobs if inside.now - blob.at > grace]
    missing = sum(not copies.get(blob.name, 0) and not (blob.name in copies and blob.size == 0) for blob in due)
    body = {"archive": len(blobs), "offsite": len(copies), "due": len(due), "missing": missing}
    return resource(OFFSITE_LIST, "archive and copy", body, now=inside.now)


def _sampled(inside: Inside, looked: Sequence[tuple[Mapping[str, Any], datetime | None]], population: int) -> Resource:
    """Make the resource of the sample; each comes with the moment until which the archive holds it.

    Where the archive does not say so of one, nothing is said of locks.
    """
    ours = inside.targets.names("data.offsite_keys")
    plain = sum(not _sealed(head.get("Metadata", {}), ours) for head, _ in looked)
    body = {
        "population": population,
        "sampled": len(looked),
        "plain": plain,
        "bound": upper_bound(len(looked), population),
        "seed": inside.seed,
    }
    known = [(head, until) for head, until in looked if until is not None]
    if len(known) == len(looked):
        body["unlocked"] = sum(not _locked(head, until) for head, until in known)
    return resource(OFFSITE_SAMPLE, "copy", body, now=inside.now)


def _sealed(metadata: Mapping[str, str], ours: tuple[str, ...]) -> bool:
    """Tell whether an object says by which key of ours it is encrypted."""
    named = all(metadata.get(name) for name in _METADATA)
    return named and any(metadata["key-id"].lower().startswith(key.lower()) for key in ours)


def _locked(head: Mapping[str, Any], least: datetime) -> bool:
    until = head.get("ObjectLockRetainUntilDate")
    return head.get("ObjectLockMode") == "COMPLIANCE" and isinstance(until, datetime) and until >= least


def _blobs(inside: Inside) -> list[_Blob]:
    """List the archive to its end; raises `Unseen` where that is refused, or it holds more than can be compared."""
    from azure.core.exceptions import AzureError  # with the client, for who asks the archive

    account, container = _archive(inside)
    found: list[_Blob] = []
    try:
        for blob in inside.blobs(account).get_container_client(container).list_blobs(include=["immutabilitypolicy"]):
            until = blob.immutability_policy.expiry_time if blob.immutability_policy else None
            found.append(_Blob(blob.name, blob.creation_time or blob.last_modified, until, blob.size))
            _demand(len(found), f"{account}/{container}")
    except (AzureError, OSError) as error:
        raise Unseen(f"{account}/{container} cannot be listed: {type(error).__name__}") from error
    return found


def _copies(inside: Inside) -> list[_Version]:
    """List the newest versions of the copy to the end; raises as `_blobs` does."""
    from botocore.exceptions import BotoCoreError, ClientError  # as above

    bucket, prefix = _copy(inside)
    found: list[_Version] = []
    try:
        pages = inside.aws("s3").get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
        for one in (one for page in pages for one in page.get("Versions", ()) if one["IsLatest"]):
            found.append(_Version(one["Key"], one["VersionId"], f"{one['LastModified']:%Y-%m}", one["Size"]))
            _demand(len(found), f"s3://{bucket}")
    except (BotoCoreError, ClientError, OSError) as error:
        raise Unseen(f"s3://{bucket} cannot be listed: {refusal(error)}") from error
    return found


def _head(inside: Inside, one: _Version) -> Mapping[str, Any]:
    """Read the headers of one object; raises `Unseen` where S3 refuses."""
    from botocore.exceptions import BotoCoreError, ClientError  # as above

    bucket, _ = _copy(inside)
    try:
        found: Mapping[str, Any] = inside.aws("s3").head_object(Bucket=bucket, Key=one.key, VersionId=one.version)
    except (BotoCoreError, ClientError, OSError) as error:
        raise Unseen(f"an object of s3://{bucket} cannot be looked at: {refusal(error)}") from error
    return found


def _demand(count: int, place: str) -> None:
    if count > _MOST:
        raise Unseen(f"{place} holds more than {_MOST} names, too many to compare")


def _archive(inside: Inside) -> tuple[str, str]:
    """Return account and container of the archive; raises `Unseen` where they are not named."""
    account, slash, container = inside.targets.names("data.archive")[0].partition("/")
    if not (account and slash and container):
        raise Unseen("the target data.archive is no place: write it as account/container")
    return account, container


def _copy(inside: Inside) -> tuple[str, str]:
    """Return bucket and prefix of the copy; raises `Unseen` where they are not named."""
    bucket, _, prefix = inside.targets.names("data.offsite_copy")[0].partition("/")
    return bucket, prefix
