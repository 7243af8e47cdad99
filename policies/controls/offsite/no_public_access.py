"""Nothing in the off-site copy can be made public.

Catalogue: AWS-01.

## Why we promise this
Nobody but us and the customer may reach the data, whatever an access list or a policy may one day say by mistake.

## How to keep it
Declare `s3.BucketPublicAccessBlock` for each bucket and one `s3.AccountPublicAccessBlock` for the account, each
with all four of `block_public_acls`, `block_public_policy`, `ignore_public_acls` and `restrict_public_buckets` set
to `True`. The live audit also asks S3 whether it counts the bucket's policy as public.
"""

from audit.kinds.aws import ACCOUNT_PUBLIC_ACCESS_BLOCK, BUCKET, BUCKET_PUBLIC_ACCESS_BLOCK
from audit.model import (
    Estate,
    Example,
    Kind,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    kept,
    missing,
)

ON = BUCKET
NEEDS = (BUCKET_PUBLIC_ACCESS_BLOCK, ACCOUNT_PUBLIC_ACCESS_BLOCK)
SEVERITY = Severity.CRITICAL

FLAGS = ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets")


def judge(bucket: Resource, estate: Estate) -> Ruling:
    blocks = estate.children(bucket, BUCKET_PUBLIC_ACCESS_BLOCK)
    if not blocks:
        return missing("nothing blocks public access to the bucket", declare="s3.BucketPublicAccessBlock(bucket=…, …)")
    accounts = estate.of(ACCOUNT_PUBLIC_ACCESS_BLOCK)
    if not accounts:
        return missing("nothing blocks public access in the account", declare="s3.AccountPublicAccessBlock(…)")
    for block in (*blocks, *accounts):
        off = [flag for flag in FLAGS if block.read(flag, bool) is not True]
        if off:
            return broken(f"{block.name} leaves {', '.join(off)} off", change=dict.fromkeys(off, True), subject=block)
    return kept("public access is blocked for the bucket and for the account")


def _block(kind: Kind, **changed: object) -> Neighbour:
    return Neighbour(kind, {"bucket": {"$reference": "it"}, **dict.fromkeys(FLAGS, True), **changed})


_BUCKET = _block(BUCKET_PUBLIC_ACCESS_BLOCK)
_ACCOUNT = _block(ACCOUNT_PUBLIC_ACCESS_BLOCK)
_OTHERS = Neighbour(BUCKET_PUBLIC_ACCESS_BLOCK, {**_BUCKET.body, "bucket": {"$reference": "other"}})

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_BUCKET, _ACCOUNT)),
    Example(Verdict.BROKEN, {}, (_block(BUCKET_PUBLIC_ACCESS_BLOCK, blockPublicPolicy=False), _ACCOUNT)),
    Example(Verdict.BROKEN, {}, (_BUCKET, _block(ACCOUNT_PUBLIC_ACCESS_BLOCK, restrictPublicBuckets=False))),
    Example(Verdict.BROKEN, {}, (_BUCKET,), note="the account is open"),
    Example(Verdict.BROKEN, {}, (Neighbour(BUCKET, {}, "other"), _OTHERS, _ACCOUNT), note="another bucket's block"),
    Example(Verdict.UNPROVEN, {}, (_block(BUCKET_PUBLIC_ACCESS_BLOCK, ignorePublicAcls=None), _ACCOUNT)),
    Example(Verdict.UNPROVEN, {}, (_BUCKET, _block(ACCOUNT_PUBLIC_ACCESS_BLOCK, blockPublicAcls={"$unknown": True}))),
)
