"""A private endpoint of every storage account is approved.

Catalogue: STO-07.

## Why we promise this
An endpoint that nobody approved carries nothing: with the public network closed the data cannot be reached, and the
first remedy that comes to mind is to open it.

## How to keep it
Approve the connection on the account; see also the control that asks for the endpoint itself.
"""

from audit.kinds.private_endpoints import approved, connected
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Plane, Resource, Ruling, Severity, Verdict

ON = STORAGE_ACCOUNT
SEVERITY = Severity.HIGH
# Azure keeps the state of a connection, and no stack sets it.
PLANES = (Plane.LIVE,)


def judge(account: Resource) -> Ruling:
    return approved(account)


EXAMPLES = (
    Example(Verdict.KEPT, connected("Approved")),
    Example(Verdict.KEPT, connected("Pending", "Approved"), note="one of two"),
    Example(Verdict.BROKEN, connected("Pending")),
    Example(Verdict.BROKEN, connected("Disconnected", "Rejected")),
    Example(Verdict.BROKEN, connected(), note="none is connected"),
    Example(Verdict.UNPROVEN, connected(None)),
    Example(Verdict.UNPROVEN, {}),
)
