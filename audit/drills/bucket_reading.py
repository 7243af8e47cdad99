"""Reads the off-site copy in S3 for drills; what AWS refuses is told by its code alone, as its words may hold names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from audit.azure import Refused
from audit.drills.ciphertext import content_key, opened
from audit.drills.drill import Means
from audit.drills.objects import keyed
from audit.drills.outcomes import Inconclusive, NotRun

T = TypeVar("T")
_CHUNK = 1 << 20


def client(means: Means, service: str = "s3") -> Any:
    """Return the client of an AWS service; raises `Inconclusive` where AWS cannot be asked."""
    if means.aws is None:
        raise Inconclusive("AWS cannot be asked here")
    return means.aws(service)


def place(identity: str) -> tuple[str, str]:
    """Return bucket and prefix of `s3://bucket/prefix`; raises `NotRun` for anything else."""
    if not identity.startswith("s3://"):
        raise NotRun("it is no place in S3")
    bucket, _, prefix = identity.removeprefix("s3://").partition("/")
    return bucket, prefix


def asked(what: str, ask: Callable[[], T]) -> T:
    """Ask S3 something; raises `Refused` with its code."""
    from botocore.exceptions import BotoCoreError, ClientError  # they come with what is asked

    try:
        return ask()
    except ClientError as error:
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        raise Refused(what, status, f"{status} {error.response.get('Error', {}).get('Code', '')}") from error
    except (BotoCoreError, OSError) as error:
        raise Refused(what, 0, f"no answer: {type(error).__name__}") from error


def listed(s3: Any, bucket: str, prefix: str) -> list[Mapping[str, Any]]:
    """List the newest version of every object, to the end; raises `Refused` where any page is."""

    def ask() -> list[Mapping[str, Any]]:
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
        return [one for page in pages for one in page.get("Versions", ()) if one["IsLatest"]]

    return asked("the list of versions", ask)


def head(s3: Any, bucket: str, version: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read what S3 tells of a version: lock, encryption, metadata, storage class; raises `Refused`."""
    words = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"], "ChecksumMode": "ENABLED"}
    found: Mapping[str, Any] = asked("an object", lambda: s3.head_object(**words))
    return found


def pieces(s3: Any, bucket: str, version: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield what a version holds, piece by piece; raises `Refused`."""
    words = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
    body = asked("an object", lambda: s3.get_object(**words))["Body"]
    while piece := asked("an object", lambda: body.read(_CHUNK)):
        yield piece


def digests(
    means: Means, s3: Any, bucket: str, version: Mapping[str, Any], metadata: Mapping[str, str]
) -> tuple[str, int, str]:
    """Read a version whole; return the keyed digest of its ciphertext, its size, and the keyed digest of its plaintext.

    Raises `Refused`, and `Failed` where our key does not open it.
    """
    outer, inner, size = hashlib.sha256(), hashlib.sha256(), 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for piece in pieces(s3, bucket, version):
            outer.update(piece)
            size += len(piece)
            yield piece

    for plain in opened(counted(), content_key(means, metadata), metadata):
        inner.update(plain)
    return keyed(means, outer.digest()), size, keyed(means, inner.digest())
