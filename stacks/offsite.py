"""A second copy of the archive stands outside Azure, in London, where nobody can shorten its life by mistake."""

import pulumi
import pulumi_aws as aws

from config import Settings
from offsite_policies import archive_policy, key_policy, log_policy


class Offsite(pulumi.ComponentResource):
    """The locked bucket of the archive's copy, its key, and the bucket that logs who read it.

    It is there for the day on which Azure, or our access to it, is lost altogether. London is AWS's only region in the
    United Kingdom, so the copy is replicated no further. What comes here is encrypted before it leaves Azure; the key
    declared here is a second layer, not the first.
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
            # Credentials of any other account are refused before anything is made.
            allowed_account_ids=[settings.aws_account_id],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._close_the_account()
        self.key = self._key()
        self.log = self._log_bucket()
        self.archive = self._archive_bucket()
        self.register_outputs({"archive": self.archive.id})

    def _own(self, *depends_on: pulumi.Resource, protect: bool = False) -> pulumi.ResourceOptions:
        """Return the options of what is made with our own provider, which refuses every account but ours."""
        return pulumi.ResourceOptions(
            parent=self,
            provider=self._aws,
            depends_on=list(depends_on),
            protect=protect,
        )

    def _close_the_account(self) -> aws.s3.AccountPublicAccessBlock:
        """Refuse public access for the whole account, so that a bucket made by hand is closed too.

        The account's setting outweighs that of any bucket:
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
        """
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
        """Declare the second layer's key, renewed every year; its deletion takes a month and can be called off.

        AWS lets a deletion wait 7 to 30 days: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
        """
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
            # A key that other regions hold would be usable outside the United Kingdom.
            multi_region=False,
            policy=key_policy(self._settings.aws_account_id),
            tags={"data": "archive"},
            opts=self._own(protect=True),
        )

    def _log_bucket(self) -> aws.s3.Bucket:
        """Declare the bucket of access logs: never locked, because S3 refuses to write logs into a locked one.

        Its policy admits S3's own log service, for this one source and from this one account.
        """
        name = f"{self._settings.prefix}-offsite-log"
        source = f"{self._settings.prefix}-offsite-archive"
        policy = log_policy(name, source=source, account=self._settings.aws_account_id)
        bucket = aws.s3.Bucket(
            f"{self._label}-log",
            region="eu-west-2",
            bucket=name,
            # A bucket that holds anything is not destroyed, whatever happens to this program.
            force_destroy=False,
            # Locked, it would refuse the logs it is there for.
            object_lock_enabled=False,
            tags={"data": "platform", "purpose": "access-log"},
            opts=self._own(),
        )
        self._log_policy = self._guard("log", bucket, policy=policy)
        self._encrypt("log", bucket, _by_amazon())
        self._forget("log", self._keep_versions("log", bucket), bucket, _after_a_year())
        return bucket

    def _archive_bucket(self) -> aws.s3.Bucket:
        """Declare the bucket of the copy, everything that guards it, and where its reads are logged.

        Object lock is asked for when the bucket is made; versions have to be on before the lock's period can be set,
        and the log's bucket has to stand first.
        """
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
        self._encrypt("archive", bucket, _by_our_key(self.key))
        self._forget("archive", versioning, bucket, _after_the_lock())
        # Who read what; not into itself, or the log would be logged. S3 asks first whether its policy lets it write.
        aws.s3.BucketLogging(
            f"{self._label}-archive-logging",
            region="eu-west-2",
            bucket=bucket.id,
            target_bucket=self.log.id,
            target_prefix="archive/",
            opts=self._own(self._log_policy),
        )
        return bucket

    def _lock_archive(
        self, bucket: aws.s3.Bucket, versioning: aws.s3.BucketVersioning
    ) -> aws.s3.BucketObjectLockConfiguration:
        """Keep every version for seven years and their leap days: never shorter than the archive's own period."""
        return aws.s3.BucketObjectLockConfiguration(
            f"{self._label}-archive-lock",
            region="eu-west-2",
            bucket=bucket.id,
            object_lock_enabled="Enabled",
            rule=aws.s3.BucketObjectLockConfigurationRuleArgs(
                default_retention=aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
                    # Compliance mode cannot be undone by anyone: a person turns it on, never a deployment.
                    mode="COMPLIANCE" if f"{self._label}-archive" in self._settings.closed_doors else "GOVERNANCE",
                    days=2557,
                ),
            ),
            opts=pulumi.ResourceOptions.merge(
                self._own(versioning),
                # Once a person has, a deployment must not turn it off again.
                pulumi.ResourceOptions(ignore_changes=["rule.defaultRetention.mode"]),
            ),
        )

    def _encrypt(
        self, which: str, bucket: aws.s3.Bucket, rule: aws.s3.BucketServerSideEncryptionConfigurationRuleArgs
    ) -> aws.s3.BucketServerSideEncryptionConfiguration:
        """Declare how a bucket encrypts what comes without a wish of its own."""
        return aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._label}-{which}-encryption",
            region="eu-west-2",
            bucket=bucket.id,
            rules=[rule],
            opts=self._own(),
        )

    def _forget(
        self,
        which: str,
        versioning: aws.s3.BucketVersioning,
        bucket: aws.s3.Bucket,
        rule: aws.s3.BucketLifecycleConfigurationRuleArgs,
    ) -> aws.s3.BucketLifecycleConfiguration:
        """Declare when a bucket lets go of things; S3 wants versions to be on before it counts old ones."""
        return aws.s3.BucketLifecycleConfiguration(
            f"{self._label}-{which}-lifecycle",
            region="eu-west-2",
            bucket=bucket.id,
            rules=[rule],
            opts=self._own(versioning),
        )

    def _guard(self, which: str, bucket: aws.s3.Bucket, *, policy: str) -> aws.s3.BucketPolicy:
        """Declare who may reach a bucket: nobody from outside, its owner alone, by TLS only; returns its policy."""
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
        return aws.s3.BucketPolicy(
            f"{self._label}-{which}-policy",
            region="eu-west-2",
            bucket=bucket.id,
            policy=policy,
            opts=self._own(block),
        )

    def _keep_versions(self, which: str, bucket: aws.s3.Bucket) -> aws.s3.BucketVersioning:
        """Keep what a write replaces: without versions there is nothing to lock."""
        return aws.s3.BucketVersioning(
            f"{self._label}-{which}-versioning",
            region="eu-west-2",
            bucket=bucket.id,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self._own(),
        )


def _by_amazon() -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgs:
    """Encrypt with a key of S3's own: it cannot deliver access logs where the default is a KMS key."""
    return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=(
            aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                sse_algorithm="AES256",
            )
        ),
    )


def _by_our_key(key: aws.kms.Key) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgs:
    """Encrypt with our own key."""
    return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        # One data key for many objects, so that the key service is asked, and paid, less often.
        bucket_key_enabled=True,
        apply_server_side_encryption_by_default=(
            aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                sse_algorithm="aws:kms",
                kms_master_key_id=key.arn,
            )
        ),
    )


def _after_a_year() -> aws.s3.BucketLifecycleConfigurationRuleArgs:
    """Delete access logs: a line names an address and an object, and is kept as long as other logs and no longer."""
    return aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="forget-old-logs",
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=365),
        noncurrent_version_expiration=(
            aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(noncurrent_days=30)
        ),
    )


def _after_the_lock() -> aws.s3.BucketLifecycleConfigurationRuleArgs:
    """Delete replaced versions once their lock has ended, and never a version that is current."""
    return aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="forget-after-the-lock",
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        # As long as the lock, so that the rule never meets an object that it may not delete.
        noncurrent_version_expiration=(
            aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(noncurrent_days=2557)
        ),
        # Parts of an upload that broke off are in no listing, and not locked either.
        abort_incomplete_multipart_upload=(
            aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(days_after_initiation=7)
        ),
    )
