"""The off-site copy in S3 and its key.

A bucket's settings are rows of their own, named as CloudFormation names things. Their bodies are what S3 answers
inside the one object that wraps it (`PublicAccessBlockConfiguration`, `ObjectLockConfiguration`), in the words of
botocore's `xform_name` joined as camelCase: `SSEAlgorithm` is `sseAlgorithm`, `KMSMasterKeyID` is `kmsMasterKeyId`.
`bucket` is the request's own parameter: whose setting it is, and for the bucket itself its name. Tags are a map
from key to value. Settings that a Pulumi bucket still takes inline are deprecated there and not read as rows.

Two answers are spelt otherwise. S3 lists the rules of ownership controls and takes exactly one, so `rule` holds it, as
in Pulumi. A key or alias that an answer names by its bare name is named by its ARN, which is the id of its row.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from audit.model import Estate, Kind, Parent, Reference, Resource, same

_S3 = "2006-03-01"
_KMS = "2014-11-01"

BUCKET = Kind(
    arm="AWS::S3::Bucket",
    api=_S3,
    pulumi=("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"),
    renamed={"locationConstraint": "region", "objectLockEnabledForBucket": "objectLockEnabled"},
)
ACCOUNT_PUBLIC_ACCESS_BLOCK = Kind(
    arm="AWS::S3::AccountPublicAccessBlock",
    api="2018-08-20",
    pulumi=("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",),
)
BUCKET_PUBLIC_ACCESS_BLOCK = Kind(
    arm="AWS::S3::PublicAccessBlock",
    api=_S3,
    pulumi=("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",),
    parent=Parent(BUCKET.arm, by="bucket"),
)
BUCKET_ENCRYPTION = Kind(
    arm="AWS::S3::BucketEncryption",
    api=_S3,
    pulumi=(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
    ),
    parent=Parent(BUCKET.arm, by="bucket"),
)
BUCKET_VERSIONING = Kind(
    arm="AWS::S3::BucketVersioning",
    api=_S3,
    pulumi=("aws:s3/bucketVersioning:BucketVersioning", "aws:s3/bucketVersioningV2:BucketVersioningV2"),
    renamed={
        "status": "versioningConfiguration.status",
        "mfaDelete": "versioningConfiguration.mfaDelete",
    },
    parent=Parent(BUCKET.arm, by="bucket"),
)
BUCKET_OBJECT_LOCK = Kind(
    arm="AWS::S3::ObjectLockConfiguration",
    api=_S3,
    pulumi=(
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        "aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2",
    ),
    parent=Parent(BUCKET.arm, by="bucket"),
)
BUCKET_POLICY = Kind(
    arm="AWS::S3::BucketPolicy",
    api=_S3,
    pulumi=("aws:s3/bucketPolicy:BucketPolicy",),
    parent=Parent(BUCKET.arm, by="bucket"),
)
# Whether S3 itself counts the policy as public: an answer of the service, which nobody can declare.
BUCKET_POLICY_STATUS = Kind(
    arm="AWS::S3::BucketPolicyStatus",
    api=_S3,
    pulumi=(),
    parent=Parent(BUCKET.arm, by="bucket"),
)
BUCKET_OWNERSHIP = Kind(
    arm="AWS::S3::OwnershipControls",
    api=_S3,
    pulumi=("aws:s3/bucketOwnershipControls:BucketOwnershipControls",),
    parent=Parent(BUCKET.arm, by="bucket"),
)
BUCKET_LOGGING = Kind(
    arm="AWS::S3::BucketLogging",
    api=_S3,
    pulumi=("aws:s3/bucketLogging:BucketLogging", "aws:s3/bucketLoggingV2:BucketLoggingV2"),
    parent=Parent(BUCKET.arm, by="bucket"),
)
BUCKET_LIFECYCLE = Kind(
    arm="AWS::S3::LifecycleConfiguration",
    api=_S3,
    pulumi=(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
    ),
    parent=Parent(BUCKET.arm, by="bucket"),
)
BUCKET_REPLICATION = Kind(
    arm="AWS::S3::ReplicationConfiguration",
    api=_S3,
    pulumi=("aws:s3/bucketReplicationConfig:BucketReplicationConfig",),
    parent=Parent(BUCKET.arm, by="bucket"),
)
# One version of one object of a sample, without its key, which may name a person: until when it is locked.
OBJECT_LOCK_STATE = Kind(
    arm="AWS::S3::ObjectLockState",
    api=_S3,
    pulumi=(),
    parent=Parent(BUCKET.arm, by="bucket"),
)
KMS_KEY = Kind(
    arm="AWS::KMS::Key",
    api=_KMS,
    pulumi=("aws:kms/key:Key",),
    renamed={"keyRotationEnabled": "enableKeyRotation", "enabled": "isEnabled"},
)
# A key that encrypts for us and is another's: one that Amazon manages, or one of another account.
FOREIGN_KMS_KEY = Kind(arm="AWS::KMS::Key (foreign)", api=_KMS, pulumi=())
KMS_ALIAS = Kind(
    arm="AWS::KMS::Alias",
    api=_KMS,
    pulumi=("aws:kms/alias:Alias",),
    parent=Parent(KMS_KEY.arm, by="targetKeyId"),
)
# A trail is the account's, or its organisation's, and no part of the off-site copy that a stack would declare.
TRAIL = Kind(arm="AWS::CloudTrail::Trail", api="2013-11-01", pulumi=())


def spelt(value: Any) -> Any:
    """Spell an answer of AWS as bodies do, at every depth: member names in camelCase, times as text in UTC."""
    if isinstance(value, Mapping):
        return {member(key): spelt(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [spelt(item) for item in value]
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


@lru_cache(maxsize=1024)
def member(name: str) -> str:
    """Spell the name of a member as bodies do: `SSEAlgorithm` is `sseAlgorithm`."""
    from botocore import xform_name  # the command line lists kinds without any cloud's SDK

    return re.sub(r"_(\w)", lambda found: found[1].upper(), str(xform_name(name)))


def receives_logs(bucket: Resource, estate: Estate) -> bool:
    """Tell whether a bucket is tagged as the receiver of access logs, and another one does send its log there.

    Raises `Unseen` where the tag, or where a log goes, is not known. The tag alone exempts nothing.
    """
    if bucket.tag("purpose") != "access-log":
        return False
    senders = (logging for logging in estate.of(BUCKET_LOGGING) if _sends_to(logging, bucket))
    return any(estate.parent(logging).id != bucket.id for logging in senders)


def _sends_to(logging: Resource, bucket: Resource) -> bool:
    """Tell whether a log goes to a bucket, by the link to it or by its name; raises `Unseen` as `link` does."""
    link = logging.link("targetBucket")
    if isinstance(link, Reference):
        return link.urn == bucket.id
    return link is not None and same(link, bucket.read("bucket", str, absent=""))
