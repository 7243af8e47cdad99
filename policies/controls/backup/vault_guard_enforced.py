"""The vault itself says that weakening it takes two people, and its guard lies elsewhere.

Catalogue: BCK-04.

## Why we promise this
A guard helps only where the vault asks it, and where whoever administers the vault does not administer the guard. One
in the vault's own resource group goes with it.

## How to keep it
Bind a `dataprotection.ResourceGuard` of another subscription, or at least another resource group, with a
`recoveryservices.ResourceGuardProxy`.
"""

from audit.kinds.guards import apart
from audit.kinds.recoveryservices import RECOVERY_VAULT, RESOURCE_GUARD_PROXY
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
    same,
)

ON = RECOVERY_VAULT
NEEDS = (RESOURCE_GUARD_PROXY,)
PLANES = (Plane.LIVE,)
SEVERITY = Severity.HIGH
STATE = "securitySettings.multiUserAuthorization"


def judge(vault: Resource, estate: Estate) -> Ruling:
    state = vault.read(STATE, str)
    if not same(state, "Enabled"):
        return broken(f"approval by a second person is {state}, promised Enabled")
    proxies = estate.children(vault, RESOURCE_GUARD_PROXY)
    if not proxies:
        return missing("no guard is bound to it", declare="recoveryservices.ResourceGuardProxy(vault_name=….name, …)")
    return every(lambda proxy: apart(vault, proxy), proxies)


def _case(verdict: Verdict, state: object, guard: object, note: str = "") -> Example:
    proxy = Neighbour(RESOURCE_GUARD_PROXY, {"vaultName": {"$reference": "it"}, "resourceGuardResourceId": guard})
    return Example(verdict, {"securitySettings": {"multiUserAuthorization": state}}, (proxy,), note=note)


_GUARD = "/providers/Microsoft.DataProtection/resourceGuards/guard"
_ELSEWHERE = f"/subscriptions/others/resourceGroups/guards{_GUARD}"

EXAMPLES = (
    _case(Verdict.KEPT, "Enabled", _ELSEWHERE),
    _case(Verdict.BROKEN, "Disabled", _ELSEWHERE, "the vault does not ask it"),
    _case(Verdict.BROKEN, "Enabled", f"it{_GUARD}", "beside the vault"),
    Example(Verdict.BROKEN, {"securitySettings": {"multiUserAuthorization": "Enabled"}}, note="no guard is bound"),
    _case(Verdict.UNPROVEN, None, _ELSEWHERE),
    _case(Verdict.UNPROVEN, "Enabled", None),
    _case(Verdict.UNPROVEN, "Enabled", "guard", "no id"),
)
