"""Deleted blobs and containers can be brought back for the promised days.

Catalogue: STO-11.

## Why we promise this
A mistake, or a thief who deletes what he copied, must not be the end of the data.

## How to keep it
Declare `storage.BlobServiceProperties` for the account; in `delete_retention_policy` and
`container_delete_retention_policy` set `enabled=True` and `days`, and in the first `allow_permanent_delete=False`.
"""

from typing import Any

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
)

ON = STORAGE_ACCOUNT
NEEDS = (BLOB_SERVICE,)
SEVERITY = Severity.HIGH


def judge(account: Resource, estate: Estate, targets: Targets) -> Ruling:
    promised = targets.number("storage.soft_delete_days")
    services = estate.children(account, BLOB_SERVICE)
    if not services:
        return missing(
            "its blob service is not set up, so what is deleted is gone",
            declare="storage.BlobServiceProperties(delete_retention_policy=…, container_delete_retention_policy=…)",
        )
    return every(lambda service: _judge_service(service, promised), services)


def _judge_service(service: Resource, promised: int) -> Ruling:
    """Rule on one blob service: blobs and containers have a period of their own each, and both must be long enough."""
    for what, path in (("blobs", "deleteRetentionPolicy"), ("containers", "containerDeleteRetentionPolicy")):
        if service.read(f"{path}.enabled", bool) is not True:
            change = {f"{path}.enabled": True, f"{path}.days": promised}
            return broken(f"deleted {what} are gone at once, promised {promised} days", change=change, subject=service)
        days = service.read(f"{path}.days", int)
        if days < promised:
            reason = f"deleted {what} are kept {days} days, promised {promised}"
            return broken(reason, change={f"{path}.days": promised}, subject=service)
    if service.read("deleteRetentionPolicy.allowPermanentDelete", bool) is not False:
        change = {"deleteRetentionPolicy.allowPermanentDelete": False}
        return broken("deleted versions can be destroyed before their days are over", change=change, subject=service)
    return kept(f"what is deleted can be brought back for {promised} days or more")


_TARGETS = {"storage.soft_delete_days": 30}


def _case(verdict: Verdict, blobs: dict[str, Any], containers: dict[str, Any], note: str = "") -> Example:
    policies = {"deleteRetentionPolicy": blobs, "containerDeleteRetentionPolicy": containers}
    service = Neighbour(BLOB_SERVICE, {"accountName": {"$reference": "it"}, **policies})
    return Example(verdict, {}, (service,), _TARGETS, note)


def _days(days: int) -> dict[str, Any]:
    return {"enabled": True, "days": days, "allowPermanentDelete": False}


EXAMPLES = (
    _case(Verdict.BROKEN, _days(29), _days(30), "one day short"),
    _case(Verdict.KEPT, _days(30), _days(30), "the promise itself"),
    _case(Verdict.KEPT, _days(31), _days(31), "one day more"),
    _case(Verdict.BROKEN, _days(30), _days(29), "containers one day short"),
    _case(Verdict.BROKEN, {**_days(30), "enabled": False}, _days(30)),
    _case(Verdict.BROKEN, _days(30), {"enabled": False}),
    _case(Verdict.BROKEN, {**_days(30), "allowPermanentDelete": True}, _days(30)),
    _case(Verdict.UNPROVEN, {"enabled": True, "days": 30}, _days(30)),
    _case(Verdict.UNPROVEN, _days(30), {"enabled": True}),
    Example(Verdict.BROKEN, {}, targets=_TARGETS, note="no blob service is declared"),
)
