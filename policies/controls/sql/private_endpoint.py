"""SQL servers are reached through a private endpoint.

Catalogue: SQL-07.

## Why we promise this
Queries and what they return stay inside the company's own network. That the endpoint was approved, the live audit adds.

## How to keep it
Declare a `network.PrivateEndpoint` for the server of each region, whose `private_link_service_connections` name the
server and the group `sqlServer`.
"""

from audit.kinds.network import PRIVATE_ENDPOINT
from audit.kinds.sql import SQL_SERVER
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, broken, kept, missing, same

ON = SQL_SERVER
NEEDS = (PRIVATE_ENDPOINT,)
SEVERITY = Severity.HIGH
ABSENT = {
    "privateLinkServiceConnections": "azure-native 3.29 docstring of PrivateEndpoint: connections may stand in "
    "manual_private_link_service_connections instead, where they wait for approval",
}
# Connections that wait for somebody's approval stand in another list, and do not count.
LINK = "privateLinkServiceConnections[].privateLinkServiceId"


def judge(server: Resource, estate: Estate) -> Ruling:
    endpoints = estate.referrers(server, PRIVATE_ENDPOINT, LINK)
    if not endpoints:
        return missing(
            "no private endpoint leads to the server, promised one for sqlServer",
            declare='network.PrivateEndpoint(private_link_service_connections=[…]) with group_ids=["sqlServer"]',
        )
    groups = [group for endpoint in endpoints for group in _groups(endpoint)]
    if any(same(group, "sqlServer") for group in groups):
        return kept("a private endpoint leads to its databases")
    path = "privateLinkServiceConnections[0].groupIds"
    reason = f"its private endpoints are for {', '.join(groups) or 'nothing'}, promised sqlServer"
    return broken(reason, change={path: ["sqlServer"]}, subject=endpoints[0])


def _groups(endpoint: Resource) -> tuple[str, ...]:
    """List what an endpoint leads to; Azure allows it one connection."""
    return tuple(group for link in endpoint.each("privateLinkServiceConnections") for group in link.texts("groupIds"))


def _endpoint(groups: object) -> Neighbour:
    connection = {"privateLinkServiceId": {"$reference": "it"}, "groupIds": groups}
    return Neighbour(PRIVATE_ENDPOINT, {"privateLinkServiceConnections": [connection]})


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_endpoint(["sqlServer"]),)),
    Example(Verdict.BROKEN, {}, (_endpoint(["blob"]),), note="another group"),
    Example(Verdict.BROKEN, {}, note="no endpoint at all"),
    Example(Verdict.UNPROVEN, {}, (_endpoint({"$unknown": True}),)),
)
