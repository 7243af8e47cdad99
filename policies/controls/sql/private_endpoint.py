"""SQL servers are reached through a private endpoint.

Catalogue: SQL-07.

## Why we promise this
Queries and what they return stay inside the company's own network. That the endpoint was approved, the live audit adds.

## How to keep it
Declare a `network.PrivateEndpoint` for the server of each region, whose `private_link_service_connections` name the
server and the group `sqlServer`.
"""

from audit.kinds.network import PRIVATE_ENDPOINT
from audit.kinds.private_endpoints import MANUAL, endpoint, leading
from audit.kinds.sql import SQL_SERVER
from audit.model import Estate, Example, Resource, Ruling, Severity, Verdict

ON = SQL_SERVER
NEEDS = (PRIVATE_ENDPOINT,)
SEVERITY = Severity.HIGH
ABSENT = MANUAL


def judge(server: Resource, estate: Estate) -> Ruling:
    return leading(server, estate, "sqlServer")


EXAMPLES = (
    Example(Verdict.KEPT, {}, (endpoint(["sqlServer"]),)),
    Example(Verdict.BROKEN, {}, (endpoint(["blob"]),), note="another group"),
    Example(Verdict.BROKEN, {}, note="no endpoint at all"),
    Example(Verdict.UNPROVEN, {}, (endpoint({"$unknown": True}),)),
)
