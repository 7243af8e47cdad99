"""Storage accounts whose blobs may change have a backup.

Catalogue: BCK-16.

## Why we promise this
Blobs that can be overwritten can be overwritten by mistake, by a fault or by blackmail. The archive needs no backup of
this kind: what cannot be changed need not be set back. That the backup works, the live audit adds.

## How to keep it
Declare a `dataprotection.BackupInstance` whose `data_source_info.resource_id` is the account's id, with a
`policy_info.policy_id`.
"""

from typing import Any

from audit.kinds.dataprotection import BLOB_BACKUP_INSTANCE
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Verdict,
    any_of,
    broken,
    kept,
    missing,
    not_applicable,
    same,
)

ON = STORAGE_ACCOUNT
NEEDS = (BLOB_BACKUP_INSTANCE,)
SEVERITY = Severity.HIGH
BLOBS = "Microsoft.Storage/storageAccounts/blobServices"


def judge(account: Resource, estate: Estate) -> Ruling:
    if "archive" in account.classes():
        return not_applicable("what lies in the archive cannot be changed, so it need not be set back")
    instances = estate.referrers(account, BLOB_BACKUP_INSTANCE, "dataSourceInfo.resourceID")
    if not instances:
        return missing(
            "no backup speaks of the account",
            declare="dataprotection.BackupInstance(data_source_info=DatasourceArgs(resource_id=….id, …), …)",
        )
    return any_of(_judge_instance, instances)


def _judge_instance(instance: Resource) -> Ruling:
    """Rule on one backup of an account: of its blobs, under a policy; raises `Unseen` without a policy."""
    source = instance.read("dataSourceInfo.datasourceType", str)
    if not same(source, BLOBS):
        return broken(f"it is a backup of {source}, promised {BLOBS}", subject=instance)
    instance.link("policyInfo.policyId")
    return kept("its blobs are backed up under a policy")


def _instance(account: object, policy: object = "daily", source: str = BLOBS) -> Neighbour:
    info: dict[str, Any] = {"resourceID": account, "datasourceType": source}
    return Neighbour(BLOB_BACKUP_INSTANCE, {"dataSourceInfo": info, "policyInfo": {"policyId": policy}})


_IT = {"$reference": "it"}
_LOGS = {"tags": {"data": "platform"}}

EXAMPLES = (
    Example(Verdict.KEPT, _LOGS, (_instance(_IT),)),
    Example(Verdict.KEPT, {}, (_instance(_IT),), note="without a tag it counts as changeable"),
    Example(Verdict.BROKEN, _LOGS, note="forgotten"),
    Example(Verdict.BROKEN, _LOGS, (_instance("/another/account"),), note="another account's backup"),
    Example(Verdict.BROKEN, _LOGS, (_instance(_IT, source="Microsoft.Compute/disks"),)),
    Example(Verdict.NOT_APPLICABLE, {"tags": {"data": "archive mail"}}),
    Example(Verdict.UNPROVEN, _LOGS, (_instance(_IT, policy=None),)),
    Example(Verdict.UNPROVEN, _LOGS, (_instance({"$unknown": True}),)),
    Example(Verdict.UNPROVEN, {"tags": {"$unknown": True}}, (_instance(_IT),)),
)
