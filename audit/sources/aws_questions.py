"""Everything that the auditor asks of AWS, what permission each question needs, and how AWS says that there is none."""

import msgspec

from audit.kinds.aws import (
    BUCKET_ENCRYPTION,
    BUCKET_LIFECYCLE,
    BUCKET_LOGGING,
    BUCKET_OBJECT_LOCK,
    BUCKET_OWNERSHIP,
    BUCKET_POLICY,
    BUCKET_POLICY_STATUS,
    BUCKET_PUBLIC_ACCESS_BLOCK,
    BUCKET_REPLICATION,
    BUCKET_VERSIONING,
    KMS_ALIAS,
    KMS_KEY,
    OBJECT_LOCK_STATE,
)
from audit.model import Kind


class Question(msgspec.Struct, frozen=True):
    """One operation of AWS that the auditor calls."""

    service: str
    """The service as botocore calls it."""
    operation: str
    action: str
    """The IAM action that it needs; empty where it needs none."""
    absent: tuple[str, ...] = ()
    """The error codes by which the service says that there is no such setting, and no others."""

    @property
    def words(self) -> str:
        """The service and the operation, as evidence and reasons name them."""
        return f"{self.service}:{self.operation}"


class Setting(msgspec.Struct, frozen=True):
    """One setting of a bucket, and the member without which its answer is none."""

    kind: Kind
    question: Question
    member: str
    wraps: bool = True
    """Whether the member is the one object that wraps the setting; otherwise the answer itself is it."""
    silent: bool = False
    """Whether an answer without the member is how S3 says that there is no such setting."""


def _s3(operation: str, *absent: str, action: str = "") -> Question:
    return Question("s3", operation, f"s3:{action or operation}", absent)


WHO = Question("sts", "GetCallerIdentity", "")
BUCKETS = _s3("ListBuckets", action="ListAllMyBuckets")
LOCATION = _s3("GetBucketLocation")
TAGS = _s3("GetBucketTagging", "NoSuchTagSet")
VERSIONS = _s3("ListObjectVersions", action="ListBucketVersions")
RETENTION = _s3("GetObjectRetention", "NoSuchObjectLockConfiguration")
ACCOUNT_BLOCK = Question(
    "s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock", ("NoSuchPublicAccessBlockConfiguration",)
)
DESCRIBE_KEY = Question("kms", "DescribeKey", "kms:DescribeKey")
ROTATION = Question("kms", "GetKeyRotationStatus", "kms:GetKeyRotationStatus")
KEY_POLICY = Question("kms", "GetKeyPolicy", "kms:GetKeyPolicy")
ALIASES = Question("kms", "ListAliases", "kms:ListAliases")
TRAILS = Question("cloudtrail", "DescribeTrails", "cloudtrail:DescribeTrails")
SELECTORS = Question("cloudtrail", "GetEventSelectors", "cloudtrail:GetEventSelectors")

# The codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and the page of each operation. S3
# says by silence that versioning was never on, and that there is no logging:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLogging.html
SETTINGS = (
    Setting(
        BUCKET_PUBLIC_ACCESS_BLOCK,
        _s3("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", action="GetBucketPublicAccessBlock"),
        "PublicAccessBlockConfiguration",
    ),
    Setting(BUCKET_POLICY, _s3("GetBucketPolicy", "NoSuchBucketPolicy"), "Policy", wraps=False),
    Setting(BUCKET_POLICY_STATUS, _s3("GetBucketPolicyStatus", "NoSuchBucketPolicy"), "PolicyStatus"),
    Setting(
        BUCKET_ENCRYPTION,
        _s3(
            "GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError", action="GetEncryptionConfiguration"
        ),
        "ServerSideEncryptionConfiguration",
    ),
    Setting(BUCKET_VERSIONING, _s3("GetBucketVersioning"), "Status", wraps=False, silent=True),
    Setting(
        BUCKET_OBJECT_LOCK,
        _s3(
            "GetObjectLockConfiguration",
            "ObjectLockConfigurationNotFoundError",
            action="GetBucketObjectLockConfiguration",
        ),
        "ObjectLockConfiguration",
    ),
    Setting(
        BUCKET_OWNERSHIP,
        _s3("GetBucketOwnershipControls", "OwnershipControlsNotFoundError"),
        "OwnershipControls",
    ),
    Setting(BUCKET_LOGGING, _s3("GetBucketLogging"), "LoggingEnabled", silent=True),
    Setting(
        BUCKET_LIFECYCLE,
        _s3("GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration", action="GetLifecycleConfiguration"),
        "Rules",
        wraps=False,
    ),
    Setting(
        BUCKET_REPLICATION,
        _s3("GetBucketReplication", "ReplicationConfigurationNotFoundError", action="GetReplicationConfiguration"),
        "ReplicationConfiguration",
    ),
)
OF_A_BUCKET = (*(setting.kind for setting in SETTINGS), OBJECT_LOCK_STATE, KMS_KEY, KMS_ALIAS)
"""What is hidden where a bucket cannot be asked."""
QUESTIONS = (
    *(WHO, BUCKETS, LOCATION, TAGS, VERSIONS, RETENTION, ACCOUNT_BLOCK, DESCRIBE_KEY, ROTATION, KEY_POLICY),
    *(ALIASES, TRAILS, SELECTORS, *(setting.question for setting in SETTINGS)),
)
"""Everything that is ever asked of AWS; none of it changes anything, and none reads an object."""
