"""Backup vaults for blobs and disks keep deleted backups, two regions and two people.

Catalogue: BCK-15.

## Why we promise this
They hold the same data as the machines' vaults, and deserve the same care: what is deleted comes back, a copy lies in
the paired region and can be restored there, and nobody weakens that alone. Whether the vault is locked is a control of
its own. That the guard belongs to other people, the live audit adds.

## How to keep it
In `security_settings.soft_delete_settings` set `state="AlwaysOn"` and `retention_duration_in_days`; use
`type="GeoRedundant"` in `storage_settings`; set `feature_settings.cross_region_restore_settings.state="Enabled"`; and
declare a `dataprotection.DppResourceGuardProxy` for the vault.
"""

from typing import Any

from audit.kinds.dataprotection import BLOB_BACKUP_VAULT, BLOB_RESOURCE_GUARD_PROXY, RESOURCE_GUARD
from audit.kinds.guards import names_a_guard
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
    kept,
    missing,
    same,
)

ON = BLOB_BACKUP_VAULT
NEEDS = (BLOB_RESOURCE_GUARD_PROXY, RESOURCE_GUARD)
SEVERITY = Severity.HIGH
STATES = {
    "securitySettings.softDeleteSettings.state": "AlwaysOn",
    "featureSettings.crossRegionRestoreSettings.state": "Enabled",
}
DAYS = "securitySettings.softDeleteSettings.retentionDurationInDays"


def judge(vault: Resource, estate: Estate, targets: Targets) -> Ruling:
    for path, promised in STATES.items():
        state = vault.read(path, str)
        if not same(state, promised):
            return broken(f"{path.split('.')[1]} is {state}, promised {promised}", change={path: promised})
    least, days = targets.number("backup.soft_delete_days"), vault.read(DAYS, float)
    if days < least:
        return broken(f"deleted backups are kept {days:g} days, promised {least}", change={DAYS: least})
    return _judge_stores(vault) or _judge_guard(vault, estate)


def _judge_stores(vault: Resource) -> Ruling | None:
    """Rule on the stores that are not copied to the paired region; None where all are."""
    stores = vault.each("storageSettings")
    if not stores:
        return broken(
            "no store is set up, promised a GeoRedundant one",
            change={"storageSettings": [{"datastoreType": "VaultStore", "type": "GeoRedundant"}]},
        )
    redundancies = {store.path("type"): store.read("type", str) for store in stores}
    wrong = {path: kind for path, kind in redundancies.items() if not same(kind, "GeoRedundant")}
    if not wrong:
        return None
    reason = f"the store is {', '.join(wrong.values())}, promised GeoRedundant"
    return broken(reason, change=dict.fromkeys(wrong, "GeoRedundant"))


def _judge_guard(vault: Resource, estate: Estate) -> Ruling:
    """Rule on who must approve a change to the vault; every proxy must point to a Resource Guard."""
    proxies = estate.children(vault, BLOB_RESOURCE_GUARD_PROXY)
    if not proxies:
        return missing(
            "no Resource Guard is bound to the vault, so one person can weaken it",
            declare="dataprotection.DppResourceGuardProxy(vault_name=….name, resource_guard_resource_id=…)",
        )
    for proxy in proxies:
        if not names_a_guard(proxy, estate):
            return broken("what the vault asks for approval is no Resource Guard", subject=proxy)
    return kept("deleted backups come back, a copy lies in the paired region, and a guard is asked")


_GUARD = "/subscriptions/other/resourceGroups/g/providers/Microsoft.DataProtection/resourceGuards/guard"


def _case(
    verdict: Verdict,
    *,
    days: float | None = 30,
    state: str = "AlwaysOn",
    restore: str = "Enabled",
    store: str = "GeoRedundant",
    guard: object = _GUARD,
    note: str = "",
) -> Example:
    body: dict[str, Any] = {
        "securitySettings": {"softDeleteSettings": {"state": state, "retentionDurationInDays": days}},
        "featureSettings": {"crossRegionRestoreSettings": {"state": restore}},
        "storageSettings": [{"datastoreType": "VaultStore", "type": store}],
    }
    proxy = {"vaultName": {"$reference": "it"}, "resourceGuardResourceId": guard}
    neighbours = () if guard is None else (Neighbour(BLOB_RESOURCE_GUARD_PROXY, proxy),)
    return Example(verdict, body, neighbours, {"backup.soft_delete_days": 30}, note)


EXAMPLES = (
    _case(Verdict.BROKEN, days=29.0),
    _case(Verdict.KEPT, days=30.0),
    _case(Verdict.KEPT, days=31.0),
    _case(Verdict.BROKEN, state="On", note="it can be switched off"),
    _case(Verdict.BROKEN, restore="Disabled"),
    _case(Verdict.BROKEN, store="LocallyRedundant"),
    _case(Verdict.BROKEN, guard=None, note="no guard"),
    _case(Verdict.BROKEN, guard={"$reference": "it"}, note="bound to something else"),
    _case(Verdict.UNPROVEN, days=None),
    _case(Verdict.UNPROVEN, guard={"$unknown": True}),
)
