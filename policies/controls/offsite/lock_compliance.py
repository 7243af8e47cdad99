"""The lock on the off-site copy can be lifted by nobody, ourselves included.

Catalogue: AWS-04.

## Why we promise this
Under governance an administrator may still delete, and so may whoever becomes one. Under compliance nobody can.

## How to keep it
Close the door with `audit lock`, last of all and by a step that somebody approves: what is written under it stays until
its time is over. Declare `mode="COMPLIANCE"` in the default retention of `s3.BucketObjectLockConfiguration` once it is
closed.
"""

from audit.kinds.aws import BUCKET, BUCKET_LOGGING, BUCKET_OBJECT_LOCK, receives_logs
from audit.model import (
    Estate,
    Example,
    Neighbour,
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
NEEDS = (BUCKET_OBJECT_LOCK, BUCKET_LOGGING)
SEVERITY = Severity.CRITICAL
ONE_WAY = True

MODE = "COMPLIANCE"


def judge(bucket: Resource, estate: Estate) -> Ruling:
    if receives_logs(bucket, estate):
        return not_applicable("S3 delivers no access logs to a locked bucket")
    locks = estate.children(bucket, BUCKET_OBJECT_LOCK)
    if not locks:
        return missing("objects are not locked", declare="s3.BucketObjectLockConfiguration(bucket=…, rule=…)")
    for lock in locks:
        mode = lock.read("rule.defaultRetention.mode", str)
        if not same(mode, MODE):
            change = {"rule.defaultRetention.mode": MODE}
            return broken(f"the lock's mode is {mode}, promised {MODE}", change=change, subject=lock)
    return kept(f"the lock's mode is {MODE}")


def _lock(mode: object) -> tuple[Neighbour, ...]:
    rule = {"defaultRetention": {"mode": mode, "days": 35}}
    return (Neighbour(BUCKET_OBJECT_LOCK, {"bucket": {"$reference": "it"}, "rule": rule}),)


_SENDER = (
    Neighbour(BUCKET, {"bucket": "copies"}, "copies"),
    Neighbour(BUCKET_LOGGING, {"bucket": {"$reference": "copies"}, "targetBucket": {"$reference": "it"}}, "to-logs"),
)
_TAGGED = {"tags": {"purpose": "access-log"}}

EXAMPLES = (
    Example(Verdict.KEPT, {}, _lock("COMPLIANCE")),
    Example(Verdict.BROKEN, {}, _lock("GOVERNANCE")),
    Example(Verdict.BROKEN, {}, note="no lock"),
    Example(Verdict.NOT_APPLICABLE, _TAGGED, _SENDER),
    Example(Verdict.BROKEN, _TAGGED, note="a tag alone exempts nothing"),
    Example(Verdict.UNPROVEN, {}, _lock(None)),
    Example(Verdict.UNPROVEN, {}, _lock({"$unknown": True})),
)
