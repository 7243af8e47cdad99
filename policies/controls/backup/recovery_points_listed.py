"""The vault lists a recovery point from the last day for whatever is backed up.

Catalogue: BCK-09.

## Why we promise this
An item's own word on its last backup is a summary. What can be restored is what stands in the list of its recovery
points, so the list is read too. For a database on a machine only full copies count here: a log restores nothing alone.

## How to keep it
Start a backup by hand and see whether its recovery point appears. Where it does not, ask Azure's support: the vault
and its item disagree.
"""

from datetime import timedelta

from audit.kinds.backup_items import UNDELETED, deleted
from audit.kinds.moments import age, words
from audit.kinds.recoveryservices import PROTECTED_ITEM, RECOVERY_POINT
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    kept,
    missing,
    same,
)

ON = PROTECTED_ITEM
NEEDS = (RECOVERY_POINT,)
PLANES = (Plane.LIVE,)
SEVERITY = Severity.CRITICAL
ABSENT = UNDELETED
FULL = ("Full", "SnapshotFull")


def judge(item: Resource, estate: Estate, targets: Targets) -> Ruling:
    if gone := deleted(item):
        return gone
    most, points = targets.number("backup.recovery_point_hours"), estate.children(item, RECOVERY_POINT)
    if same(item.read("backupManagementType", str), "AzureWorkload"):
        full = (point for point in points if any(same(point.read("type", str), kind) for kind in FULL))
        ages = [age(point, "recoveryPointTimeInUTC") for point in full]
    else:
        ages = [age(point, "recoveryPointTime") for point in points]
    if not ages:
        return missing("the vault lists no recovery point of it", declare="a first backup, started by hand")
    if min(ages) > timedelta(hours=most):
        return broken(f"the newest of {len(ages)} listed is {words(min(ages))} old, promised {most} hours")
    return kept(f"the newest of {len(ages)} listed is {words(min(ages))} old, promised {most} hours")


def _point(moment: object, **more: object) -> Neighbour:
    return Neighbour(RECOVERY_POINT, {"protectedItemId": {"$reference": "it"}, "recoveryPointTime": moment, **more})


def _copy(moment: object, kind: str) -> Neighbour:
    body = {"protectedItemId": {"$reference": "it"}, "recoveryPointTimeInUTC": moment, "type": kind}
    return Neighbour(RECOVERY_POINT, body)


_TARGETS = {"backup.recovery_point_hours": 26}
_MACHINE = {"backupManagementType": "AzureIaasVM"}
_DATABASE = {"backupManagementType": "AzureWorkload"}
_OLD, _NEW = "2026-01-06T12:00:00Z", "2026-01-15T08:00:00Z"

EXAMPLES = (
    Example(Verdict.KEPT, _MACHINE, (_point(_OLD), _point(_NEW)), _TARGETS),
    Example(Verdict.KEPT, _MACHINE, (_point("2026-01-14T10:00:00Z"),), _TARGETS, "26 hours"),
    Example(Verdict.BROKEN, _MACHINE, (_point("2026-01-14T09:00:00Z"),), _TARGETS, "27 hours"),
    Example(Verdict.BROKEN, _MACHINE, (_point(_OLD),), _TARGETS, "nine days"),
    Example(Verdict.BROKEN, _MACHINE, (_point(_NEW, protectedItemId="/another"),), _TARGETS, "another's point"),
    Example(Verdict.KEPT, _DATABASE, (_copy(_NEW, "Full"), _copy(_OLD, "Log")), _TARGETS),
    Example(Verdict.BROKEN, _DATABASE, (_copy(_NEW, "Log"), _copy(_OLD, "Full")), _TARGETS, "a log alone is new"),
    Example(Verdict.UNPROVEN, _MACHINE, (_point(None),), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_point(_NEW),), _TARGETS),
    Example(Verdict.NOT_APPLICABLE, {"isScheduledForDeferredDelete": True}, targets=_TARGETS),
)
