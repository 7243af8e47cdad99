"""A second copy of the archive stands outside Azure, in London, where nobody can shorten its life by mistake."""

import pulumi
import pulumi_aws as aws
from config import Settings
from offsite_policies import archive_policy, key_policy, log_policy


class Offsite(pulumi.ComponentResource):
    """The locked bucket of the archive's copy, its key, and the bucket that logs who read it.

    London is AWS's only region in the United Kingdom, so the copy is replicated no further.
    What comes here is encrypted before it leaves Azure; the key declared here is a second layer, not the first.
    """

    archive: aws.s3.Bucket
    log: aws.s3.Bucket
    key: aws.kms.Key

    def __init__(self, name: str, *, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("promise-audit:stacks:Offsite", name, None, opts)
        self._label = name
        self._settings = settings
        self._aws = aws.Provider(
            f"{name}-provider",
            region="eu-west-2",
            allowed_account_ids=[settings.aws_account_id],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._close_the_account()
        self.key = self._key()
        self.log = self._log_bucket()
        self.archive = self._archive_bucket()
        self.register_outputs({"archive": self.archive.id})

    def _own(self, *depends_on: pulumi.Resource, protect: bool = False) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self,
            provider=self._aws,
            depends_on=list(depends_on),
            protect=protect,
        )

    def _close_the_account(self) -> aws.s3.AccountPublicAccessBlock:
        return aws.s3.AccountPublicAccessBlock(
            f"{self._label}-account",
            account_id=self._settings.aws_account_id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._own(),
        )

    def _key(self) -> aws.kms.Key:
        return aws.kms.Key(
            f"{self._label}-key",
            region="eu-west-2",
            description="Encrypts the off-site copy of the archive",
            key_usage="ENCRYPT_DECRYPT",
            customer_master_key_spec="SYMMETRIC_DEFAULT",
            is_enabled=True,
            enable_key_rotation=True,
            rotation_period_in_days=365,
            deletion_window_in_days=30,
            multi_region=False,
            policy=key_policy(self._settings.aws_account_id),
            tags={"data": "archive"},
            opts=self._own(protect=True),
        )

    def _log_bucket(self) -> aws.s3.Bucket:
        """Declare the bucket of access logs: never locked, because S3 refuses to write logs into a locked one."""
        name = f"{self._settings.prefix}-offsite-log"
        source = f"{self._settings.prefix}-offsite-archive"
        policy = log_policy(name, source=source, account=self._settings.aws_account_id)
        bucket = aws.s3.Bucket(
            f"{self._label}-log",
            region="eu-west-2",
            bucket=name,
            force_destroy=False,
            object_lock_enabled=False,
            tags={"data": "platform", "purpose": "access-log"},
            opts=self._own(),
        )
        self._guard("log", bucket, policy=policy)
        self._encrypt_log(bucket)
        self._log_lifecycle(bucket, self._keep_versions("log", bucket))
        return bucket

    def _encrypt_log(self, bucket: aws.s3.Bucket) -> aws.s3.BucketServerSideEncryptionConfiguration:
        return aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._label}-log-encryption",
            region="eu-west-2",
            bucket=bucket.id,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    # S3 cannot deliver access logs into a bucket whose default is a KMS key.
                    apply_server_side_encryption_by_default=(
                        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                            sse_algorithm="AES256",
                        )
                    ),
                ),
            ],
            opts=self._own(),
        )

    def _log_lifecycle(
        self, bucket: aws.s3.Bucket, versioning: aws.s3.BucketVersioning
    ) -> aws.s3.BucketLifecycleConfiguration:
        return aws.s3.BucketLifecycleConfiguration(
            f"{self._label}-log-lifecycle",
            region="eu-west-2",
            bucket=bucket.id,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="forget-old-logs",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    # A log line names an address and an object: kept as long as the other logs, and no longer.
                    expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=365),
                    noncurrent_version_expiration=(
                        aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(noncurrent_days=30)
                    ),
                ),
            ],
            opts=self._own(versioning),
        )

    def _archive_bucket(self) -> aws.s3.Bucket:
        name = f"{self._settings.prefix}-offsite-archive"
        bucket = aws.s3.Bucket(
            f"{self._label}-archive",
            region="eu-west-2",
            bucket=name,
            force_destroy=False,
            object_lock_enabled=True,
            tags={"data": "archive", "purpose": "archive"},
            opts=self._own(protect=True),
        )
        self._guard("archive", bucket, policy=archive_policy(name))
        versioning = self._keep_versions("archive", bucket)
        self._lock_archive(bucket, versioning)
        self._encrypt_archive(bucket)
        self._archive_lifecycle(bucket, versioning)
        aws.s3.BucketLogging(
            f"{self._label}-archive-logging",
            region="eu-west-2",
            bucket=bucket.id,
            target_bucket=self.log.id,
            target_prefix="archive/",
            opts=self._own(),
        )
        return bucket

    def _lock_archive(
        self, bucket: aws.s3.Bucket, versioning: aws.s3.BucketVersioning
    ) -> aws.s3.BucketObjectLockConfiguration:
        return aws.s3.BucketObjectLockConfiguration(
            f"{self._label}-archive-lock",
            region="eu-west-2",
            bucket=bucket.id,
            object_lock_enabled="Enabled",
            rule=aws.s3.BucketObjectLockConfigurationRuleArgs(
                default_retention=aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
                    # Compliance mode cannot be undone by anyone: a person turns it on, never a first deployment.
                    mode="GOVERNANCE",
                    days=2557,
                ),
            ),
            opts=self._own(versioning),
        )

    def _encrypt_archive(self, bucket: aws.s3.Bucket) -> aws.s3.BucketServerSideEncryptionConfiguration:
        return aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._label}-archive-encryption",
            region="eu-west-2",
            bucket=bucket.id,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    bucket_key_enabled=True,
                    apply_server_side_encryption_by_default=(
                        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                            sse_algorithm="aws:kms",
                            kms_master_key_id=self.key.arn,
                        )
                    ),
                ),
            ],
            opts=self._own(),
        )

    def _archive_lifecycle(
        self, bucket: aws.s3.Bucket, versioning: aws.s3.BucketVersioning
    ) -> aws.s3.BucketLifecycleConfiguration:
        return aws.s3.BucketLifecycleConfiguration(
            f"{self._label}-archive-lifecycle",
            region="eu-west-2",
            bucket=bucket.id,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="forget-after-the-lock",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    # As long as the lock, so that the rule never meets an object that it may not delete.
                    noncurrent_version_expiration=(
                        aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(noncurrent_days=2557)
                    ),
                    abort_incomplete_multipart_upload=(
                        aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                            days_after_initiation=7,
                        )
                    ),
                ),
            ],
            opts=self._own(versioning),
        )

    def _guard(self, which: str, bucket: aws.s3.Bucket, *, policy: str) -> None:
        """Declare who may reach a bucket: nobody from outside, its owner alone, and by TLS only."""
        block = aws.s3.BucketPublicAccessBlock(
            f"{self._label}-{which}-access",
            region="eu-west-2",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._own(),
        )
        aws.s3.BucketOwnershipControls(
            f"{self._label}-{which}-ownership",
            region="eu-west-2",
            bucket=bucket.id,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=self._own(),
        )
        # S3 answers a conflict where both change the bucket's access at once.
        aws.s3.BucketPolicy(
            f"{self._label}-{which}-policy",
            region="eu-west-2",
            bucket=bucket.id,
            policy=policy,
            opts=self._own(block),
        )

    def _keep_versions(self, which: str, bucket: aws.s3.Bucket) -> aws.s3.BucketVersioning:
        return aws.s3.BucketVersioning(
            f"{self._label}-{which}-versioning",
            region="eu-west-2",
            bucket=bucket.id,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self._own(),
        )
