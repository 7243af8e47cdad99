"""Every disk is encrypted with a key of our own.

Catalogue: CMP-03.

## Why we promise this
With a key of our own we decide who may use it, see each use, and can make a stolen copy worthless.

## How to keep it
Name one of your disk encryption sets: on a `compute.Disk`, `encryption=compute.EncryptionArgs(type=
"EncryptionAtRestWithPlatformAndCustomerKeys", disk_encryption_set_id=encryption.id)`; on a disk that a machine makes
itself, `managed_disk=compute.ManagedDiskParametersArgs(disk_encryption_set=…)`. A set that was not seen proves nothing.
"""

from collections.abc import Mapping
from typing import Any

from audit.kinds.compute import DISK, DISK_ENCRYPTION_SET, VIRTUAL_MACHINE
from audit.model import Estate, Example, Neighbour, Part, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = (DISK, VIRTUAL_MACHINE)
NEEDS = (DISK_ENCRYPTION_SET,)
SEVERITY = Severity.HIGH
# The list says which disks to add, so no list adds none.
ABSENT = {"storageProfile.dataDisks": "azure-native 3.29 docstring of compute.StorageProfileArgs.data_disks"}

OWN = ("EncryptionAtRestWithCustomerKey", "EncryptionAtRestWithPlatformAndCustomerKeys")


def judge(subject: Resource, estate: Estate) -> Ruling:
    if same(subject.type, VIRTUAL_MACHINE.arm):
        return _judge_machine(subject, estate)
    return _judge_disk(subject, estate)


def _judge_disk(disk: Resource, estate: Estate) -> Ruling:
    """Rule on a disk that is declared by itself; raises `Unseen` where its encryption set is not in the estate."""
    used = disk.read("encryption.type", str)
    if any(same(used, own) for own in OWN):
        return kept(f"{used} through {_set(disk, 'encryption.diskEncryptionSetId', estate)}")
    reason = f"encrypted as {used}, promised {' or '.join(OWN)}"
    if disk.look("encryption.diskEncryptionSetId") is None:
        return broken(f"{reason} and a disk encryption set")
    return broken(reason, change={"encryption.type": OWN[0]})


def _judge_machine(machine: Resource, estate: Estate) -> Ruling:
    """Rule on the disks that a machine makes itself; a disk that is only attached is ruled on by itself."""
    sets = {_key_of(machine, "storageProfile.osDisk.managedDisk", estate)}
    for part in machine.each("storageProfile.dataDisks", absent=()):
        sets.add(_key_of(part, "managedDisk", estate))
    named = ", ".join(sorted(sets - {""}))
    return kept(f"disks are encrypted through {named}" if named else "each disk is declared, and judged, by itself")


def _key_of(disk: Resource | Part, path: str, estate: Estate) -> str:
    """Name the encryption set of a machine's disk; empty for a disk that was declared and is judged by itself."""
    if disk.look(f"{path}.diskEncryptionSet") is None and disk.link(f"{path}.id", absent=None) is not None:
        estate.target(disk, f"{path}.id")
        return ""
    return _set(disk, f"{path}.diskEncryptionSet.id", estate)


def _set(disk: Resource | Part, path: str, estate: Estate) -> str:
    """Return the name of the encryption set that a link points to; raises `Unseen` where it is not in the estate."""
    return estate.target(disk, path).name


_SET = Neighbour(DISK_ENCRYPTION_SET, {}, name="own-keys")
_INLINE = {"diskEncryptionSet": {"id": {"$reference": "own-keys"}}}
_ATTACHED = {"createOption": "Attach", "managedDisk": {"id": {"$reference": "data-1"}}}
_DATA = Neighbour(DISK, {"encryption": {"type": OWN[0]}}, name="data-1")


def _disk(used: str, link: str = "own-keys") -> dict[str, Any]:
    return {"encryption": {"type": used, "diskEncryptionSetId": {"$reference": link}}}


def _machine(system: Mapping[str, Any], *data: Mapping[str, Any]) -> dict[str, Any]:
    return {"storageProfile": {"osDisk": {"managedDisk": system}, "dataDisks": list(data)}}


EXAMPLES = (
    Example(Verdict.KEPT, _disk(OWN[0]), (_SET,)),
    Example(Verdict.KEPT, _disk(OWN[1]), (_SET,), note="both keys"),
    Example(Verdict.BROKEN, _disk("EncryptionAtRestWithPlatformKey"), (_SET,)),
    Example(Verdict.BROKEN, {"encryption": {"type": "EncryptionAtRestWithPlatformKey"}}),
    Example(Verdict.UNPROVEN, {}, note="Azure then uses its own key, or the caller has left the property out"),
    Example(Verdict.UNPROVEN, {"encryption": {"type": OWN[0]}}, note="whose key?"),
    Example(Verdict.UNPROVEN, _disk(OWN[0], "elsewhere"), (_SET,), note="a set that was not seen"),
    Example(Verdict.KEPT, _machine(_INLINE, _ATTACHED), (_SET, _DATA), kind=VIRTUAL_MACHINE),
    Example(Verdict.UNPROVEN, _machine({"storageAccountType": "Premium_LRS"}), (_SET,), kind=VIRTUAL_MACHINE),
    Example(
        Verdict.UNPROVEN,
        _machine(_INLINE, {"createOption": "Empty", "managedDisk": {"storageAccountType": "Premium_LRS"}}),
        (_SET,),
        note="a data disk made by the machine, with no key named",
        kind=VIRTUAL_MACHINE,
    ),
)
