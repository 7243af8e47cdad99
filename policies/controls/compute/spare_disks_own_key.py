"""Disks that no machine uses, and snapshots of disks, are encrypted with a key of our own.

Catalogue: CMP-04.

## Why we promise this
A forgotten disk or a copy made in a hurry holds the same mail as the one in use, and nobody looks after it.

## How to keep it
On each `compute.Snapshot`, and each `compute.Disk` that is attached to nothing, set `encryption=compute.EncryptionArgs(
type="EncryptionAtRestWithCustomerKey", disk_encryption_set_id=encryption.id)`, or delete it.
"""

from typing import Any

from audit.kinds.compute import DISK, DISK_ENCRYPTION_SET, SNAPSHOT, VIRTUAL_MACHINE
from audit.model import (
    Cause,
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    broken,
    every,
    kept,
    same,
)

NEEDS = (DISK, SNAPSHOT, VIRTUAL_MACHINE, DISK_ENCRYPTION_SET)
SEVERITY = Severity.HIGH

OWN = ("EncryptionAtRestWithCustomerKey", "EncryptionAtRestWithPlatformAndCustomerKeys")
USES = ("storageProfile.osDisk.managedDisk.id", "storageProfile.dataDisks[].managedDisk.id")


def judge(estate: Estate) -> Ruling:
    disks = estate.of(DISK)
    if not disks:
        raise Unseen("no disk was seen, so neither were those that nobody uses", Cause.NOTHING)
    spare = [disk for disk in disks if not any(estate.referrers(disk, VIRTUAL_MACHINE, path) for path in USES)]
    found = [*spare, *estate.of(SNAPSHOT)]
    if not found:
        return kept(f"there is no snapshot, and each disk is in use: {len(disks)} seen")
    ruling = every(lambda disk: _judge_disk(disk, estate), found)
    return kept(f"all are encrypted with our own key: {len(found)} seen") if ruling.verdict is Verdict.KEPT else ruling


def _judge_disk(disk: Resource, estate: Estate) -> Ruling:
    """Rule on a disk or a snapshot; raises `Unseen` where its encryption set is not in the estate."""
    used = disk.read("encryption.type", str)
    if any(same(used, own) for own in OWN):
        return kept(f"{disk.name} is encrypted through {estate.target(disk, 'encryption.diskEncryptionSetId').name}")
    named = disk.look("encryption.diskEncryptionSetId") is not None
    change = {"encryption.type": OWN[0]} if named else None
    return broken(f"{disk.name} is encrypted as {used}, promised {' or '.join(OWN)}", change=change, subject=disk)


def _disk(name: str, used: Any = OWN[0], kind: Any = DISK) -> Neighbour:
    return Neighbour(kind, {"encryption": {"type": used, "diskEncryptionSetId": {"$reference": "own-keys"}}}, name=name)


_SET = Neighbour(DISK_ENCRYPTION_SET, {}, name="own-keys")
_USED = Neighbour(
    VIRTUAL_MACHINE,
    {"storageProfile": {"dataDisks": [{"managedDisk": {"id": {"$reference": "data-1"}}}]}},
    name="mailbox-1",
)
_PLATFORM = "EncryptionAtRestWithPlatformKey"
_IN_USE = (_disk("data-1", _PLATFORM), _USED, _SET)

EXAMPLES = (
    Example(Verdict.KEPT, {}, _IN_USE, note="disks in use are compute-disks-own-key's"),
    Example(Verdict.KEPT, {}, (*_IN_USE, _disk("spare"), _disk("copy", OWN[1], SNAPSHOT))),
    Example(Verdict.BROKEN, {}, (*_IN_USE, _disk("spare", _PLATFORM))),
    Example(Verdict.BROKEN, {}, (*_IN_USE, _disk("spare"), _disk("copy", _PLATFORM, SNAPSHOT))),
    Example(Verdict.UNPROVEN, {}, (*_IN_USE, _disk("copy", None, SNAPSHOT))),
    Example(Verdict.UNPROVEN, {}, (*_IN_USE[:2], _disk("spare")), note="whose encryption set?"),
    Example(Verdict.UNPROVEN, {}, (_SET,), note="no disk was seen"),
)
