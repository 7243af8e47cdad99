"""Weakening a Recovery Services vault takes two people.

Catalogue: BCK-04.

## Why we promise this
One stolen administrator account must not be enough to take the backups away. This control asks that a Resource Guard
is bound to the vault. The live audit adds that the guard lies in another subscription, that the vault reports
multi-user authorisation as enabled, and that no vault administrator is contributor on the guard.

## How to keep it
Declare a `recoveryservices.ResourceGuardProxy` for the vault whose `resource_guard_resource_id` is the id of a
`dataprotection.ResourceGuard` that other people own.
"""

from audit.kinds.dataprotection import RESOURCE_GUARD
from audit.kinds.guards import names_a_guard
from audit.kinds.recoveryservices import RECOVERY_VAULT, RESOURCE_GUARD_PROXY
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    kept,
    missing,
)

ON = RECOVERY_VAULT
NEEDS = (RESOURCE_GUARD_PROXY, RESOURCE_GUARD)
SEVERITY = Severity.HIGH


def judge(vault: Resource, estate: Estate) -> Ruling:
    proxies = estate.children(vault, RESOURCE_GUARD_PROXY)
    if not proxies:
        return missing(
            "no Resource Guard is bound to the vault, so one person can weaken it",
            declare="recoveryservices.ResourceGuardProxy(vault_name=….name, resource_guard_resource_id=…)",
        )
    for proxy in proxies:
        if not names_a_guard(proxy, estate):
            return broken("what the vault asks for approval is no Resource Guard", subject=proxy)
    return kept("a Resource Guard must approve what would weaken the vault")


def _proxy(guard: object) -> Neighbour:
    return Neighbour(RESOURCE_GUARD_PROXY, {"vaultName": {"$reference": "it"}, "resourceGuardResourceId": guard})


_GUARD = Neighbour(RESOURCE_GUARD, {}, name="guard")
_ELSEWHERE = "/subscriptions/other/resourceGroups/g/providers/Microsoft.DataProtection/resourceGuards/guard"

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_GUARD, _proxy({"$reference": "guard"}))),
    Example(Verdict.KEPT, {}, (_proxy(_ELSEWHERE),), note="a guard in another subscription"),
    Example(Verdict.BROKEN, {}, (_GUARD,), note="a guard that is bound to nothing"),
    Example(Verdict.BROKEN, {}, (_proxy({"$reference": "it"}),), note="bound to something else"),
    Example(Verdict.UNPROVEN, {}, (_proxy({"$unknown": True}),)),
    Example(Verdict.UNPROVEN, {}, (_proxy(None),)),
)
