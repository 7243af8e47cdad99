"""Storage accounts are reached through a private endpoint for blobs.

Catalogue: STO-07.

## Why we promise this
Traffic to the data stays inside the company's own network. That the endpoint was approved, the live audit adds.

## How to keep it
Declare a `network.PrivateEndpoint` whose `private_link_service_connections` name the account and the group `blob`.
"""

from audit.kinds.network import PRIVATE_ENDPOINT
from audit.kinds.private_endpoints import MANUAL, endpoint, leading
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Estate, Example, Resource, Ruling, Severity, Verdict

ON = STORAGE_ACCOUNT
NEEDS = (PRIVATE_ENDPOINT,)
SEVERITY = Severity.HIGH
ABSENT = MANUAL


def judge(account: Resource, estate: Estate) -> Ruling:
    return leading(account, estate, "blob")


EXAMPLES = (
    Example(Verdict.KEPT, {}, (endpoint(["blob"]),)),
    Example(Verdict.KEPT, {}, (endpoint(["dfs"]), endpoint(["blob"])), note="one endpoint for each group"),
    Example(Verdict.BROKEN, {}, (endpoint(["file"]),), note="another group"),
    Example(Verdict.BROKEN, {}, note="no endpoint at all"),
    Example(Verdict.UNPROVEN, {}, (endpoint({"$unknown": True}),)),
)
