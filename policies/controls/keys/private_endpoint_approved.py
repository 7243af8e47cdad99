"""A private endpoint of each key vault was approved.

Catalogue: KEY-05.

## Why we promise this
An endpoint that waits for approval carries nothing: services reach their keys another way, or not at all.

## How to keep it
Approve the connection in the vault's networking page, or by `az keyvault private-endpoint-connection approve`.
"""

from audit.kinds.keyvault import KEY_VAULT
from audit.kinds.private_endpoints import approved, connected
from audit.model import Example, Plane, Resource, Ruling, Severity, Verdict

ON = KEY_VAULT
SEVERITY = Severity.HIGH
# Azure keeps the state of a connection, and no stack sets it.
PLANES = (Plane.LIVE,)


def judge(vault: Resource) -> Ruling:
    return approved(vault)


EXAMPLES = (
    Example(Verdict.KEPT, connected("Approved")),
    Example(Verdict.KEPT, connected("Pending", "Approved"), note="one of two"),
    Example(Verdict.BROKEN, connected("Pending")),
    Example(Verdict.BROKEN, connected("Disconnected", "Rejected")),
    Example(Verdict.BROKEN, connected(), note="none is connected"),
    Example(Verdict.UNPROVEN, connected(None)),
    Example(Verdict.UNPROVEN, {}, note="Azure leaves the list out of a vault without connections"),
)
