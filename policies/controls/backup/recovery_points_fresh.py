"""Whatever is backed up has a recovery point from the last day.

Catalogue: BCK-09.

## Why we promise this
A schedule is an intention. What a disaster costs is the time since the last copy that can be restored, and that is
read here, from the vault itself. A database on a machine is also promised a copy of its log within the hour; where the
vault does not show one, the promise is unproven.

## How to keep it
Find out in the vault's jobs why the backup of the item fails, mend that, and start one by hand.
"""

from datetime import timedelta

from audit.kinds.backup_items import UNDELETED, deleted
from audit.kinds.moments import age, words
from audit.kinds.recoveryservices import PROTECTED_ITEM
from audit.model import (
    Example,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    kept,
    same,
)

ON = PROTECTED_ITEM
PLANES = (Plane.LIVE,)
SEVERITY = Severity.CRITICAL
ABSENT = UNDELETED


def judge(item: Resource, targets: Targets) -> Ruling:
    if gone := deleted(item):
        return gone
    most, passed = targets.number("backup.recovery_point_hours"), age(item, "lastRecoveryPoint")
    if passed > timedelta(hours=most):
        return broken(f"the last recovery point is {words(passed)} old, promised {most} hours")
    if same(item.read("backupManagementType", str), "AzureWorkload"):
        minutes = targets.number("backup.log_minutes")
        if passed > timedelta(minutes=minutes):
            # It may be the last full copy: logs are not always counted.
            raise Unseen(f"no copy of the log was seen in the last {words(passed)}, promised one in {minutes} minutes")
    return kept(f"the last recovery point is {words(passed)} old, promised {most} hours")


_TARGETS = {"backup.recovery_point_hours": 26, "backup.log_minutes": 60}


def _case(verdict: Verdict, last: object, note: str = "", **more: object) -> Example:
    body = {"lastRecoveryPoint": last, "backupManagementType": "AzureIaasVM", **more}
    return Example(verdict, body, targets=_TARGETS, note=note)


EXAMPLES = (
    _case(Verdict.KEPT, "2026-01-14T10:00:00Z", "26 hours"),
    _case(Verdict.BROKEN, "2026-01-14T09:59:59Z", "a second more"),
    _case(Verdict.KEPT, "2026-01-15T11:00:00.1234567Z"),
    _case(Verdict.BROKEN, "2026-01-06T12:00:00Z", "nine days"),
    _case(Verdict.KEPT, "2026-01-15T11:30:00Z", backupManagementType="AzureWorkload"),
    _case(Verdict.UNPROVEN, "2026-01-15T09:00:00Z", "is it a log?", backupManagementType="AzureWorkload"),
    _case(Verdict.BROKEN, "2026-01-13T09:00:00Z", backupManagementType="AzureWorkload"),
    _case(Verdict.UNPROVEN, None, "never backed up, or not told"),
    _case(Verdict.UNPROVEN, "2027-01-15T09:00:00Z", "in the future"),
    _case(Verdict.UNPROVEN, "2026-01-15T11:00:00", "in no time zone"),
    _case(Verdict.UNPROVEN, "yesterday", "no moment"),
    _case(Verdict.NOT_APPLICABLE, "2026-01-01T00:00:00Z", isScheduledForDeferredDelete=True),
)
