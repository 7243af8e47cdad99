"""Stores files in S3 under Object Lock in compliance mode, and reads each back as the version that was put."""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from audit.evidence.worm import Stored
from audit.model import AuditError

_MODE = "COMPLIANCE"
"""Not even the account's root shortens or lifts it: docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html."""


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

    def place(self, key: str) -> str:
        """Return where a file lies, as people write it."""
        return f"s3://{self.name}/{key}"

    def demand_locked(self, until: datetime | None) -> None:
        """Demand that it can lock objects, and that somebody says for how long."""
        _demand_locked(self, until)

    def stored(self, key: str, content: bytes, until: datetime | None) -> Stored:
        """Put one file where nothing stands, and read back the very version that was put."""
        return _stored(self, key, content, until)


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
