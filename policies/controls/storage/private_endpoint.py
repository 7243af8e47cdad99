"""Storage accounts are reached through a private endpoint for blobs.

Catalogue: STO-07.

## Why we promise this
Traffic to the data stays inside the company's own network. That the endpoint was approved, the live audit adds.

## How to keep it
Declare a `network.PrivateEndpoint` whose `private_link_service_connections` name the account and the group `blob`.
"""

from audit.kinds.network import PRIVATE_ENDPOINT
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, broken, kept, missing, same

ON = STORAGE_ACCOUNT
NEEDS = (PRIVATE_ENDPOINT,)
SEVERITY = Severity.HIGH
ABSENT = {
    "privateLinkServiceConnections": "azure-native 3.29 docstring of PrivateEndpoint: connections may stand in "
    "manual_private_link_service_connections instead, where they wait for approval",
}
# Connections that wait for somebody's approval stand in another list, and do not count.
LINK = "privateLinkServiceConnections[].privateLinkServiceId"


def judge(account: Resource, estate: Estate) -> Ruling:
    endpoints = estate.referrers(account, PRIVATE_ENDPOINT, LINK)
    if not endpoints:
        return missing(
            "no private endpoint leads to the account, promised one for blob",
            declare='network.PrivateEndpoint(private_link_service_connections=[…]) with group_ids=["blob"]',
        )
    groups = [group for endpoint in endpoints for group in _groups(endpoint)]
    if any(same(group, "blob") for group in groups):
        return kept("a private endpoint leads to its blobs")
    path = "privateLinkServiceConnections[0].groupIds"
    reason = f"its private endpoints are for {', '.join(groups) or 'nothing'}, promised blob"
    return broken(reason, change={path: ["blob"]}, subject=endpoints[0])


def _groups(endpoint: Resource) -> tuple[str, ...]:
    """List what an endpoint leads to; Azure allows it one connection."""
    return tuple(group for link in endpoint.each("privateLinkServiceConnections") for group in link.texts("groupIds"))


def _endpoint(groups: object) -> Neighbour:
    connection = {"privateLinkServiceId": {"$reference": "it"}, "groupIds": groups}
    return Neighbour(PRIVATE_ENDPOINT, {"privateLinkServiceConnections": [connection]})


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_endpoint(["blob"]),)),
    Example(Verdict.KEPT, {}, (_endpoint(["dfs"]), _endpoint(["blob"])), note="one endpoint for each group"),
    Example(Verdict.BROKEN, {}, (_endpoint(["file"]),), note="another group"),
    Example(Verdict.BROKEN, {}, note="no endpoint at all"),
    Example(Verdict.UNPROVEN, {}, (_endpoint({"$unknown": True}),)),
)
