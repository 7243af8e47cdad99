"""The off-site copy is encrypted with a key of our own that is changed every year.

Catalogue: AWS-02.

## Why we promise this
A key of our own can be taken away from whoever must no longer read; one that never changes only has to leak once.

## How to keep it
Declare `s3.BucketServerSideEncryptionConfiguration` with `sse_algorithm="aws:kms"`, `kms_master_key_id` of a
`kms.Key` and `bucket_key_enabled=True`, and give the key `enable_key_rotation=True`. The bucket that receives
another's access logs is tagged `purpose=access-log` and exempt: Amazon's guide to access logging supports S3's own
key alone there. Who may use the key is `offsite-key-only-ours`.
"""

from audit.kinds.aws import (
    BUCKET,
    BUCKET_ENCRYPTION,
    BUCKET_LOGGING,
    FOREIGN_KMS_KEY,
    KMS_ALIAS,
    KMS_KEY,
    receives_logs,
)
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Part,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    kept,
    missing,
    not_applicable,
    same,
)

ON = BUCKET
NEEDS = (BUCKET_ENCRYPTION, KMS_KEY, KMS_ALIAS, BUCKET_LOGGING)
SEVERITY = Severity.HIGH

ALGORITHMS = ("aws:kms", "aws:kms:dsse")
DECLARE = "s3.BucketServerSideEncryptionConfiguration(bucket=…, rules=[…])"


def judge(bucket: Resource, estate: Estate) -> Ruling:
    if receives_logs(bucket, estate):
        return not_applicable("Amazon supports only S3's own key for a bucket that receives access logs")
    found = estate.children(bucket, BUCKET_ENCRYPTION)
    rules = [(encryption, rule) for encryption in found for rule in encryption.each("rules")]
    if not rules:
        return missing("no key of our own is declared for the bucket", declare=DECLARE)
    for encryption, rule in rules:
        ruling = of_rule(encryption, rule, estate)
        if ruling.verdict is not Verdict.KEPT:
            return ruling
    return kept("encrypted with a key of our own that is rotated")


def of_rule(encryption: Resource, rule: Part, estate: Estate) -> Ruling:
    """Rule on one rule of a bucket's encryption: its key must be a KMS key of our own, named itself or by an alias.

    Raises `Unseen` where the key is not in the estate: one of another account cannot be judged here.
    """
    algorithm = rule.read("applyServerSideEncryptionByDefault.sseAlgorithm", str)
    if algorithm.lower() not in ALGORITHMS:
        return broken(f"encrypted by {algorithm}, promised aws:kms with a key of our own", subject=encryption)
    key = estate.target(rule, "applyServerSideEncryptionByDefault.kmsMasterKeyId")
    if same(key.type, KMS_ALIAS.arm):
        key = estate.target(key, "targetKeyId")
    if not same(key.type, KMS_KEY.arm):
        return broken(f"the key is {key.name}, which is no key of our own", subject=encryption)
    if key.read("keyRotationEnabled", bool) is not True:
        return broken(f"the key {key.name} is never changed", change={"keyRotationEnabled": True}, subject=key)
    if rule.read("bucketKeyEnabled", bool) is not True:
        path = rule.path("bucketKeyEnabled")
        return broken("the bucket key is off, promised on", change={path: True}, subject=encryption)
    return kept(f"encrypted with {key.name}")


def _encryption(algorithm: object = "aws:kms", key: object = "key", bucket_key: object = True) -> Neighbour:
    default = {"sseAlgorithm": algorithm, "kmsMasterKeyId": {"$reference": key, "property": "arn"} if key else None}
    rule = {"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": bucket_key}
    return Neighbour(BUCKET_ENCRYPTION, {"bucket": {"$reference": "it"}, "rules": [rule]})


_KEY = Neighbour(KMS_KEY, {"keyRotationEnabled": True}, "key")
_STALE = Neighbour(KMS_KEY, {"keyRotationEnabled": False}, "key")
_AMAZONS = Neighbour(FOREIGN_KMS_KEY, {"keyRotationEnabled": True}, "key")
_UNSAID = Neighbour(KMS_KEY, {}, "key")
_ALIAS = Neighbour(KMS_ALIAS, {"targetKeyId": {"$reference": "key"}}, "alias")

_SENDER = (
    Neighbour(BUCKET, {"bucket": "copies"}, "copies"),
    Neighbour(BUCKET_LOGGING, {"bucket": {"$reference": "copies"}, "targetBucket": {"$reference": "it"}}, "to-logs"),
)
_TAGGED = {"tags": {"purpose": "access-log"}}

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_KEY, _encryption())),
    Example(Verdict.KEPT, {}, (_KEY, _encryption("aws:kms:dsse"))),
    Example(Verdict.KEPT, {}, (_KEY, _ALIAS, _encryption(key="alias")), note="named by its alias"),
    Example(Verdict.BROKEN, {}, (_STALE, _encryption())),
    Example(Verdict.BROKEN, {}, (_AMAZONS, _encryption()), note="a key that Amazon manages"),
    Example(Verdict.BROKEN, {}, (_STALE, _ALIAS, _encryption(key="alias"))),
    Example(Verdict.BROKEN, {}, (_KEY, _encryption("AES256", key=None)), note="a key of S3's own"),
    Example(Verdict.BROKEN, {}, (_KEY, _encryption(bucket_key=False))),
    Example(Verdict.BROKEN, {}, (_KEY,), note="nothing declared"),
    Example(Verdict.NOT_APPLICABLE, _TAGGED, (*_SENDER, _encryption("AES256", key=None))),
    Example(Verdict.BROKEN, _TAGGED, (_encryption("AES256", key=None),), note="a tag alone exempts nothing"),
    Example(Verdict.UNPROVEN, {}, (_KEY, _encryption(key=None)), note="whose key is unsaid"),
    Example(Verdict.UNPROVEN, {}, (_encryption(),), note="the key is not ours to see"),
    Example(Verdict.UNPROVEN, {}, (_UNSAID, _encryption())),
    Example(Verdict.UNPROVEN, {}, (_KEY, _encryption(bucket_key=None))),
)
