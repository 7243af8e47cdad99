"""Private endpoints of a resource: whether one leads to it for the right service, and whether Azure approved it."""

from audit.kinds.network import PRIVATE_ENDPOINT
from audit.model import Estate, Neighbour, Resource, Ruling, broken, kept, missing, same

_LINKS = "privateLinkServiceConnections"
"""Connections that wait for somebody's approval stand in another list, and do not count."""
MANUAL = {
    _LINKS: "azure-native 3.29 docstring of PrivateEndpoint: connections may stand in "
    "manual_private_link_service_connections instead, where they wait for approval",
}


def leading(resource: Resource, estate: Estate, *services: str) -> Ruling:
    """Rule on the private endpoints that lead to a resource: one must be for one of `services`."""
    endpoints = estate.referrers(resource, PRIVATE_ENDPOINT, f"{_LINKS}[].privateLinkServiceId")
    promised = " or ".join(services)
    if not endpoints:
        return missing(
            f"no private endpoint leads to it, promised one for {promised}",
            declare=f'network.PrivateEndpoint(private_link_service_connections=[…]) with group_ids=["{services[0]}"]',
        )
    groups = [group for endpoint in endpoints for link in endpoint.each(_LINKS) for group in link.texts("groupIds")]
    if any(same(group, service) for group in groups for service in services):
        return kept(f"a private endpoint leads to it for {', '.join(groups)}")
    reason = f"its private endpoints are for {', '.join(groups) or 'nothing'}, promised {promised}"
    return broken(reason, change={f"{_LINKS}[0].groupIds": [services[0]]}, subject=endpoints[0])


def approved(resource: Resource) -> Ruling:
    """Rule on what a resource says of the connections to it: one must be approved."""
    connections = resource.each("privateEndpointConnections")
    states = [one.read("privateLinkServiceConnectionState.status", str) for one in connections]
    count = sum(same(state, "Approved") for state in states)
    if count:
        return kept(f"{count} of {len(states)} private endpoint connections approved, promised one")
    return broken(f"none of {len(states)} private endpoint connections is approved, promised one")


def endpoint(groups: object, target: str = "it") -> Neighbour:
    """Make an example's endpoint for `groups`, which leads to the resource judged or to another `target`."""
    connection = {"privateLinkServiceId": {"$reference": target}, "groupIds": groups}
    return Neighbour(PRIVATE_ENDPOINT, {_LINKS: [connection]})


def connected(*states: object) -> dict[str, object]:
    """Make an example's body with a connection in each of `states`."""
    connections = [{"privateLinkServiceConnectionState": {"status": state}} for state in states]
    return {"privateEndpointConnections": connections}
