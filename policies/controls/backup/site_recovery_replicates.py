"""Machines of the recovery tier are replicated to another promised region, encrypted there with our own key.

Catalogue: BCK-17.

## Why we promise this
When the region fails, these machines start in the other one, from disks that are as well protected as those they came
from. Mailbox machines are not of this tier: Exchange replicates its databases itself. This control judges what was
declared. The live audit adds that replication is healthy and how many seconds it lags.

## How to keep it
Declare a `recoveryservices.ReplicationProtectedItem` whose `provider_specific_details` are
`A2AEnableProtectionInputArgs` with the machine's id as `fabric_object_id`, a `recovery_container_id` in a fabric of the
other region, and `vm_managed_disks` with a `recovery_disk_encryption_set_id` each.
"""

from collections.abc import Mapping
from typing import Any

from audit.kinds.compute import DISK_ENCRYPTION_SET, VIRTUAL_MACHINE
from audit.kinds.recoveryservices import REPLICATED_ITEM, REPLICATION_CONTAINER, REPLICATION_FABRIC
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Reference,
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
    same,
)

ON = VIRTUAL_MACHINE
NEEDS = (REPLICATED_ITEM, REPLICATION_CONTAINER, REPLICATION_FABRIC, DISK_ENCRYPTION_SET)
SEVERITY = Severity.HIGH
DETAILS = "providerSpecificDetails"
CONTAINER = "recoveryContainerId"


def judge(machine: Resource, estate: Estate, targets: Targets) -> Ruling:
    if not same(machine.tag("recovery"), "site-recovery"):
        return not_applicable("the machine is not tagged recovery=site-recovery")
    items = estate.referrers(machine, REPLICATED_ITEM, f"{DETAILS}.fabricObjectId")
    if not items:
        return missing(
            "no replication speaks of the machine",
            declare="recoveryservices.ReplicationProtectedItem(provider_specific_details=A2AEnableProtectionInputArgs(…))",
        )
    promised = [region for region in targets.names("geo.regions") if not same(region, machine.region)]
    return every(lambda item: _judge_item(item, estate, promised), items)


def _judge_item(item: Resource, estate: Estate, promised: list[str]) -> Ruling:
    """Rule on one replication: where it goes, and by whose key its disks are encrypted there.

    `promised` are the regions it may go to: those of the company but the machine's own.
    """
    fabric = _recovery_fabric(item, estate)
    region = fabric.read("customDetails.location", str).replace(" ", "").lower()
    if not any(same(region, other) for other in promised):
        return broken(f"replicated to {region}, promised {' or '.join(promised)}", subject=item)
    disks = item.each(f"{DETAILS}.protectedManagedDisks")
    if not disks:
        return broken("no disk of it is replicated", subject=item)
    for disk in disks:
        keys = estate.target(disk, "recoveryDiskEncryptionSetId")
        if not same(keys.type, DISK_ENCRYPTION_SET.arm) or not same(keys.region, region):
            reason = f"a disk is encrypted by {keys.name}, promised a disk encryption set in {region}"
            return broken(reason, subject=item)
    return kept(f"replicated to {region}, and encrypted there with our own key")


def _recovery_fabric(item: Resource, estate: Estate) -> Resource:
    """Find the fabric an item is replicated to; raises `Unseen` where it is not in the estate.

    Programs declare the container in an ARM template, so often only its id is there, which opens with the fabric's.
    """
    link = item.link(CONTAINER)
    place = (link.urn + link.suffix if isinstance(link, Reference) else str(link)).casefold()
    for fabric in estate.of(REPLICATION_FABRIC):
        if place == fabric.id.casefold() or place.startswith(f"{fabric.id}/".casefold()):
            return fabric
    return estate.parent(estate.target(item, CONTAINER))


_CONTAINER = {"$reference": "fabric", "suffix": "/replicationProtectionContainers/machines"}


def _case(
    verdict: Verdict,
    note: str = "",
    *,
    fabric: str = "ukwest",
    keys: str = "ukwest",
    container: Mapping[str, Any] = _CONTAINER,
    **more: Any,
) -> Example:
    disk = {"diskId": "disk", "recoveryDiskEncryptionSetId": {"$reference": "keys"}}
    details: dict[str, Any] = {
        "instanceType": "A2A",
        "fabricObjectId": {"$reference": "it"},
        "protectedManagedDisks": [disk],
        **more,
    }
    neighbours = (
        Neighbour(REPLICATION_FABRIC, {"customDetails": {"instanceType": "Azure", "location": fabric}}, name="fabric"),
        Neighbour(REPLICATION_CONTAINER, {"fabricName": {"$reference": "fabric"}}, name="container"),
        Neighbour(DISK_ENCRYPTION_SET, {"location": keys}, name="keys"),
        Neighbour(REPLICATED_ITEM, {CONTAINER: container, DETAILS: details}),
    )
    return Example(verdict, _PORTAL, neighbours, _REGIONS, note)


_PORTAL = {"location": "uksouth", "tags": {"role": "portal", "recovery": "site-recovery"}}
_REGIONS = {"geo.regions": ["uksouth", "ukwest"]}

EXAMPLES = (
    _case(Verdict.KEPT),
    _case(Verdict.KEPT, "the container itself was seen", container={"$reference": "container"}),
    _case(Verdict.BROKEN, "to its own region", fabric="uksouth"),
    _case(Verdict.BROKEN, "to a region that was not promised", fabric="westeurope"),
    _case(Verdict.BROKEN, "keys of the region that failed", keys="uksouth"),
    _case(Verdict.BROKEN, "no disk", protectedManagedDisks=[]),
    _case(Verdict.BROKEN, "another machine", fabricObjectId="/another/machine"),
    Example(Verdict.BROKEN, _PORTAL, targets=_REGIONS, note="not replicated"),
    Example(Verdict.NOT_APPLICABLE, {"location": "uksouth", "tags": {"role": "mailbox"}}),
    _case(Verdict.UNPROVEN, "no key is named", protectedManagedDisks=[{"diskId": "disk"}]),
    _case(Verdict.UNPROVEN, container={"$unknown": True}),
    _case(Verdict.UNPROVEN, fabricObjectId={"$unknown": True}),
)
