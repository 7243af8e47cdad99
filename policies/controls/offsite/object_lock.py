"""Nothing in the off-site copy can be changed or deleted before its time.

Catalogue: AWS-04.

## Why we promise this
A copy that whoever breaks into the original can also delete is no copy.

## How to keep it
Declare `s3.BucketVersioning` with `status="Enabled"` and `s3.BucketObjectLockConfiguration` with a default
retention of the target `offsite.lock_days` or more. The bucket that receives another's access logs is tagged
`purpose=access-log` and exempt: S3 delivers no logs to a locked bucket. Whether the lock can be lifted by an
administrator is `offsite-lock-compliance`.
"""

from audit.kinds.aws import BUCKET, BUCKET_LOGGING, BUCKET_OBJECT_LOCK, BUCKET_VERSIONING, receives_logs
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    kept,
    missing,
    not_applicable,
    same,
)

ON = BUCKET
NEEDS = (BUCKET_OBJECT_LOCK, BUCKET_VERSIONING, BUCKET_LOGGING)
SEVERITY = Severity.CRITICAL

ABSENT = {
    "objectLockEnabled": "pulumi-aws 7 docstring of BucketObjectLockConfiguration.object_lock_enabled",
    "rule.defaultRetention.years": "https://docs.aws.amazon.com/AmazonS3/latest/API/API_DefaultRetention.html",
}
YEAR = 365


def judge(bucket: Resource, estate: Estate, targets: Targets) -> Ruling:
    if receives_logs(bucket, estate):
        return not_applicable("S3 delivers no access logs to a locked bucket")
    promised = targets.number("offsite.lock_days")
    locks = estate.children(bucket, BUCKET_OBJECT_LOCK)
    if not locks:
        return missing("objects are not locked", declare="s3.BucketObjectLockConfiguration(bucket=…, rule=…)")
    for lock in locks:
        # S3 knows this one word, and Pulumi's provider sends it where it is left out.
        if not same(lock.read("objectLockEnabled", str, absent="Enabled"), "Enabled"):
            return broken("Object Lock is off", change={"objectLockEnabled": "Enabled"}, subject=lock)
        days, unit = retention(lock)
        if days < promised:
            change = {f"rule.defaultRetention.{unit}": promised if unit == "days" else -(-promised // YEAR)}
            return broken(f"objects are locked {days} days, promised {promised}", change=change, subject=lock)
    return versioned(bucket, estate) or kept(f"objects are locked {retention(locks[0])[0]} days, promised {promised}")


def retention(lock: Resource) -> tuple[int, str]:
    """Give the days of the default retention, and the unit it is written in."""
    # S3 takes days or years, never both: where no years are given, the days must be.
    years = lock.read("rule.defaultRetention.years", int, absent=0)
    return (years * YEAR, "years") if years > 0 else (lock.read("rule.defaultRetention.days", int), "days")


def versioned(bucket: Resource, estate: Estate) -> Ruling | None:
    """Rule on versioning, without which a lock protects nothing; None where it is on."""
    found = estate.children(bucket, BUCKET_VERSIONING)
    if not found:
        return missing("versioning is not declared", declare='s3.BucketVersioning(bucket=…, status="Enabled")')
    for versioning in found:
        status = versioning.read("status", str)
        if not same(status, "Enabled"):
            return broken(f"versioning is {status}", change={"status": "Enabled"}, subject=versioning)
    return None


def _lock(enabled: object = "Enabled", **retained: object) -> Neighbour:
    rule = {"defaultRetention": {"mode": "GOVERNANCE", **retained}}
    return Neighbour(BUCKET_OBJECT_LOCK, {"bucket": {"$reference": "it"}, "objectLockEnabled": enabled, "rule": rule})


def _versioning(status: object) -> Neighbour:
    return Neighbour(BUCKET_VERSIONING, {"bucket": {"$reference": "it"}, "status": status})


_ON = _versioning("Enabled")
_TARGETS = {"offsite.lock_days": 35}
_YEARS = {"offsite.lock_days": 366}

_SENDER = (
    Neighbour(BUCKET, {"bucket": "copies"}, "copies"),
    Neighbour(BUCKET_LOGGING, {"bucket": {"$reference": "copies"}, "targetBucket": {"$reference": "it"}}, "to-logs"),
)
_TAGGED = {"tags": {"purpose": "access-log"}}

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_lock(days=35), _ON), _TARGETS),
    Example(Verdict.KEPT, {}, (_lock(days=36), _ON), _TARGETS),
    Example(Verdict.KEPT, {}, (_lock(years=1), _ON), _TARGETS),
    Example(Verdict.KEPT, {}, (_lock(None, days=35), _ON), _TARGETS, "the provider's only word"),
    Example(Verdict.BROKEN, {}, (_lock(days=34), _ON), _TARGETS),
    Example(Verdict.BROKEN, {}, (_lock(years=1), _ON), _YEARS),
    Example(Verdict.BROKEN, {}, (_lock("Disabled", days=35), _ON), _TARGETS),
    Example(Verdict.BROKEN, {}, (_lock(days=35), _versioning("Suspended")), _TARGETS),
    Example(Verdict.BROKEN, {}, (_lock(days=35),), _TARGETS, "no versioning"),
    Example(Verdict.BROKEN, {}, (_ON,), _TARGETS, "no lock"),
    Example(Verdict.NOT_APPLICABLE, _TAGGED, _SENDER, _TARGETS),
    Example(Verdict.BROKEN, _TAGGED, (), _TARGETS, "a tag alone exempts nothing"),
    Example(Verdict.UNPROVEN, {"tags": {"$unknown": True}}, (_lock(days=35), _ON), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_lock(), _ON), _TARGETS, "no period"),
    Example(Verdict.UNPROVEN, {}, (_lock(days={"$unknown": True}), _ON), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_lock(days=35), _versioning(None)), _TARGETS),
)
