"""A private endpoint of each key vault was approved.

Catalogue: KEY-05.

## Why we promise this
An endpoint that waits for approval carries nothing: services reach their keys another way, or not at all.

## How to keep it
Approve the connection in the vault's networking page, or by `az keyvault private-endpoint-connection approve`.
"""

from typing import Any

from audit.kinds.keyvault import KEY_VAULT
from audit.model import Example, Plane, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = KEY_VAULT
SEVERITY = Severity.HIGH
# Azure keeps the state of a connection, and no stack sets it.
PLANES = (Plane.LIVE,)

STATUS, APPROVED = "privateLinkServiceConnectionState.status", "Approved"


def judge(vault: Resource) -> Ruling:
    connections = vault.each("privateEndpointConnections")
    if not connections:
        return broken("no private endpoint is connected, promised one Approved")
    statuses = [one.read(STATUS, str) for one in connections]
    if any(same(status, APPROVED) for status in statuses):
        return kept(f"a private endpoint is {APPROVED}; seen: {', '.join(statuses)}")
    return broken(f"its private endpoints are {', '.join(statuses)}, promised one {APPROVED}")


def _vault(*statuses: Any) -> dict[str, Any]:
    states = [{"privateLinkServiceConnectionState": {"status": status}} for status in statuses]
    return {"privateEndpointConnections": states}


EXAMPLES = (
    Example(Verdict.KEPT, _vault("Approved")),
    Example(Verdict.KEPT, _vault("Rejected", "Approved"), note="one of two"),
    Example(Verdict.BROKEN, _vault("Pending")),
    Example(Verdict.BROKEN, _vault("Disconnected", "Rejected")),
    Example(Verdict.BROKEN, _vault(), note="none is connected"),
    Example(Verdict.UNPROVEN, _vault(None)),
    Example(Verdict.UNPROVEN, {}, note="Azure leaves the list out of a vault without connections"),
)
