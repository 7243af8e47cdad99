"""The aws provider without its plugin: a bucket, its settings and its key become calls of the local AWS.

https://www.pulumi.com/registry/packages/aws/ says what a program may declare; what is replaced for is what S3 and KMS
cannot change: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingBucket.html
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from audit.kinds import kind_of
from audit.kinds.aws import (
    ACCOUNT_PUBLIC_ACCESS_BLOCK,
    BUCKET,
    BUCKET_LIFECYCLE,
    BUCKET_LOGGING,
    BUCKET_OBJECT_LOCK,
    BUCKET_OWNERSHIP,
    BUCKET_POLICY,
    BUCKET_VERSIONING,
    KMS_ALIAS,
    KMS_KEY,
    spelt,
)
from audit.model import AuditError, Kind, Plane, Resource
from audit.sandbox.aws_loading import PUTS, Loader
from audit.sandbox.provider import aws_keys, shapes
from audit.sandbox.provider.checks import Failure, Naming, failures
from audit.sandbox.provider.diffs import Change, changes
from audit.sandbox.provider.sdk import arguments, resource_class
from audit.shape import from_pulumi, to_pulumi

T = TypeVar("T")
_GONE = ("NoSuch", "404", "NotFoundException")
"""How the codes open that AWS gives for what is not there."""
_THERE = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")
_FIXED = {
    BUCKET.arm: ("objectLockEnabled",),
    KMS_KEY.arm: ("customerMasterKeySpec", "keyUsage", "multiRegion"),
    KMS_ALIAS.arm: ("name",),
}
_NO_LONGER: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    BUCKET_VERSIONING.arm: ("PutBucketVersioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
    BUCKET_OBJECT_LOCK.arm: (
        "PutObjectLockConfiguration",
        {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
    ),
    BUCKET_LOGGING.arm: ("PutBucketLogging", {"BucketLoggingStatus": {}}),
    BUCKET_LIFECYCLE.arm: ("DeleteBucketLifecycle", {}),
}
"""Settings that are not deleted by the operation that their name suggests."""
_INSIDE: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any] | None]] = {
    BUCKET_VERSIONING.arm: dict,
    BUCKET_LIFECYCLE.arm: dict,
    BUCKET_LOGGING.arm: lambda answer: answer.get("LoggingEnabled"),
    BUCKET_OWNERSHIP.arm: lambda answer: {"Rule": answer["OwnershipControls"]["Rules"][0]},
    BUCKET_POLICY.arm: lambda answer: {"Policy": answer["Policy"]},
}
"""Where an answer does not hold a setting under the name by which it is put."""


class Aws:
    """Makes resources in the local AWS."""

    def __init__(self, endpoint: str, *, region: str, allowed: tuple[str, ...] = ()) -> None:
        """Ask which account this is; raises `AuditError` where it is none of those that are allowed."""
        self._loader = Loader(endpoint)
        self._region = region
        self.account = str(self._asked(lambda: self._loader.send("sts", "GetCallerIdentity"))["Account"])
        if allowed and self.account not in allowed:
            whole = f"the AWS account {self.account} is not among the allowed {', '.join(allowed)}"
            raise AuditError(f"{whole}. Mend aws:allowedAccountIds.")

    def check(
        self, token: str, given: Mapping[str, Any], old: Mapping[str, Any], naming: Naming
    ) -> tuple[dict[str, Any], tuple[Failure, ...]]:
        """Return inputs with the name of a bucket and the region that a program may leave out, and what is wrong."""
        kind, full = _kind(token), dict(given)
        if kind is BUCKET and "bucket" not in full:
            digits = hashlib.sha256(naming.seed or naming.resource.encode()).hexdigest()[:7]
            # https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
            full["bucket"] = old.get("bucket") or naming.proposed or f"{naming.resource}-{digits}"
        return full, failures(arguments(resource_class(token)), full)

    def diff(
        self, token: str, old: Mapping[str, Any], new: Mapping[str, Any], ignored: tuple[str, ...] = ()
    ) -> tuple[tuple[Change, ...], bool]:
        """Return what differs between inputs; what a name or a lock fixes goes before a new one is made."""
        fixed = frozenset(("bucket", "region", "accountId", *_FIXED.get(_kind(token).arm, ())))
        found = changes(old, new, immutable=fixed, ignored=ignored)
        return found, any(change.replaces for change in found)

    def preview(
        self, token: str, new: Mapping[str, Any], old: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the outputs that a resource would have: of one that is there, those that nobody changes stay."""
        _kind(token)
        return shapes.previewed(resource_class(token), new, old, outputs)

    def create(self, token: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make a resource; returns its id and outputs.

        A bucket of ours that is there already is taken over where it is as it would be made, as after a run that was
        killed. Raises `AuditError` in AWS's words where it is refused.
        """
        kind = _kind(token)
        made = self._resource(kind, given)
        try:
            self._loader.place(made, dict(made.body))
        except ClientError as error:
            if _code(error) not in _THERE or not self._is_ours(token, given):
                raise AuditError(_told(kind, error)) from error
        except (BotoCoreError, KeyError) as error:
            raise AuditError(_told(kind, error)) from error
        identity = self._identity(kind, given)
        return identity, self._outputs(token, identity, given)

    def read(
        self, token: str, identity: str, given: Mapping[str, Any], before: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the inputs and outputs that a resource has now; None where it is gone."""
        kind, takes = _kind(token), arguments(resource_class(token))
        named = dict(given) or {_named_by(kind): identity, "region": self._region}
        try:
            outputs = self._outputs(token, identity, named)
        except _Gone:
            return None
        seen, now = (shapes.inputs(takes, one) for one in (before, outputs))
        return (shapes.refreshed(dict(given), seen, now) if given else now), outputs

    def update(self, token: str, identity: str, new: Mapping[str, Any]) -> dict[str, Any]:
        """Change a resource; returns its outputs."""
        kind, body = _kind(token), from_pulumi(_kind(token), new)
        if kind is KMS_KEY:
            self._asked(lambda: aws_keys.change(self._loader, identity, body))
        elif kind is BUCKET:
            tags = [{"Key": key, "Value": value} for key, value in (body.get("tags") or {}).items()]
            self._asked(lambda: self._loader.send("s3", "PutBucketTagging", Bucket=identity, Tagging={"TagSet": tags}))
        elif kind is KMS_ALIAS:
            self._asked(
                lambda: self._loader.send("kms", "UpdateAlias", AliasName=identity, TargetKeyId=body["targetKeyId"])
            )
        else:
            made = self._resource(kind, new)
            self._asked(lambda: self._loader.place(made, dict(made.body)))
        return self._outputs(token, identity, new)

    def delete(self, token: str, identity: str) -> None:
        """Delete a resource, or set back a setting that cannot be deleted; what is gone is gone."""
        kind = _kind(token)
        try:
            self._asked(lambda: self._delete(kind, identity))
        except _Gone:
            return

    def invoke(self, function: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a question of a program; raises `AuditError` for one that is not modelled."""
        raise AuditError(f"the stand-in for aws answers no {function}. Read it from a resource.")

    def _delete(self, kind: Kind, identity: str) -> None:
        if kind is KMS_KEY:
            # The shortest wait that KMS allows: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
            self._loader.send("kms", "ScheduleKeyDeletion", KeyId=identity, PendingWindowInDays=7)
        elif kind is KMS_ALIAS:
            self._loader.send("kms", "DeleteAlias", AliasName=identity)
        elif kind is BUCKET:
            self._loader.send("s3", "DeleteBucket", Bucket=identity)
        elif kind is ACCOUNT_PUBLIC_ACCESS_BLOCK:
            self._loader.send("s3control", "DeletePublicAccessBlock", AccountId=identity)
        else:
            operation, parameters = _NO_LONGER.get(kind.arm, (PUTS[kind.arm][0].replace("Put", "Delete", 1), {}))
            self._loader.send("s3", operation, Bucket=identity, **parameters)

    def _outputs(self, token: str, identity: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs of a resource: what AWS answers, over what it was given and never tells.

        Raises `_Gone` where it is not there.
        """
        kind = _kind(token)
        body = self._asked(lambda: self._answer(kind, identity))
        whole = {**given, **to_pulumi(kind, body), _named_by(kind): identity}
        if kind is BUCKET:
            whole["arn"] = f"arn:aws:s3:::{identity}"
        return shapes.inputs(resource_class(token), whole)

    def _answer(self, kind: Kind, identity: str) -> dict[str, Any]:
        """Return what AWS answers of a resource, in the words of the common shape."""
        if kind is KMS_KEY:
            return aws_keys.answer(self._loader, identity)
        if kind is KMS_ALIAS:
            return aws_keys.alias(self._loader, identity)
        if kind is BUCKET:
            return self._bucket(identity)
        if kind is ACCOUNT_PUBLIC_ACCESS_BLOCK:
            answer = self._loader.send("s3control", "GetPublicAccessBlock", AccountId=identity)
            return dict(spelt(answer["PublicAccessBlockConfiguration"]))
        operation, parameter, _ = PUTS[kind.arm]
        answer = self._loader.send("s3", operation.replace("Put", "Get", 1), Bucket=identity)
        answer = {name: item for name, item in answer.items() if name != "ResponseMetadata"}
        find = _INSIDE.get(kind.arm)
        inside = find(answer) if find else answer[parameter]
        if inside is None:
            raise _Gone
        return dict(spelt(inside))

    def _bucket(self, name: str) -> dict[str, Any]:
        """Return what S3 says of a bucket: where it lies, and its tags."""
        where = self._loader.send("s3", "GetBucketLocation", Bucket=name)["LocationConstraint"]
        body: dict[str, Any] = {"bucket": name, "locationConstraint": where or "us-east-1"}
        try:
            tags = self._loader.send("s3", "GetBucketTagging", Bucket=name)["TagSet"]
        except ClientError as error:
            if _code(error) != "NoSuchTagSet":
                raise
            tags = []
        return {**body, "tags": {tag["Key"]: tag["Value"] for tag in tags}} if tags else body

    def _is_ours(self, token: str, given: Mapping[str, Any]) -> bool:
        """Tell whether a bucket that is there already is the one that was to be made."""
        found = self._bucket(str(given["bucket"]))
        wanted = from_pulumi(_kind(token), given)
        return all(found.get(key) == wanted.get(key, found.get(key)) for key in ("locationConstraint", "tags"))

    def _identity(self, kind: Kind, given: Mapping[str, Any]) -> str:
        """Return the id of what was just made: its own, or the bucket's whose setting it is."""
        known = self._loader.known.pop(_made_of(kind, given), {})
        named = given.get(_named_by(kind)) or (self.account if kind is ACCOUNT_PUBLIC_ACCESS_BLOCK else "")
        return known.get("id") or str(named)

    def _resource(self, kind: Kind, given: Mapping[str, Any]) -> Resource:
        """Make the resource that the loader takes."""
        body = from_pulumi(kind, {"accountId": self.account, **given} if kind is ACCOUNT_PUBLIC_ACCESS_BLOCK else given)
        identity = _made_of(kind, given)
        return Resource(type=kind.arm, id=identity, name="", plane=Plane.PROGRAM, seen_at=datetime.now(UTC), body=body)

    def _asked(self, work: Callable[[], T]) -> T:
        """Ask AWS; raises `_Gone` for what is not there, and `AuditError` in one line for any other refusal."""
        try:
            return work()
        except ClientError as error:
            if _code(error).startswith(_GONE) or _code(error).endswith(("NotFoundError", "NotFound")):
                raise _Gone(_told(None, error)) from error
            raise AuditError(_told(None, error)) from error
        except (BotoCoreError, KeyError) as error:
            raise AuditError(_told(None, error)) from error


class _Gone(AuditError):
    """What was asked for is not there."""


def _kind(token: str) -> Kind:
    """Return the row of a token; raises `AuditError` where there is none that the local AWS can hold."""
    kind = kind_of(token)
    if kind is None or not (kind.arm in PUTS or kind in (BUCKET, ACCOUNT_PUBLIC_ACCESS_BLOCK, KMS_KEY, KMS_ALIAS)):
        raise AuditError(f"the local AWS knows no {token}. Leave it out, or add it to audit/sandbox/aws_loading.py.")
    return kind


def _named_by(kind: Kind) -> str:
    """Return the input whose value is the id of a resource."""
    names = {KMS_KEY.arm: "keyId", KMS_ALIAS.arm: "name", ACCOUNT_PUBLIC_ACCESS_BLOCK.arm: "accountId"}
    return names.get(kind.arm, "bucket")


def _made_of(kind: Kind, given: Mapping[str, Any]) -> str:
    """Return what tells one resource that is being made from others that are made at the same time."""
    return f"{kind.arm}/{id(given)}"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _told(kind: Kind | None, error: Exception) -> str:
    """Say in one line what AWS refused."""
    return f"{f'{kind.arm}: ' if kind else ''}{' '.join(str(error).split())}"
