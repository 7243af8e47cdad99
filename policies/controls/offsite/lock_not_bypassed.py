"""Nobody can pass over the lock on the off-site copy.

Catalogue: AWS-08.

## Why we promise this
Under governance a permission is enough to delete what is locked, and whoever breaks into an administrator's account
has it.

## How to keep it
One of three: set `mode="COMPLIANCE"` in the lock's default retention; or deny everybody
`s3:BypassGovernanceRetention` on all objects in the `s3.BucketPolicy`, without a condition; or turn on MFA delete,
which S3 allows only for a bucket without lifecycle rules. A denial is as strong as the rule on who may change the
bucket's policy: the organisation's own policy on top of it is not read here.
"""

import json

from audit.kinds.aws import (
    BUCKET,
    BUCKET_LIFECYCLE,
    BUCKET_LOGGING,
    BUCKET_OBJECT_LOCK,
    BUCKET_POLICY,
    BUCKET_VERSIONING,
    receives_logs,
)
from audit.kinds.aws_policies import denies_everybody, statements
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Verdict,
    kept,
    missing,
    not_applicable,
    same,
)

ON = BUCKET
NEEDS = (BUCKET_OBJECT_LOCK, BUCKET_POLICY, BUCKET_VERSIONING, BUCKET_LIFECYCLE, BUCKET_LOGGING)
SEVERITY = Severity.MEDIUM

ABSENT = {"mfaDelete": "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html"}
BYPASS = "s3:BypassGovernanceRetention"


def judge(bucket: Resource, estate: Estate) -> Ruling:
    if receives_logs(bucket, estate):
        return not_applicable("S3 delivers no access logs to a locked bucket")
    rulings = (way(bucket, estate) for way in (by_compliance, by_denial, by_second_factor))
    return next((ruling for ruling in rulings if ruling.verdict is Verdict.KEPT), open_door())


def open_door() -> Ruling:
    """Rule that nothing keeps the lock from being passed over."""
    return missing(
        f"nothing keeps an administrator from passing over the lock ({BYPASS})",
        declare=f's3.BucketPolicy(bucket=…, policy=…) with a statement that denies everybody "{BYPASS}"',
    )


def by_compliance(bucket: Resource, estate: Estate) -> Ruling:
    """Rule kept where the lock itself lets nobody pass."""
    locks = estate.children(bucket, BUCKET_OBJECT_LOCK)
    modes = [lock.read("rule.defaultRetention.mode", str) for lock in locks]
    strict = modes and all(same(mode, "COMPLIANCE") for mode in modes)
    return kept("the lock's mode is COMPLIANCE, which nobody passes over") if strict else open_door()


def by_denial(bucket: Resource, estate: Estate) -> Ruling:
    """Rule kept where the bucket's policy denies everybody the permission; every policy that there is must."""
    policies = estate.children(bucket, BUCKET_POLICY)
    objects = f"arn:aws:s3:::{bucket.read('bucket', str)}/*" if policies else ""
    denied = [
        any(denies_everybody(statement, BYPASS, objects) for statement in statements(policy.read("policy", str)))
        for policy in policies
    ]
    return kept(f"the policy denies everybody {BYPASS}") if denied and all(denied) else open_door()


def by_second_factor(bucket: Resource, estate: Estate) -> Ruling:
    """Rule kept where deleting a version takes a second factor, which S3 asks for where no lifecycle rule deletes."""
    versioning = estate.children(bucket, BUCKET_VERSIONING)
    # S3 says nothing of MFA delete where it was never set up.
    asked = versioning and all(same(found.read("mfaDelete", str, absent=""), "Enabled") for found in versioning)
    if not asked or estate.children(bucket, BUCKET_LIFECYCLE):
        return open_door()
    return kept("deleting a version takes a second factor, and no lifecycle rule deletes one")


_BUCKET = {"bucket": "copies"}
_DENIAL = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": BYPASS, "Resource": "arn:aws:s3:::copies/*"}


def _lock(mode: object) -> Neighbour:
    rule = {"defaultRetention": {"mode": mode, "days": 35}}
    return Neighbour(BUCKET_OBJECT_LOCK, {"bucket": {"$reference": "it"}, "rule": rule})


def _policy(**changed: object) -> Neighbour:
    text = json.dumps({"Statement": [{**_DENIAL, **changed}]})
    return Neighbour(BUCKET_POLICY, {"bucket": {"$reference": "it"}, "policy": text})


def _versioning(mfa: object) -> Neighbour:
    return Neighbour(BUCKET_VERSIONING, {"bucket": {"$reference": "it"}, "status": "Enabled", "mfaDelete": mfa})


_LIFECYCLE = Neighbour(BUCKET_LIFECYCLE, {"bucket": {"$reference": "it"}, "rules": []})
_UNKNOWN = Neighbour(BUCKET_POLICY, {"bucket": {"$reference": "it"}, "policy": {"$unknown": True}})
_SENDER = (
    Neighbour(BUCKET, {"bucket": "others"}, "others"),
    Neighbour(BUCKET_LOGGING, {"bucket": {"$reference": "others"}, "targetBucket": {"$reference": "it"}}, "to-logs"),
)
_TAGGED = {"tags": {"purpose": "access-log"}, **_BUCKET}

EXAMPLES = (
    Example(Verdict.KEPT, _BUCKET, (_lock("COMPLIANCE"),)),
    Example(Verdict.KEPT, _BUCKET, (_lock("GOVERNANCE"), _policy())),
    Example(Verdict.KEPT, _BUCKET, (_lock("GOVERNANCE"), _policy(Action=["s3:Bypass*"], Principal="*"))),
    Example(Verdict.KEPT, _BUCKET, (_lock("GOVERNANCE"), _versioning("Enabled"))),
    Example(Verdict.BROKEN, _BUCKET, (_lock("GOVERNANCE"),)),
    Example(Verdict.BROKEN, _BUCKET, (_lock("GOVERNANCE"), _policy(Effect="Allow"))),
    Example(Verdict.BROKEN, _BUCKET, (_lock("GOVERNANCE"), _policy(Resource="arn:aws:s3:::copies/a/*")), note="a part"),
    Example(
        Verdict.BROKEN,
        _BUCKET,
        (_lock("GOVERNANCE"), _policy(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})),
        note="under a condition",
    ),
    Example(
        Verdict.BROKEN,
        _BUCKET,
        (_lock("GOVERNANCE"), _policy(Principal={"AWS": "arn:aws:iam::000000000000:user/one"})),
        note="one person only",
    ),
    Example(
        Verdict.BROKEN,
        _BUCKET,
        (_lock("GOVERNANCE"), _versioning("Enabled"), _LIFECYCLE),
        note="a lifecycle rule asks nobody",
    ),
    Example(Verdict.NOT_APPLICABLE, _TAGGED, _SENDER),
    Example(Verdict.UNPROVEN, _BUCKET, (_lock(None), _versioning("Disabled"))),
    Example(Verdict.UNPROVEN, _BUCKET, (_lock("GOVERNANCE"), _UNKNOWN)),
)
