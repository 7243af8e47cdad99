"""Blobs that may change can all be set back to any moment of the last weeks.

Catalogue: STO-12.

## Why we promise this
After blackmail or a faulty program thousands of blobs are wrong at once. Setting each back by hand takes longer than
anyone has. The archive is left out: what cannot be changed cannot be set back.

## How to keep it
Declare `storage.BlobServiceProperties` for the account with `restore_policy=RestorePolicyPropertiesArgs(enabled=True,
days=…)`, fewer days than `delete_retention_policy` keeps, since deleted blobs are what it reads.
"""

from audit.kinds.storage import BLOB_SERVICE, STORAGE_ACCOUNT
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
    every,
    kept,
    missing,
    not_applicable,
)

ON = STORAGE_ACCOUNT
NEEDS = (BLOB_SERVICE,)
SEVERITY = Severity.MEDIUM


def judge(account: Resource, estate: Estate, targets: Targets) -> Ruling:
    if "archive" in account.classes():
        return not_applicable("what lies in the archive cannot be changed, so it cannot be set back")
    services = estate.children(account, BLOB_SERVICE)
    if not services:
        return missing(
            "its blob service is not set up, so nothing can be set back",
            declare="storage.BlobServiceProperties(restore_policy=…)",
        )
    return every(lambda service: _judge_service(service, targets.number("storage.restore_days")), services)


def _judge_service(service: Resource, promised: int) -> Ruling:
    """Rule on one blob service: on, as far back as promised, and not further than deleted blobs are kept."""
    if service.read("restorePolicy.enabled", bool) is not True:
        change = {"restorePolicy.enabled": True, "restorePolicy.days": promised}
        return broken(f"blobs cannot be set back, promised {promised} days", change=change, subject=service)
    days, deleted = service.read("restorePolicy.days", int), service.read("deleteRetentionPolicy.days", int)
    if days < promised:
        reason = f"blobs can be set back {days} days, promised {promised}"
        return broken(reason, change={"restorePolicy.days": promised}, subject=service)
    if days >= deleted:
        reason = f"blobs can be set back {days} days, and deleted ones are kept {deleted}, promised more"
        return broken(reason, change={"deleteRetentionPolicy.days": days + 1}, subject=service)
    return kept(f"blobs can be set back {days} days, promised {promised}")


def _case(verdict: Verdict, days: object, note: str = "", *, enabled: object = True, deleted: object = 35) -> Example:
    policies = {"restorePolicy": {"enabled": enabled, "days": days}, "deleteRetentionPolicy": {"days": deleted}}
    service = Neighbour(BLOB_SERVICE, {"accountName": {"$reference": "it"}, **policies})
    return Example(verdict, {"tags": {"data": "platform"}}, (service,), {"storage.restore_days": 14}, note)


EXAMPLES = (
    _case(Verdict.BROKEN, 13, "a day too short"),
    _case(Verdict.KEPT, 14),
    _case(Verdict.KEPT, 15),
    _case(Verdict.KEPT, 34, deleted=35),
    _case(Verdict.BROKEN, 35, "as far as deleted blobs are kept", deleted=35),
    _case(Verdict.BROKEN, None, enabled=False),
    Example(Verdict.BROKEN, {}, targets={"storage.restore_days": 14}, note="no blob service"),
    Example(Verdict.NOT_APPLICABLE, {"tags": {"data": "archive mail"}}),
    _case(Verdict.UNPROVEN, None),
    _case(Verdict.UNPROVEN, 30, deleted=None),
    _case(Verdict.UNPROVEN, 30, enabled=None),
)
