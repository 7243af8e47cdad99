"""Every access to the off-site copy is written down, in a bucket of its own.

Catalogue: AWS-07.

## Why we promise this
Whether a breach touched the copy, and which messages, can only be told from a log that was being written at the time.

## How to keep it
Declare `s3.BucketLogging` for the bucket with `target_bucket` of another bucket, tagged `purpose=access-log`, that
has no Object Lock: S3 delivers no logs to a locked bucket.
"""

from audit.kinds.aws import BUCKET, BUCKET_LOGGING, BUCKET_OBJECT_LOCK, receives_logs
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    broken,
    kept,
    missing,
    not_applicable,
)

ON = BUCKET
NEEDS = (BUCKET_LOGGING, BUCKET_OBJECT_LOCK)
SEVERITY = Severity.HIGH


def judge(bucket: Resource, estate: Estate) -> Ruling:
    if receives_logs(bucket, estate):
        return not_applicable("the bucket receives access logs and holds nothing else")
    found = estate.children(bucket, BUCKET_LOGGING)
    if not found:
        declare = "s3.BucketLogging(bucket=…, target_bucket=…, target_prefix=…)"
        return missing("no access to the bucket is written down", declare=declare)
    for logging in found:
        receiver = target(logging, estate)
        if receiver.id == bucket.id:
            return broken("the bucket writes its log into itself", subject=logging)
        if estate.children(receiver, BUCKET_OBJECT_LOCK):
            return broken(f"the log's bucket {receiver.name} is locked, so no log arrives", subject=logging)
    return kept(f"access is written to {receiver.name}")


def target(logging: Resource, estate: Estate) -> Resource:
    """Find the bucket that receives a log, by its reference or its name."""
    name = logging.link("targetBucket")
    if not isinstance(name, str):
        return estate.target(logging, "targetBucket")
    for candidate in estate.of(BUCKET):
        if candidate.read("bucket", str) == name:
            return candidate
    raise Unseen(f"the log's bucket {name} was not seen")


_LOGS = Neighbour(BUCKET, {"bucket": "copies-logs", "tags": {"purpose": "access-log"}}, "logs")
_LOCK = Neighbour(BUCKET_OBJECT_LOCK, {"bucket": {"$reference": "logs"}})
_BUCKET = {"bucket": "copies"}


def _logging(target_bucket: object) -> Neighbour:
    return Neighbour(BUCKET_LOGGING, {"bucket": {"$reference": "it"}, "targetBucket": target_bucket})


_GOOD = _logging({"$reference": "logs"})

_SENDER = (
    Neighbour(BUCKET, {"bucket": "copies"}, "copies"),
    Neighbour(BUCKET_LOGGING, {"bucket": {"$reference": "copies"}, "targetBucket": {"$reference": "it"}}, "to-logs"),
)
_TAGGED = {"tags": {"purpose": "access-log"}}

EXAMPLES = (
    Example(Verdict.KEPT, _BUCKET, (_LOGS, _GOOD)),
    Example(Verdict.KEPT, _BUCKET, (_LOGS, _logging("copies-logs")), note="named, not linked"),
    Example(Verdict.BROKEN, _BUCKET, (_LOGS,)),
    Example(Verdict.BROKEN, _BUCKET, (_LOGS, _LOCK, _GOOD), note="a locked bucket takes no logs"),
    Example(Verdict.BROKEN, _BUCKET, (_logging({"$reference": "it"}),), note="into itself"),
    Example(Verdict.NOT_APPLICABLE, _TAGGED, _SENDER),
    Example(Verdict.BROKEN, _TAGGED, note="a tag alone exempts nothing"),
    Example(Verdict.UNPROVEN, _BUCKET, (_LOGS, _logging("elsewhere")), note="a bucket that was not seen"),
    Example(Verdict.UNPROVEN, _BUCKET, (_LOGS, _logging(None))),
    Example(Verdict.UNPROVEN, _BUCKET, (_LOGS, _logging({"$unknown": True}))),
)
