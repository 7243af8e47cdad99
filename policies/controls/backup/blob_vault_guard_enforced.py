"""Backup vaults for blobs and disks say themselves that weakening them takes two people.

Catalogue: BCK-15.

## Why we promise this
A guard that is bound helps only where the vault asks it. One in the vault's own resource group goes with it.

## How to keep it
Bind a `dataprotection.ResourceGuard` of another resource group with a `dataprotection.DppResourceGuardProxy`.
"""

from audit.kinds.dataprotection import BLOB_BACKUP_VAULT, BLOB_RESOURCE_GUARD_PROXY
from audit.kinds.guards import apart
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    every,
    missing,
)

ON = BLOB_BACKUP_VAULT
NEEDS = (BLOB_RESOURCE_GUARD_PROXY,)
PLANES = (Plane.LIVE,)
SEVERITY = Severity.HIGH


def judge(vault: Resource, estate: Estate) -> Ruling:
    if vault.read("isVaultProtectedByResourceGuard", bool) is not True:
        return broken("the vault asks no second person")
    proxies = estate.children(vault, BLOB_RESOURCE_GUARD_PROXY)
    if not proxies:
        return missing("no guard is bound to it", declare="dataprotection.DppResourceGuardProxy(vault_name=….name, …)")
    return every(lambda proxy: apart(vault, proxy), proxies)


def _case(verdict: Verdict, guard: object, note: str = "", *, asks: object = True) -> Example:
    proxy = {"vaultName": {"$reference": "it"}, "resourceGuardResourceId": guard}
    body = {"isVaultProtectedByResourceGuard": asks}
    return Example(verdict, body, (Neighbour(BLOB_RESOURCE_GUARD_PROXY, proxy),), note=note)


_GUARD = "/providers/Microsoft.DataProtection/resourceGuards/guard"
_ELSEWHERE = f"/subscriptions/others/resourceGroups/guards{_GUARD}"

EXAMPLES = (
    _case(Verdict.KEPT, _ELSEWHERE),
    _case(Verdict.BROKEN, _ELSEWHERE, asks=False),
    _case(Verdict.BROKEN, f"it{_GUARD}", "beside the vault"),
    Example(Verdict.BROKEN, {"isVaultProtectedByResourceGuard": True}, note="no guard is bound"),
    _case(Verdict.UNPROVEN, _ELSEWHERE, asks=None),
    _case(Verdict.UNPROVEN, None),
    _case(Verdict.UNPROVEN, "guard", "no id"),
)
