"""Backup vaults for blobs and disks say themselves that weakening them takes two people.

Catalogue: BCK-15.

## Why we promise this
A guard that is bound helps only where the vault asks it. One in the vault's own resource group goes with it.

## How to keep it
Bind a `dataprotection.ResourceGuard` of another resource group with a `dataprotection.DppResourceGuardProxy`.
"""

from audit.kinds.dataprotection import BLOB_BACKUP_VAULT, BLOB_RESOURCE_GUARD_PROXY
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
    broken,
    every,
    kept,
    missing,
    same,
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
    return every(lambda proxy: _judge_guard(vault, proxy), proxies)


def _judge_guard(vault: Resource, proxy: Resource) -> Ruling:
    """Rule on where one guard lies; raises `Unseen` where what is bound is no id of Azure's."""
    guard = proxy.read("resourceGuardResourceId", str)
    group, found, _ = guard.partition("/providers/")
    if not found:
        raise Unseen(f"{guard} is no id of Azure's")
    if same(group, vault.id.partition("/providers/")[0]):
        return broken("the guard lies in the vault's own resource group, promised another", subject=proxy)
    return kept(f"the vault asks a second person, and the guard lies in {group}")


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
