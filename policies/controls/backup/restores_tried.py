"""Something was restored from every vault in the last quarter.

Catalogue: BCK-13.

## Why we promise this
Only a restore shows that a backup can be restored. This control reads from the vault's jobs that one was made and
came to its end. That what came back was whole, and how long it took, is for the restore drill to prove.

## How to keep it
Restore an item of each vault beside the original at least once a quarter, and destroy the copy afterwards.
"""

from datetime import timedelta

from audit.kinds.moments import age, words
from audit.kinds.recoveryservices import BACKUP_JOB, PROTECTED_ITEM, RECOVERY_VAULT
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    kept,
    not_applicable,
    same,
)

ON = RECOVERY_VAULT
NEEDS = (BACKUP_JOB, PROTECTED_ITEM)
PLANES = (Plane.LIVE,)
SEVERITY = Severity.CRITICAL
RESTORES = ("Restore", "CrossRegionRestore")


def judge(vault: Resource, estate: Estate, targets: Targets) -> Ruling:
    if not estate.children(vault, PROTECTED_ITEM):
        return not_applicable("nothing is backed up in it")
    most = targets.number("backup.restore_test_days")
    restores = [job for job in estate.children(vault, BACKUP_JOB) if _is_restore(job)]
    ages = [age(job, "startTime") for job in restores if same(job.read("status", str), "Completed")]
    if not ages:
        # Azure forgets jobs in time, so that none is listed does not show that there was none.
        raise Unseen(f"no restore that came to its end was seen, promised one in {most} days")
    if min(ages) > timedelta(days=most):
        return broken(f"the last restore was {words(min(ages))} ago, promised one in {most} days")
    return kept(f"the last restore was {words(min(ages))} ago, promised one in {most} days")


def _is_restore(job: Resource) -> bool:
    operation = job.read("operation", str)
    return any(same(operation, name) for name in RESTORES)


_HERE = {"vaultName": {"$reference": "it"}}
_ITEM = Neighbour(PROTECTED_ITEM, _HERE, name="item")


def _job(moment: object, status: object = "Completed", operation: object = "Restore") -> Neighbour:
    return Neighbour(BACKUP_JOB, {**_HERE, "startTime": moment, "status": status, "operation": operation})


def _case(verdict: Verdict, *neighbours: Neighbour, note: str = "") -> Example:
    return Example(verdict, {}, neighbours, {"backup.restore_test_days": 90}, note)


EXAMPLES = (
    _case(Verdict.KEPT, _ITEM, _job("2025-10-17T12:00:00Z"), note="90 days"),
    _case(Verdict.BROKEN, _ITEM, _job("2025-10-16T12:00:00Z"), note="91 days"),
    _case(Verdict.KEPT, _ITEM, _job("2026-01-01T12:00:00Z", operation="CrossRegionRestore")),
    _case(Verdict.BROKEN, _ITEM, _job("2025-10-01T12:00:00Z"), _job("2026-01-01T12:00:00Z", "Failed")),
    _case(Verdict.UNPROVEN, _ITEM, _job("2026-01-01T12:00:00Z", operation="Backup"), note="no restore"),
    _case(Verdict.UNPROVEN, _ITEM, _job("2026-01-01T12:00:00Z", "Failed"), note="it did not succeed"),
    _case(Verdict.UNPROVEN, _ITEM, _job(None)),
    _case(Verdict.NOT_APPLICABLE, note="an empty vault"),
)
