"""Disks take up a renewed key by themselves, and no key that opens them can be purged.

Catalogue: CMP-05.

## Why we promise this
A set that stays on an old key is closed with it; a key that is purged takes every disk with it.

## How to keep it
On each `compute.DiskEncryptionSet` set `rotation_to_latest_key_version_enabled=True` and `active_key=
compute.KeyForDiskEncryptionSetArgs(source_vault=compute.SourceVaultArgs(id=vault.id), …)`, with
`enable_purge_protection=True` on that vault.
"""

from typing import Any

from audit.kinds.compute import DISK_ENCRYPTION_SET
from audit.kinds.keyvault import KEY_VAULT
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, broken, kept

ON = DISK_ENCRYPTION_SET
NEEDS = (KEY_VAULT,)
SEVERITY = Severity.MEDIUM

ROTATION = "rotationToLatestKeyVersionEnabled"


def judge(keys: Resource, estate: Estate) -> Ruling:
    if keys.read(ROTATION, bool) is not True:
        return broken("a renewed key is not taken up by itself", change={ROTATION: True})
    vault = estate.target(keys, "activeKey.sourceVault.id")
    if vault.read("enablePurgeProtection", bool) is not True:
        return broken(f"the key can be purged from {vault.name}", change={"enablePurgeProtection": True}, subject=vault)
    return kept(f"renewed keys are taken up, and {vault.name} keeps deleted ones")


def _set(*, rotates: Any, vault: Any = "vault") -> dict[str, Any]:
    return {ROTATION: rotates, "activeKey": {"sourceVault": {"id": {"$reference": vault}}}}


def _vault(*, protected: Any) -> tuple[Neighbour, ...]:
    return (Neighbour(KEY_VAULT, {"enablePurgeProtection": protected}, name="vault"),)


EXAMPLES = (
    Example(Verdict.KEPT, _set(rotates=True), _vault(protected=True)),
    Example(Verdict.BROKEN, _set(rotates=False), _vault(protected=True)),
    Example(Verdict.BROKEN, _set(rotates=True), _vault(protected=False)),
    Example(Verdict.UNPROVEN, _set(rotates=None), _vault(protected=True)),
    Example(Verdict.UNPROVEN, _set(rotates=True), _vault(protected=None)),
    Example(Verdict.UNPROVEN, _set(rotates=True, vault="elsewhere"), _vault(protected=True), note="whose vault?"),
)
