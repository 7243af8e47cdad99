"""Every machine is backed up under a policy.

Catalogue: BCK-08.

## Why we promise this
A machine that nobody put under backup is found out on the day it is lost. Mailbox machines are judged by another rule:
snapshots of a machine with Exchange on it are not supported by its maker, so their databases are protected by a backup
that knows Exchange (BCK-12). That the last backup succeeded, the live audit adds.

## How to keep it
Declare a `recoveryservices.ProtectedItem` with the machine's id as `source_resource_id` and a `policy_id`, and never
set its `protection_state` to a stopped one, nor leave disks out in its `extended_properties`.
"""

from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.recoveryservices import PROTECTED_ITEM
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

ON = VIRTUAL_MACHINE
NEEDS = (PROTECTED_ITEM,)
SEVERITY = Severity.CRITICAL
STOPPED = ("ProtectionStopped", "ProtectionPaused", "BackupsSuspended", "Invalid")
EXCLUDED = "extendedProperties.diskExclusionProperties"
ABSENT = {
    "protectionState": "https://learn.microsoft.com/azure/backup/backup-azure-arm-userestapi-backupazurevms"
    "#enabling-protection-for-the-azure-vm",
    EXCLUDED: "azure-native 3.29 docstring of AzureIaaSComputeVMProtectedItem.extended_properties",
}


def judge(machine: Resource, estate: Estate) -> Ruling:
    if same(machine.tag("role"), "mailbox"):
        return not_applicable("snapshots of Exchange are not supported; an Exchange-aware backup protects it")
    items = estate.referrers(machine, PROTECTED_ITEM, "sourceResourceId")
    if not items:
        return missing(
            "no backup speaks of the machine",
            declare="recoveryservices.ProtectedItem(source_resource_id=….id, policy_id=…)",
        )
    return any_of(_judge_item, items)


def _judge_item(item: Resource) -> Ruling:
    """Rule on one backup of a machine: running, under a policy, and of every disk; raises `Unseen` without a policy."""
    # To declare an item with a policy is to protect it, see ABSENT: only to stop must a state be named.
    state = item.read("protectionState", str, absent="Protected")
    if any(same(state, stopped) for stopped in STOPPED):
        return broken(f"its backup is {state}", change={"protectionState": "Protected"}, subject=item)
    item.link("policyId")
    if item.read(EXCLUDED, dict, absent={}):
        return broken("its backup leaves disks out, promised the whole machine", subject=item)
    return kept("backed up under a policy")


def _item(policy: object = "daily", **more: Any) -> Neighbour:
    return Neighbour(PROTECTED_ITEM, {"sourceResourceId": {"$reference": "it"}, "policyId": policy, **more})


_PORTAL = {"tags": {"role": "portal"}}

EXAMPLES = (
    Example(Verdict.KEPT, _PORTAL, (_item(),)),
    Example(Verdict.KEPT, _PORTAL, (_item(protectionState="Protected"),)),
    Example(Verdict.KEPT, {}, (_item(protectionState="IRPending"),), note="the first backup is on its way"),
    Example(Verdict.BROKEN, _PORTAL, note="forgotten"),
    Example(
        Verdict.BROKEN,
        _PORTAL,
        (_item(extendedProperties={"diskExclusionProperties": {"isInclusionList": True, "diskLunList": []}}),),
        note="only the system disk is backed up",
    ),
    Example(Verdict.BROKEN, _PORTAL, (_item(protectionState="ProtectionStopped"),)),
    Example(Verdict.BROKEN, _PORTAL, (_item(sourceResourceId="/another/machine"),), note="another machine's backup"),
    Example(Verdict.NOT_APPLICABLE, {"tags": {"role": "mailbox"}}),
    Example(Verdict.UNPROVEN, _PORTAL, (_item(policy=None),), note="under no policy"),
    Example(Verdict.UNPROVEN, _PORTAL, (_item(sourceResourceId={"$unknown": True}),)),
    Example(Verdict.UNPROVEN, {"tags": {"$unknown": True}}, (_item(),)),
)
