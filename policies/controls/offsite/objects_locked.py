"""What lies in the off-site copy is locked, object by object.

Catalogue: AWS-04.

## Why we promise this
A bucket's lock holds for what came after it was set: what came before, or came with a shorter time of its own, lies
there unlocked.

## How to keep it
Set the default retention before the first upload, and let uploads ask for no time of their own. What lies there
unlocked is locked with `s3:PutObjectRetention`. The audit looks at a sample of the versions in each locked bucket.
"""

from datetime import timedelta

from audit.kinds.aws import OBJECT_LOCK_STATE
from audit.kinds.moments import moment
from audit.model import Example, Plane, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = OBJECT_LOCK_STATE
SEVERITY = Severity.CRITICAL
PLANES = (Plane.LIVE,)

DAY = timedelta(days=1)


def judge(version: Resource, targets: Targets) -> Ruling:
    promised = targets.number("offsite.lock_days")
    if version.read("retention", dict) == {}:
        return broken(f"the version is not locked, promised {promised} days")
    came, until = (moment(version, path) for path in ("lastModified", "retention.retainUntilDate"))
    # S3 counts from the moment that an upload began and dates the version by its end: the last day may lack seconds.
    locked = round((until - came) / DAY)
    if locked < promised:
        return broken(f"the version is locked {locked} days, promised {promised}")
    return kept(f"the version is locked {locked} days, promised {promised}")


_TARGETS = {"offsite.lock_days": 35}


def _version(until: object) -> dict[str, object]:
    return {
        "lastModified": "2026-01-01T12:00:00+00:00",
        "retention": {"mode": "COMPLIANCE", "retainUntilDate": until},
    }


EXAMPLES = (
    Example(Verdict.KEPT, _version("2026-02-05T12:00:00+00:00"), targets=_TARGETS),
    Example(Verdict.KEPT, _version("2026-02-05T11:59:57+00:00"), targets=_TARGETS, note="seconds of the upload"),
    Example(Verdict.BROKEN, _version("2026-02-04T12:00:00+00:00"), targets=_TARGETS),
    Example(Verdict.BROKEN, {**_version(None), "retention": {}}, targets=_TARGETS, note="not locked"),
    Example(Verdict.UNPROVEN, {}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, _version(None), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _version("next year"), targets=_TARGETS, note="no time"),
)
