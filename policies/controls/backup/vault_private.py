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
from audit.kinds.private_endpoints import MANUAL, endpoint, leading
from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.model import Estate, Example, Resource, Ruling, Severity, Verdict, broken, same

ON = RECOVERY_VAULT
NEEDS = (PRIVATE_ENDPOINT,)
SEVERITY = Severity.MEDIUM
ABSENT = MANUAL


def judge(vault: Resource, estate: Estate) -> Ruling:
    access = vault.read("publicNetworkAccess", str)
    if not same(access, "Disabled"):
        reason = f"public network access is {access}, promised Disabled"
        return broken(reason, change={"publicNetworkAccess": "Disabled"})
    return leading(vault, estate, "AzureBackup", "AzureSiteRecovery")


_CLOSED = {"publicNetworkAccess": "Disabled"}

EXAMPLES = (
    Example(Verdict.KEPT, _CLOSED, (endpoint(["AzureBackup"]),)),
    Example(Verdict.KEPT, _CLOSED, (endpoint(["AzureSiteRecovery"]),)),
    Example(Verdict.BROKEN, {"publicNetworkAccess": "Enabled"}, (endpoint(["AzureBackup"]),)),
    Example(Verdict.BROKEN, _CLOSED, (endpoint(["blob"]),)),
    Example(Verdict.BROKEN, _CLOSED, note="no endpoint at all"),
    Example(Verdict.UNPROVEN, {}, (endpoint(["AzureBackup"]),)),
    Example(Verdict.UNPROVEN, _CLOSED, (endpoint({"$unknown": True}),)),
)
