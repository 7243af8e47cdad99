"""Stores a sealed pack where nobody can change or delete it for a time (S3 Object Lock), and reads it back."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from audit.evidence.seal import FOLDER
from audit.model import AuditError

_MODE = "COMPLIANCE"
"""Not even the account's root shortens or lifts it: docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html."""


class Stored(msgspec.Struct, frozen=True):
    """One file of a pack as it was read back."""

    key: str
    version: str
    size: int
    until: datetime
    """Until when nobody can delete it."""
    new: bool
    """Whether it was put now; an earlier try, or another copy of the same bytes, had stored it otherwise."""


class Bucket(msgspec.Struct, frozen=True):
    """Where packs are stored."""

    client: Any
    """An S3 client of boto3."""
    name: str
    prefix: str = ""

    def asked(self, operation: str, **words: Any) -> dict[str, Any]:
        """Call S3 about this bucket; raises `AuditError` in one line where it refuses or is silent."""
        from botocore.exceptions import BotoCoreError, ClientError  # it brings AWS's libraries

        try:
            answer: dict[str, Any] = getattr(self.client, operation)(Bucket=self.name, **words)
        except (BotoCoreError, ClientError) as error:
            raise _refused(self, words.get("Key", ""), error) from error
        return answer


def store(folder: Path, bucket: Bucket, *, until: datetime | None) -> Iterator[Stored]:
    """Store every file of a pack that verifies, the seal last; each is said once it was read back.

    Without `until` the bucket's own default retention decides. What is there already is left where it holds the same
    bytes for as long; a shorter lock is made longer. Raises `AuditError` where the bucket locks nothing, where another
    file has the name, and where what is read back is not what was put.
    """
    # S3 keeps whole seconds.
    until = until.replace(microsecond=0) if until else None
    _demand_locked(bucket, until)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in sorted(paths, key=lambda path: path.relative_to(folder).parts[0] == FOLDER):
        key = "/".join(
            (*filter(None, bucket.prefix.strip("/").split("/")), folder.name, *path.relative_to(folder).parts)
        )
        yield _stored(bucket, key, path.read_bytes(), until)


def _demand_locked(bucket: Bucket, until: datetime | None) -> None:
    """Demand that a bucket can lock objects, and that somebody says for how long."""
    lock = bucket.asked("get_object_lock_configuration").get("ObjectLockConfiguration", {})
    if lock.get("ObjectLockEnabled") != "Enabled":
        raise AuditError(f"s3://{bucket.name} locks no objects. Name a bucket that was made with Object Lock.")
    if until is None and lock.get("Rule", {}).get("DefaultRetention", {}).get("Mode") != _MODE:
        raise AuditError(f"s3://{bucket.name} has no default retention in compliance mode. Add --retain-days N.")


def _stored(bucket: Bucket, key: str, content: bytes, until: datetime | None) -> Stored:
    """Put one file where nothing stands, and read back the very version that was put."""
    version = _put(bucket, key, content, until)
    found = _read_back(bucket, key, version)
    if found["content"] != content:
        there = "another file stands there, and nothing was put" if version is None else "it is not what was put"
        raise AuditError(f"s3://{bucket.name}/{key}: {there}. Name another prefix.")
    if until is not None and version is None and _too_short(found, until):
        retention = {"Mode": _MODE, "RetainUntilDate": until}
        bucket.asked("put_object_retention", Key=key, VersionId=found["version"], Retention=retention)
        found = _read_back(bucket, key, found["version"])
    if found["mode"] != _MODE or _too_short(found, until):
        # S3 shows a lock to those alone who may read it: docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html.
        trouble = "was read back, and shows no lock for that long"
        raise AuditError(f"s3://{bucket.name}/{key} {trouble}. Grant s3:GetObjectRetention, or look at the bucket.")
    return Stored(key, found["version"], len(content), found["until"], version is not None)


def _put(bucket: Bucket, key: str, content: bytes, until: datetime | None) -> str | None:
    """Put an object where none of its name is, and return its version; None where there is one."""
    from botocore.exceptions import BotoCoreError, ClientError  # as above

    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    lock = {} if until is None else {"ObjectLockMode": _MODE, "ObjectLockRetainUntilDate": until}
    try:
        answer = bucket.client.put_object(
            Bucket=bucket.name,
            Key=key,
            Body=content,
            IfNoneMatch="*",
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=digest,
            **lock,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "PreconditionFailed":
            return None
        raise _refused(bucket, key, error) from error
    except BotoCoreError as error:
        raise _refused(bucket, key, error) from error
    if not answer.get("VersionId"):
        raise AuditError(f"s3://{bucket.name}/{key} got no version, so it cannot be read back. Look at the bucket.")
    return str(answer["VersionId"])


def _read_back(bucket: Bucket, key: str, version: str | None) -> dict[str, Any]:
    """Read an object with its lock: the version named, or the newest."""
    answer = bucket.asked("get_object", Key=key, **({} if version is None else {"VersionId": version}))
    return {
        "content": _body(bucket, key, answer["Body"].read),
        "version": str(answer.get("VersionId", "")),
        "mode": answer.get("ObjectLockMode"),
        "until": answer.get("ObjectLockRetainUntilDate"),
    }


def _body(bucket: Bucket, key: str, read: Callable[[], bytes]) -> bytes:
    from botocore.exceptions import BotoCoreError  # as above

    try:
        return read()
    except BotoCoreError as error:
        raise _refused(bucket, key, error) from error


def _too_short(found: dict[str, Any], until: datetime | None) -> bool:
    """Tell whether a lock is not there, or ends too early."""
    return found["until"] is None or (until is not None and found["until"] < until)


def _refused(bucket: Bucket, key: str, error: Exception) -> AuditError:
    trouble = " ".join(str(error).split()).rstrip(".")
    return AuditError(f"s3://{bucket.name}/{key}: {trouble[:300]}. What was stored stays; mend it and say it again.")
