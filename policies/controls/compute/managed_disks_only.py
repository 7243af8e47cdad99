"""Machines keep everything on managed disks.

Catalogue: CMP-01.

## Why we promise this
A disk that is a file in a storage account is outside of all that we promise of disks: no key of ours, no export rule.

## How to keep it
Give `os_disk` and each of `data_disks` a `managed_disk`, and no `vhd`.
"""

from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.model import Example, Facts, Resource, Ruling, Severity, Verdict, broken, every, kept

ON = VIRTUAL_MACHINE
SEVERITY = Severity.HIGH
# A disk that is no file in an account names none, and the list says which disks to add.
ABSENT = {
    "vhd": "azure-native 3.29 docstring of compute.OSDiskArgs.vhd and DataDiskArgs.vhd: the file of a disk that is one",
    "managedDisk.id": "azure-native 3.29 docstring of compute.ManagedDiskParametersArgs: a disk made with its machine "
    "names its storage type instead",
    "storageProfile.dataDisks": "azure-native 3.29 docstring of compute.StorageProfileArgs.data_disks",
}


def judge(machine: Resource) -> Ruling:
    data = machine.each("storageProfile.dataDisks", absent=())
    prefixes: list[tuple[Facts, str]] = [(machine, "storageProfile.osDisk."), *((disk, "") for disk in data)]
    ruling = every(lambda disk: _judge_disk(*disk), prefixes)
    return kept(f"all of its disks are managed: {len(prefixes)} seen") if ruling.verdict is Verdict.KEPT else ruling


def _judge_disk(facts: Facts, at: str) -> Ruling:
    """Rule on the disk that stands at a prefix; raises `Unseen` where nothing says what it is."""
    if facts.look(f"{at}vhd") is not None:
        return broken(f"{facts.path(f'{at}vhd.uri')} is {facts.read(f'{at}vhd.uri', str)}, promised a managed disk")
    # A disk that is attached has an id, one that a machine makes itself a type of storage; Azure answers both.
    if facts.link(f"{at}managedDisk.id", absent=None) is None:
        facts.read(f"{at}managedDisk.storageAccountType", str)
    return kept("the disk is managed")


def _machine(system: Any, *data: Any) -> dict[str, Any]:
    return {"storageProfile": {"osDisk": system, "dataDisks": list(data)}}


_MADE = {"createOption": "FromImage", "managedDisk": {"storageAccountType": "Premium_LRS"}}
_ATTACHED = {"createOption": "Attach", "managedDisk": {"id": "/subscriptions/s/disks/data-1"}}
_FILE = {"createOption": "FromImage", "vhd": {"uri": "https://files.blob.core.windows.net/vhds/system.vhd"}}

EXAMPLES = (
    Example(Verdict.KEPT, _machine(_MADE, _ATTACHED)),
    Example(Verdict.KEPT, {"storageProfile": {"osDisk": _MADE}}, note="no data disk"),
    Example(Verdict.BROKEN, _machine(_FILE)),
    Example(Verdict.BROKEN, _machine(_MADE, _ATTACHED, _FILE), note="the second data disk"),
    Example(Verdict.UNPROVEN, _machine({"createOption": "FromImage"}), note="nothing says what it is"),
    Example(Verdict.UNPROVEN, _machine(_MADE, {"managedDisk": {"$unknown": True}})),
    Example(Verdict.UNPROVEN, {}),
)
