"""Who may do what with the off-site copy, as AWS policy documents that are known before anything is created."""

import json
from typing import Any


def key_policy(account: str) -> str:
    """Leave the key to its own account, whose IAM policies say who uses it."""
    return _document(
        {
            "Sid": "OwnAccount",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
    )


def archive_policy(bucket: str) -> str:
    """Refuse weak transport, and refuse everybody the permission to pass over the lock."""
    bypass = {
        "Sid": "DenyShorterRetention",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:BypassGovernanceRetention",
        "Resource": f"{_arn(bucket)}/*",
    }
    return _document(*_transport(bucket), bypass)


def log_policy(bucket: str, *, source: str, account: str) -> str:
    """Refuse weak transport, and let S3 write the access logs of `source`, when it is ours."""
    delivery = {
        "Sid": "AllowLogDelivery",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{_arn(bucket)}/*",
        "Condition": {
            "ArnLike": {"aws:SourceArn": _arn(source)},
            "StringEquals": {"aws:SourceAccount": account},
        },
    }
    return _document(*_transport(bucket), delivery)


def _transport(bucket: str) -> tuple[dict[str, Any], ...]:
    """Refuse everybody, the owner included, who comes without TLS or with less than 1.2."""
    return (
        _deny(bucket, "DenyWithoutTls", {"Bool": {"aws:SecureTransport": "false"}}),
        _deny(bucket, "DenyOldTls", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    )


def _deny(bucket: str, sid: str, condition: dict[str, Any]) -> dict[str, Any]:
    """Refuse every action on a bucket, and on all in it, under one condition.

    A Deny outweighs every Allow, whoever grants it:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": [_arn(bucket), f"{_arn(bucket)}/*"],
        "Condition": condition,
    }


def _arn(bucket: str) -> str:
    """Return a bucket's ARN, which names no region and no account: names of buckets are unique among all."""
    return f"arn:aws:s3:::{bucket}"


def _document(*statements: dict[str, Any]) -> str:
    """Spell statements as the JSON that S3 and KMS take; 2012-10-17 is the language's version and no date of ours."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
