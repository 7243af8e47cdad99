"""Recovery Services vaults are closed to the public network and reached through a private endpoint.

Catalogue: BCK-06.

## Why we promise this
A vault that the whole internet can reach is one stolen credential away from a leak of everything it holds. That the
endpoint was approved and that backups use it, the live audit adds.

## How to keep it
Set `public_network_access="Disabled"` on the vault, and declare a `network.PrivateEndpoint` whose
`private_link_service_connections` name the vault and the group `AzureBackup` or `AzureSiteRecovery`, before the first
item is protected.
"""

from audit.kinds.network import PRIVATE_ENDPOINT
from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, broken, kept, missing, same

ON = RECOVERY_VAULT
NEEDS = (PRIVATE_ENDPOINT,)
SEVERITY = Severity.MEDIUM
ABSENT = {
    "privateLinkServiceConnections": "azure-native 3.29 docstring of PrivateEndpoint: connections may stand in "
    "manual_private_link_service_connections instead, where they wait for approval",
}
LINK = "privateLinkServiceConnections[].privateLinkServiceId"
GROUPS = ("AzureBackup", "AzureSiteRecovery")


def judge(vault: Resource, estate: Estate) -> Ruling:
    access = vault.read("publicNetworkAccess", str)
    if not same(access, "Disabled"):
        reason = f"public network access is {access}, promised Disabled"
        return broken(reason, change={"publicNetworkAccess": "Disabled"})
    endpoints = estate.referrers(vault, PRIVATE_ENDPOINT, LINK)
    if not endpoints:
        return missing(
            "no private endpoint leads to the vault",
            declare='network.PrivateEndpoint(private_link_service_connections=[…]) with group_ids=["AzureBackup"]',
        )
    groups = [group for endpoint in endpoints for group in _groups(endpoint)]
    if any(same(group, service) for group in groups for service in GROUPS):
        return kept(f"closed to the public network, and reached privately as {', '.join(groups)}")
    reason = f"its private endpoints are for {', '.join(groups) or 'nothing'}, promised {' or '.join(GROUPS)}"
    return broken(reason, change={"privateLinkServiceConnections[0].groupIds": ["AzureBackup"]}, subject=endpoints[0])


def _groups(endpoint: Resource) -> tuple[str, ...]:
    """List what an endpoint leads to; Azure allows it one connection."""
    return tuple(group for link in endpoint.each("privateLinkServiceConnections") for group in link.texts("groupIds"))


def _endpoint(groups: object) -> Neighbour:
    connection = {"privateLinkServiceId": {"$reference": "it"}, "groupIds": groups}
    return Neighbour(PRIVATE_ENDPOINT, {"privateLinkServiceConnections": [connection]})


_CLOSED = {"publicNetworkAccess": "Disabled"}

EXAMPLES = (
    Example(Verdict.KEPT, _CLOSED, (_endpoint(["AzureBackup"]),)),
    Example(Verdict.KEPT, _CLOSED, (_endpoint(["AzureSiteRecovery"]),)),
    Example(Verdict.BROKEN, {"publicNetworkAccess": "Enabled"}, (_endpoint(["AzureBackup"]),)),
    Example(Verdict.BROKEN, _CLOSED, (_endpoint(["blob"]),)),
    Example(Verdict.BROKEN, _CLOSED, note="no endpoint at all"),
    Example(Verdict.UNPROVEN, {}, (_endpoint(["AzureBackup"]),)),
    Example(Verdict.UNPROVEN, _CLOSED, (_endpoint({"$unknown": True}),)),
)
