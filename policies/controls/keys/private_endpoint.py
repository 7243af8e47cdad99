"""Key vaults are reached through a private endpoint.

Catalogue: KEY-05.

## Why we promise this
With the public side of a vault closed, a private endpoint is the only way to its keys that stays in our network.

## How to keep it
Declare a `network.PrivateEndpoint` whose `private_link_service_connections` name the vault and the group `vault`. That
the endpoint was approved is what keys-private-endpoint-approved says of a running vault.
"""

from audit.kinds.keyvault import KEY_VAULT
from audit.kinds.network import PRIVATE_ENDPOINT
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, broken, kept, missing, same

ON = KEY_VAULT
NEEDS = (PRIVATE_ENDPOINT,)
SEVERITY = Severity.HIGH

# Connections that wait for somebody's approval stand in another list, and do not count.
LINKS = "privateLinkServiceConnections"
GROUP = "vault"


def judge(vault: Resource, estate: Estate) -> Ruling:
    endpoints = estate.referrers(vault, PRIVATE_ENDPOINT, f"{LINKS}[].privateLinkServiceId")
    if not endpoints:
        return missing(
            f"no private endpoint leads to the vault, promised one for {GROUP}",
            declare=f'network.PrivateEndpoint(private_link_service_connections=[…]) with group_ids=["{GROUP}"]',
        )
    groups = [group for endpoint in endpoints for link in endpoint.each(LINKS) for group in link.texts("groupIds")]
    if any(same(group, GROUP) for group in groups):
        return kept(f"{endpoints[0].name} leads to its keys")
    reason = f"its private endpoints are for {', '.join(groups) or 'nothing'}, promised {GROUP}"
    return broken(reason, change={f"{LINKS}[0].groupIds": [GROUP]}, subject=endpoints[0])


def _endpoint(groups: object, vault: object = "it") -> Neighbour:
    connection = {"privateLinkServiceId": {"$reference": vault}, "groupIds": groups}
    return Neighbour(PRIVATE_ENDPOINT, {LINKS: [connection]}, name="endpoint")


_OTHER = Neighbour(KEY_VAULT, {}, name="other")

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_endpoint(["vault"]),)),
    Example(Verdict.BROKEN, {}, (_endpoint([]),), note="for nothing"),
    Example(Verdict.BROKEN, {}, (_endpoint(["vault"], "other"), _OTHER), note="another vault's endpoint"),
    Example(Verdict.BROKEN, {}, note="no endpoint at all"),
    Example(Verdict.UNPROVEN, {}, (_endpoint({"$unknown": True}),)),
)
