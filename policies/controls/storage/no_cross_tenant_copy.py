"""Storage accounts copy nothing to another tenant.

Catalogue: STO-05.

## Why we promise this
A replication rule or a copy job can carry the data to a company that the customer never heard of.

## How to keep it
Set `allow_cross_tenant_replication=False` and `allowed_copy_scope="AAD"` (or `"PrivateLink"`) on the account, and let
replication policies name accounts of this estate only.
"""

from audit.kinds.storage import OBJECT_REPLICATION_POLICY, STORAGE_ACCOUNT
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Reference,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    kept,
    same,
)

ON = STORAGE_ACCOUNT
NEEDS = (OBJECT_REPLICATION_POLICY,)
SEVERITY = Severity.HIGH
SCOPES = ("AAD", "PrivateLink")


def judge(account: Resource, estate: Estate) -> Ruling:
    if account.read("allowCrossTenantReplication", bool) is not False:
        return broken("replication may go to another tenant", change={"allowCrossTenantReplication": False})
    scope = account.read("allowedCopyScope", str)
    if not any(same(scope, own) for own in SCOPES):
        return broken(f"copies may go to {scope}, promised {' or '.join(SCOPES)}", change={"allowedCopyScope": "AAD"})
    for policy in estate.children(account, OBJECT_REPLICATION_POLICY):
        if not _is_ours(policy, estate):
            reason = "it is replicated to an account that is not of this estate"
            return Ruling(verdict=Verdict.BROKEN, reason=reason, subject=policy, absence=True)
    return kept(f"copies stay within {scope}, and it is replicated to no account of others")


def _is_ours(policy: Resource, estate: Estate) -> bool:
    """Tell whether a replication policy's destination, given by reference, id or name, is an account of this estate."""
    link = policy.link("destinationAccount")
    place = link.urn if isinstance(link, Reference) else str(link)
    return any(
        same(place, own.id) or same(place, own.read("accountName", str, absent=own.name))
        for own in estate.of(STORAGE_ACCOUNT)
    )


_CLOSED = {"allowCrossTenantReplication": False, "allowedCopyScope": "AAD"}

EXAMPLES = (
    Example(Verdict.KEPT, _CLOSED),
    Example(Verdict.KEPT, {"allowCrossTenantReplication": False, "allowedCopyScope": "PrivateLink"}),
    Example(
        Verdict.KEPT,
        _CLOSED,
        (
            Neighbour(STORAGE_ACCOUNT, _CLOSED, name="copy"),
            Neighbour(
                OBJECT_REPLICATION_POLICY,
                {"accountName": {"$reference": "it"}, "destinationAccount": {"$reference": "copy"}},
            ),
        ),
        note="replicated to an own account",
    ),
    Example(Verdict.BROKEN, {"allowCrossTenantReplication": True, "allowedCopyScope": "AAD"}),
    Example(Verdict.BROKEN, {"allowCrossTenantReplication": False, "allowedCopyScope": "Any"}),
    Example(Verdict.UNPROVEN, {"allowCrossTenantReplication": False}, note="without a scope copies may go anywhere"),
    Example(
        Verdict.BROKEN,
        _CLOSED,
        (
            Neighbour(
                OBJECT_REPLICATION_POLICY,
                {"accountName": {"$reference": "it"}, "destinationAccount": "/subscriptions/other/storageAccounts/x"},
            ),
        ),
        note="replicated to a stranger's account",
    ),
    Example(
        Verdict.UNPROVEN,
        _CLOSED,
        (
            Neighbour(
                OBJECT_REPLICATION_POLICY,
                {"accountName": {"$reference": "it"}, "destinationAccount": {"$unknown": True}},
            ),
        ),
    ),
)
