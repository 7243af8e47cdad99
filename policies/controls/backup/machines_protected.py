"""Every machine is backed up under a policy.

Catalogue: BCK-08.

## Why we promise this
A machine that nobody put under backup is found out on the day it is lost. Mailbox machines are judged by another rule:
snapshots of a machine with Exchange on it are not supported by its maker, so their databases are protected by a backup
that knows Exchange (BCK-12). Where it runs, a backup counts once Azure calls it protected: its first copy is made, its
policy is there, and nobody deleted it. That the last backup succeeded, another control adds.

## How to keep it
Declare a `recoveryservices.ProtectedItem` with the machine's id as `source_resource_id` and a `policy_id`, and never
set its `protection_state` to another than Protected, nor leave disks out in its `extended_properties`.
"""

from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.recoveryservices import BACKUP_POLICY, PROTECTED_ITEM
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    any_of,
    broken,
    kept,
    missing,
    not_applicable,
    same,
)

ON = VIRTUAL_MACHINE
NEEDS = (PROTECTED_ITEM, BACKUP_POLICY)
SEVERITY = Severity.CRITICAL
EXCLUDED = "extendedProperties.diskExclusionProperties"
DELETED = "isScheduledForDeferredDelete"
ABSENT = {
    "protectionState": "https://learn.microsoft.com/azure/backup/backup-azure-arm-userestapi-backupazurevms"
    "#enabling-protection-for-the-azure-vm",
    DELETED: "https://learn.microsoft.com/rest/api/backup/protected-items/get: set on an item that was deleted and can "
    "still be brought back",
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
    return any_of(lambda item: _judge_item(item, estate), items)


def _judge_item(item: Resource, estate: Estate) -> Ruling:
    """Rule on one backup of a machine: running, under a policy, and of every disk.

    Raises `Unseen` without a policy, and before the first copy is made.
    """
    if item.read(DELETED, bool, absent=False):
        return broken("its backup was deleted, and can be brought back for a while only", subject=item)
    live = item.plane is Plane.LIVE
    # To declare an item with a policy is to protect it, see ABSENT; what runs says its state itself.
    state = item.read("protectionState", str) if live else item.read("protectionState", str, absent="Protected")
    if same(state, "IRPending"):
        raise Unseen("its backup is IRPending: there is no first copy of it yet")
    if not same(state, "Protected"):
        return broken(f"its backup is {state}", change={"protectionState": "Protected"}, subject=item)
    if live:
        # Azure names the policy by its id: an item may outlive its policy.
        estate.target(item, "policyId")
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
    Example(Verdict.UNPROVEN, {}, (_item(protectionState="IRPending"),), note="the first backup is on its way"),
    Example(Verdict.BROKEN, _PORTAL, (_item(protectionState="ProtectionError"),)),
    Example(Verdict.BROKEN, _PORTAL, (_item(protectionState="NotProtected"),)),
    Example(Verdict.BROKEN, _PORTAL, (_item(isScheduledForDeferredDelete=True),), note="somebody deleted it"),
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
