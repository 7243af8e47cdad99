"""No failed backup stays without a good one after it.

Catalogue: BCK-11.

## Why we promise this
Backups fail now and then; what matters is that the next one succeeds, or that somebody makes it. A failure may stand
for the promised hours.

## How to keep it
Look up the failed job's `errorDetails` in the vault, mend the cause and start a backup by hand.
"""

from datetime import timedelta

from audit.kinds.backup_items import UNDELETED, deleted
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

ON = PROTECTED_ITEM
NEEDS = (BACKUP_JOB, RECOVERY_VAULT)
PLANES = (Plane.LIVE,)
SEVERITY = Severity.HIGH
ABSENT = UNDELETED
DONE = ("Completed", "CompletedWithWarnings")
"""Both leave a recovery point; how old the last one is, is judged by a control of its own."""
SERVERS = ("AzureBackupServer", "DPM")


def judge(item: Resource, estate: Estate, targets: Targets) -> Ruling:
    if gone := deleted(item):
        return gone
    if any(same(item.read("backupManagementType", str), server) for server in SERVERS):
        return not_applicable("a backup server keeps its jobs to itself; the vault's recovery points are judged")
    failed, done = _ages(item, estate)
    if not done and not failed:
        raise Unseen("the vault lists no backup job of it that has ended")
    if not failed or (done and min(done) < min(failed)):
        return kept(f"the last backup went well {words(min(done))} ago")
    most = targets.number("backup.failed_job_hours")
    # It has failed since the first failure that no good backup came after.
    since = max(passed for passed in failed if not done or passed < min(done))
    if since > timedelta(hours=most):
        return broken(f"backups have failed for {words(since)}, promised a good one within {most} hours")
    return kept(f"a backup failed {words(since)} ago, promised a good one within {most} hours")


def _ages(item: Resource, estate: Estate) -> tuple[list[timedelta], list[timedelta]]:
    """Tell how long ago an item's failed, and its good, backups began.

    Jobs know their item by its friendly name only. Raises `Unseen` where two items of the vault share one.
    """
    vault, name = estate.parent(item), item.read("friendlyName", str)
    namesakes = [
        other
        for other in estate.children(vault, PROTECTED_ITEM)
        if other.id != item.id and same(other.read("friendlyName", str), name)
    ]
    if namesakes:
        raise Unseen(f"the vault holds two items called {name}, whose jobs cannot be told apart")
    failed, done = [], []
    for job in estate.children(vault, BACKUP_JOB):
        if same(job.read("entityFriendlyName", str), name) and same(job.read("operation", str), "Backup"):
            status = job.read("status", str)
            if any(same(status, good) for good in DONE):
                done.append(age(job, "startTime"))
            elif same(status, "Failed"):
                failed.append(age(job, "startTime"))
    return failed, done


_VAULT = {"$reference": "vault"}
_ITEM = {"vaultName": _VAULT, "friendlyName": "mgt", "backupManagementType": "AzureIaasVM"}


def _job(status: object, day: str, **more: object) -> Neighbour:
    started = {"vaultName": _VAULT, "startTime": f"2026-01-{day}:00:00Z"}
    return Neighbour(
        BACKUP_JOB, {**started, "entityFriendlyName": "MGT", "operation": "Backup", "status": status, **more}
    )


def _case(verdict: Verdict, *neighbours: Neighbour, note: str = "", **item: object) -> Example:
    vault = Neighbour(RECOVERY_VAULT, {}, name="vault")
    return Example(verdict, {**_ITEM, **item}, (vault, *neighbours), {"backup.failed_job_hours": 24}, note)


EXAMPLES = (
    _case(Verdict.KEPT, _job("Completed", "15T08"), note="nothing failed"),
    _case(Verdict.KEPT, _job("Failed", "13T08"), _job("Completed", "14T08"), note="made good"),
    _case(Verdict.KEPT, _job("Failed", "13T08"), _job("CompletedWithWarnings", "14T08")),
    _case(Verdict.KEPT, _job("Completed", "13T08"), _job("Failed", "14T12"), note="24 hours"),
    _case(Verdict.BROKEN, _job("Completed", "13T08"), _job("Failed", "14T11"), note="25 hours"),
    _case(Verdict.BROKEN, _job("Completed", "10T08"), _job("Failed", "13T08"), _job("Failed", "15T08"), note="twice"),
    _case(Verdict.BROKEN, _job("Failed", "11T08")),
    _case(Verdict.BROKEN, _job("Failed", "11T08"), _job("Completed", "15T08", operation="Restore"), note="a restore"),
    _case(Verdict.UNPROVEN, note="no job"),
    _case(Verdict.UNPROVEN, _job("InProgress", "15T08"), note="not ended yet"),
    _case(Verdict.UNPROVEN, _job(None, "15T08")),
    _case(Verdict.UNPROVEN, Neighbour(PROTECTED_ITEM, _ITEM, name="namesake"), _job("Completed", "15T08")),
    _case(Verdict.NOT_APPLICABLE, backupManagementType="AzureBackupServer"),
)
