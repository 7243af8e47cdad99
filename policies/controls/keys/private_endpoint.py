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
from audit.kinds.private_endpoints import MANUAL, endpoint, leading
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict

ON = KEY_VAULT
NEEDS = (PRIVATE_ENDPOINT,)
SEVERITY = Severity.HIGH
ABSENT = MANUAL


def judge(vault: Resource, estate: Estate) -> Ruling:
    return leading(vault, estate, "vault")


_OTHER = Neighbour(KEY_VAULT, {}, name="other")

EXAMPLES = (
    Example(Verdict.KEPT, {}, (endpoint(["vault"]),)),
    Example(Verdict.BROKEN, {}, (endpoint([]),), note="for nothing"),
    Example(Verdict.BROKEN, {}, (endpoint(["vault"], "other"), _OTHER), note="another vault's endpoint"),
    Example(Verdict.BROKEN, {}, note="no endpoint at all"),
    Example(Verdict.UNPROVEN, {}, (endpoint({"$unknown": True}),)),
)
