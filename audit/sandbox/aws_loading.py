"""Puts the declared off-site copy into an AWS by boto3, references resolved, and says what it could not put there."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from audit.facts import is_marker
from audit.kinds.aws import (
    ACCOUNT_PUBLIC_ACCESS_BLOCK,
    BUCKET,
    BUCKET_ENCRYPTION,
    BUCKET_LIFECYCLE,
    BUCKET_LOGGING,
    BUCKET_OBJECT_LOCK,
    BUCKET_OWNERSHIP,
    BUCKET_POLICY,
    BUCKET_PUBLIC_ACCESS_BLOCK,
    BUCKET_REPLICATION,
    BUCKET_VERSIONING,
    KMS_ALIAS,
    KMS_KEY,
    member,
)
from audit.model import Reference, Resource, Unassessed

_REGION = "eu-west-2"
PUTS: Mapping[str, tuple[str, str, Callable[[Mapping[str, Any]], Any]]] = {
    BUCKET_PUBLIC_ACCESS_BLOCK.arm: ("PutPublicAccessBlock", "PublicAccessBlockConfiguration", dict),
    BUCKET_ENCRYPTION.arm: ("PutBucketEncryption", "ServerSideEncryptionConfiguration", dict),
    BUCKET_VERSIONING.arm: ("PutBucketVersioning", "VersioningConfiguration", dict),
    BUCKET_OBJECT_LOCK.arm: ("PutObjectLockConfiguration", "ObjectLockConfiguration", dict),
    BUCKET_OWNERSHIP.arm: ("PutBucketOwnershipControls", "OwnershipControls", lambda body: {"rules": [body["rule"]]}),
    BUCKET_LIFECYCLE.arm: ("PutBucketLifecycleConfiguration", "LifecycleConfiguration", dict),
    BUCKET_REPLICATION.arm: ("PutBucketReplication", "ReplicationConfiguration", dict),
    BUCKET_POLICY.arm: ("PutBucketPolicy", "Policy", lambda body: body["policy"]),
    # S3 takes no log for a bucket that does not let it write there, so the policies come first.
    BUCKET_LOGGING.arm: ("PutBucketLogging", "BucketLoggingStatus", lambda body: {"loggingEnabled": body}),
}
"""Type of a setting → the operation that puts it, its parameter, and how the body stands in that."""
_ORDER = (KMS_KEY.arm, KMS_ALIAS.arm, BUCKET.arm, ACCOUNT_PUBLIC_ACCESS_BLOCK.arm, *PUTS)
"""What is referred to comes before what refers to it."""


class _Open(Exception):
    """A value that is not known, so that nothing can be put."""


def load(resources: Iterable[Resource], endpoint: str) -> tuple[Unassessed, ...]:
    """Put the AWS resources among `resources` into the AWS at `endpoint`, in the order that references need.

    Returns what is not there afterwards, or not as declared, with the reason.
    """
    loader = Loader(endpoint)
    of_aws = [resource for resource in resources if resource.type.startswith("AWS::")]
    for resource in sorted(of_aws, key=lambda found: _ORDER.index(found.type) if found.type in _ORDER else len(_ORDER)):
        loader.put(resource)
    return tuple(loader.left)


class Loader:
    """Puts one resource after the other, and remembers what each is called there."""

    def __init__(self, endpoint: str) -> None:
        import boto3  # heavy, and needed for the local AWS only

        # Made-up credentials: moto opens to any, and AWS itself to none of them.
        self._session = boto3.Session("local", "local", region_name=_REGION)
        self._endpoint = endpoint
        # A session makes one client at a time: https://docs.aws.amazon.com/boto3/latest/guide/session.html
        self._lock = threading.Lock()
        self.left: list[Unassessed] = []
        self.known: dict[str, Mapping[str, str]] = {}
        """Id of what was put → the properties by which others refer to it."""

    def put(self, resource: Resource) -> None:
        """Put one resource, or note why it was not."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self.place(resource, self._plain(resource.body))
        except ClientError as error:
            self._leave(resource, f"moto answered {error.response.get('Error', {}).get('Code', '')}")
        except (BotoCoreError, _Open) as error:
            self._leave(resource, " ".join(str(error).split()))
        except KeyError as error:
            self._leave(resource, f"{error.args[0]} is not declared")

    def _leave(self, resource: Resource, why: str) -> None:
        self.left.append(Unassessed(resource.type, resource.id, why))

    def place(self, resource: Resource, body: dict[str, Any]) -> None:
        """Put one resource by its type; raises what the service, or a value that is not known, raises."""
        if resource.type == KMS_KEY.arm:
            self._put_key(resource, body)
        elif resource.type == KMS_ALIAS.arm:
            self.send("kms", "CreateAlias", AliasName=body["name"], TargetKeyId=body["targetKeyId"])
            self.known[resource.id] = {"id": body["name"], "name": body["name"]}
        elif resource.type == BUCKET.arm:
            self._put_bucket(resource, body)
        elif resource.type == ACCOUNT_PUBLIC_ACCESS_BLOCK.arm:
            self._put_account_block(body)
        elif resource.type in PUTS:
            operation, parameter, inside = PUTS[resource.type]
            self.send("s3", operation, Bucket=body["bucket"], **{parameter: inside(body)})
            if "mfaDelete" in body:
                self._leave(resource, "moto takes mfaDelete and forgets it")
        else:
            self._leave(resource, "the local AWS has no place for it")

    def _put_key(self, resource: Resource, body: dict[str, Any]) -> None:
        """Make a key, whose id moto chooses, and have it change."""
        made = {key: value for key, value in body.items() if key not in ("tags", "bypassPolicyLockoutSafetyCheck")}
        metadata = self.send("kms", "CreateKey", **self._fitting("kms", "CreateKey", made))["KeyMetadata"]
        identity, arn = metadata["KeyId"], metadata["Arn"]
        self.known[resource.id] = {"id": identity, "keyId": identity, "arn": arn}
        if body.get("keyRotationEnabled") is True:
            rotation = {"keyId": identity, "rotationPeriodInDays": body.get("rotationPeriodInDays")}
            self.send("kms", "EnableKeyRotation", **self._fitting("kms", "EnableKeyRotation", rotation))
        if body.get("enabled") is False:
            self.send("kms", "DisableKey", KeyId=identity)

    def _put_bucket(self, resource: Resource, body: dict[str, Any]) -> None:
        """Make a bucket and tag it."""
        name = body["bucket"]
        region = body.get("locationConstraint", _REGION)
        # S3's first region goes by no name: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        lock = body.get("objectLockEnabledForBucket") is True
        self.send("s3", "CreateBucket", region=region, Bucket=name, ObjectLockEnabledForBucket=lock, **place)
        self.known[resource.id] = {"id": name, "bucket": name, "arn": f"arn:aws:s3:::{name}"}
        if tags := body.get("tags"):
            pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
            self.send("s3", "PutBucketTagging", Bucket=name, Tagging={"TagSet": pairs})

    def _put_account_block(self, body: dict[str, Any]) -> None:
        """Block public access for the account; raises `ClientError` where it is not the one that moto stands for."""
        account = body["accountId"]
        flags = self._fitting("s3control", "PutPublicAccessBlock", {"publicAccessBlockConfiguration": body})
        self.send("s3control", "PutPublicAccessBlock", AccountId=account, **flags)

    def send(self, service: str, operation: str, *, region: str = _REGION, **parameters: Any) -> Any:
        """Call an operation; what bodies spell in camelCase is given AWS's spelling."""
        from botocore import xform_name

        client = self._client(service, region)
        shape = client.meta.service_model.operation_model(operation).input_shape
        given = {key: _as_shape(shape.members[key], value) for key, value in parameters.items()}
        return getattr(client, xform_name(operation))(**given)

    def _fitting(self, service: str, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Take from a body what an operation has parameters for."""
        shape = self._client(service, _REGION).meta.service_model.operation_model(operation).input_shape
        found: dict[str, Any] = _as_shape(shape, body)
        return found

    def _client(self, service: str, region: str) -> Any:
        from botocore.config import Config

        with self._lock:
            client = self._session.client(
                service,
                region_name=region,
                endpoint_url=self._endpoint,
                config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
            )
        # S3's control plane puts the account's number before the host, and an address of numbers has no names below it.
        client.meta.events.register("before-sign.s3-control", _keep_address)
        return client

    def _plain(self, value: Any) -> Any:
        """Resolve every reference in a value; raises `_Open` where it, or a value inside it, is not known."""
        if is_marker(value):
            raise _Open(f"a value of it {value}")
        if isinstance(value, Reference):
            known = self.known.get(value.urn, {})
            if value.property not in known:
                raise _Open(f"it refers to {value.property} of {value.urn}, which is not there")
            return known[value.property] + value.suffix
        if isinstance(value, Mapping):
            return {key: self._plain(item) for key, item in value.items()}
        return [self._plain(item) for item in value] if isinstance(value, list | tuple) else value


def _as_shape(shape: Any, value: Any) -> Any:
    """Spell a value as botocore's shape has it; members that the shape does not know are left out."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        # A value that is spelt as AWS does comes back as it is.
        spelt = {name: value.get(member(name), value.get(name)) for name in shape.members}
        return {name: _as_shape(shape.members[name], item) for name, item in spelt.items() if item is not None}
    if shape.type_name == "list" and isinstance(value, list):
        return [_as_shape(shape.member, item) for item in value]
    # A program's numbers are floats.
    return int(value) if shape.type_name in ("integer", "long") and isinstance(value, float) else value


def _keep_address(request: Any, **_: Any) -> None:
    """Take the account off the front of the host."""
    request.url = re.sub(r"//\d{12}\.", "//", request.url, count=1)
