"""Mailbox databases, logs and queues lie on Premium disks without a host cache.

Catalogue: CMP-13.

## Why we promise this
Microsoft supports Exchange on Azure on Premium storage only; a cache on the host can lose what Exchange believes
written.

## How to keep it
On each machine tagged `role=mailbox`, attach data disks with `caching="None"` whose `sku` is Premium_LRS, Premium_ZRS
or PremiumV2_LRS.
"""

from typing import Any

from audit.kinds.compute import DISK, VIRTUAL_MACHINE
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Part,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    broken,
    kept,
    not_applicable,
    same,
)

ON = VIRTUAL_MACHINE
NEEDS = (DISK,)
SEVERITY = Severity.HIGH

PREMIUM = ("Premium_LRS", "Premium_ZRS", "PremiumV2_LRS")


def judge(machine: Resource, estate: Estate) -> Ruling:
    if not same(machine.tag("role"), "mailbox"):
        return not_applicable("the machine is no mailbox server")
    parts = machine.each("storageProfile.dataDisks")
    if not parts:
        raise Unseen("no data disk is attached, so where the databases lie was not seen")
    for part in parts:
        fault = _fault(machine, part, estate)
        if fault:
            return fault
    return kept(f"all data disks are Premium and not cached: {len(parts)} seen")


def _fault(machine: Resource, part: Part, estate: Estate) -> Ruling | None:
    """Rule on one data disk where it is cached or not Premium; None where it is as promised.

    An attached disk says its type itself, one that the machine makes says it in the machine.
    """
    caching = part.read("caching", str)
    if not same(caching, "None"):
        return broken(
            f"{part.path('caching')} is {caching}, promised None",
            change={part.path("caching"): "None"},
            subject=machine,
        )
    attached = part.link("managedDisk.id", absent=None) is not None
    disk = estate.target(part, "managedDisk.id") if attached else machine
    path = "sku.name" if attached else part.path("managedDisk.storageAccountType")
    sku = disk.read(path, str) if attached else part.read("managedDisk.storageAccountType", str)
    if any(same(sku, premium) for premium in PREMIUM):
        return None
    return broken(f"{disk.name}: {sku}, promised {' or '.join(PREMIUM)}", change={path: PREMIUM[0]}, subject=disk)


def _machine(*disks: dict[str, Any], role: Any = "mailbox") -> dict[str, Any]:
    return {"tags": {"role": role}, "storageProfile": {"dataDisks": list(disks)}}


def _attached(caching: Any = "None") -> dict[str, Any]:
    return {"lun": 0, "caching": caching, "createOption": "Attach", "managedDisk": {"id": {"$reference": "data-1"}}}


def _made(sku: str) -> dict[str, Any]:
    return {"lun": 1, "caching": "None", "createOption": "Empty", "managedDisk": {"storageAccountType": sku}}


def _disk(sku: Any) -> Neighbour:
    return Neighbour(DISK, {"sku": {"name": sku}}, name="data-1")


EXAMPLES = (
    Example(Verdict.KEPT, _machine(_attached()), (_disk("Premium_LRS"),)),
    Example(Verdict.KEPT, _machine(_attached(), _made("Premium_ZRS")), (_disk("PremiumV2_LRS"),)),
    Example(Verdict.BROKEN, _machine(_attached()), (_disk("StandardSSD_LRS"),)),
    Example(Verdict.BROKEN, _machine(_attached("ReadOnly")), (_disk("Premium_LRS"),)),
    Example(Verdict.BROKEN, _machine(_attached(), _made("Standard_LRS")), (_disk("Premium_LRS"),), note="the second"),
    Example(Verdict.NOT_APPLICABLE, _machine(role="witness")),
    Example(Verdict.NOT_APPLICABLE, {}, note="no role at all"),
    Example(Verdict.UNPROVEN, _machine(_attached(None)), (_disk("Premium_LRS"),), note="Azure caches Premium disks"),
    Example(Verdict.UNPROVEN, _machine(_attached()), note="the disk was not seen"),
    Example(Verdict.UNPROVEN, _machine(), note="no data disk"),
    Example(Verdict.UNPROVEN, _machine(role={"$unknown": True})),
)
