"""No rule deletes from the off-site copy before its time.

Catalogue: AWS-08.

## Why we promise this
A lifecycle rule deletes on its own, every night, and asks nobody: one wrong number empties the copy as soon as its
lock allows.

## How to keep it
In each rule of the `s3.BucketLifecycleConfiguration`, set `noncurrent_days` to the target `offsite.lock_days` or
more, and no `expiration` that comes sooner or at a date. A bucket without lifecycle rules deletes nothing.
"""

from audit.kinds.aws import BUCKET, BUCKET_LIFECYCLE, BUCKET_LOGGING, receives_logs
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Part,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    kept,
    not_applicable,
    same,
)

ON = BUCKET
NEEDS = (BUCKET_LIFECYCLE, BUCKET_LOGGING)
SEVERITY = Severity.MEDIUM

_RULE = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html"
_EXPIRATION = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html"
ABSENT = {
    "lifecycleRules": "pulumi-aws 7 docstring of Bucket.lifecycle_rules",
    "expiration": _RULE,
    "noncurrentVersionExpiration": _RULE,
    "expiration.date": _EXPIRATION,
    "expiration.expiredObjectDeleteMarker": _EXPIRATION,
}


def judge(bucket: Resource, estate: Estate, targets: Targets) -> Ruling:
    if receives_logs(bucket, estate):
        return not_applicable("access logs are forgotten after their own time")
    promised = targets.number("offsite.lock_days")
    # Rules may still be declared inside the bucket, though that is deprecated.
    if bucket.read("lifecycleRules", list, absent=[]) != []:
        return broken("the bucket holds lifecycle rules inside, promised in a resource of their own")
    for lifecycle in estate.children(bucket, BUCKET_LIFECYCLE):
        for rule in lifecycle.each("rules"):
            if same(rule.read("status", str), "Disabled"):
                continue
            if (trouble := too_soon(rule, promised)) is not None:
                return broken(trouble[0], change=trouble[1], subject=lifecycle)
    return kept(f"no rule deletes before {promised} days")


def too_soon(rule: Part, promised: int) -> tuple[str, dict[str, int]] | None:
    """Return why a rule deletes before its time, with the change that mends it; None where it does not."""
    # An action that a rule does not name is none of its actions; one that is named and says nothing is not seen.
    if rule.look("noncurrentVersionExpiration") is not None:
        path = "noncurrentVersionExpiration.noncurrentDays"
        days = rule.read(path, int)
        if days < promised:
            return f"replaced versions are deleted after {days} days, promised {promised}", {rule.path(path): promised}
    if rule.look("expiration") is None:
        return None
    if (date := rule.read("expiration.date", str, absent="")) != "":
        return f"objects are deleted on {date}, promised {promised} days after they came", {}
    # A rule that clears away deletion markers nobody needs has no days.
    if rule.read("expiration.expiredObjectDeleteMarker", bool, absent=False) is True:
        return None
    days = rule.read("expiration.days", int)
    if days < promised:
        return f"objects are deleted after {days} days, promised {promised}", {rule.path("expiration.days"): promised}
    return None


_TARGETS = {"offsite.lock_days": 35}


def _rules(**said: object) -> tuple[Neighbour, ...]:
    rule = {"id": "forget", "status": "Enabled", **said}
    return (Neighbour(BUCKET_LIFECYCLE, {"bucket": {"$reference": "it"}, "rules": [rule]}),)


def _replaced(days: object) -> dict[str, object]:
    return {"noncurrentVersionExpiration": {"noncurrentDays": days}}


_SENDER = (
    Neighbour(BUCKET, {"bucket": "copies"}, "copies"),
    Neighbour(BUCKET_LOGGING, {"bucket": {"$reference": "copies"}, "targetBucket": {"$reference": "it"}}, "to-logs"),
)
_TAGGED = {"tags": {"purpose": "access-log"}}

EXAMPLES = (
    Example(Verdict.KEPT, {}, (), _TARGETS, "no rule"),
    Example(Verdict.KEPT, {}, _rules(**_replaced(35)), _TARGETS),
    Example(Verdict.KEPT, {}, _rules(**_replaced(36), expiration={"days": 35}), _TARGETS),
    Example(Verdict.KEPT, {}, _rules(expiration={"expiredObjectDeleteMarker": True}), _TARGETS),
    Example(Verdict.KEPT, {}, _rules(status="Disabled", **_replaced(1)), _TARGETS, "a rule that is off"),
    Example(Verdict.BROKEN, {}, _rules(**_replaced(34)), _TARGETS),
    Example(Verdict.BROKEN, {}, _rules(expiration={"days": 34}), _TARGETS),
    Example(Verdict.BROKEN, {}, _rules(expiration={"date": "2030-01-01T00:00:00Z"}), _TARGETS, "on one day"),
    Example(Verdict.BROKEN, {"lifecycleRules": [{"id": "x"}]}, (), _TARGETS, "rules inside the bucket"),
    Example(Verdict.NOT_APPLICABLE, _TAGGED, _SENDER, _TARGETS),
    Example(Verdict.UNPROVEN, {}, _rules(**_replaced(None)), _TARGETS),
    Example(Verdict.UNPROVEN, {}, _rules(status=None, **_replaced(35)), _TARGETS),
    Example(Verdict.UNPROVEN, {}, _rules(expiration={"storageClass": "x"}), _TARGETS, "when is unsaid"),
)
