"""Private endpoints into our services lie in our own subscriptions.

Catalogue: ACC-07.

## Why we promise this
A private endpoint is a door past the firewall. Anybody in Azure can ask for one, and one careless approval lets another
company in. Whose endpoint was approved is known once it exists, so this is judged on what is live.

## How to keep it
Reject or remove the connection on the resource's page *Networking*, *Private endpoint connections*. A subscription of
ours belongs in the target `access.own_subscriptions`.
"""

from audit.kinds.keyvault import KEY_VAULT
from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.kinds.scopes import subscription_of
from audit.kinds.sql import SQL_SERVER
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Part, Plane, Resource, Ruling, Severity, Targets, Verdict, broken, every, kept, same

ON = (STORAGE_ACCOUNT, SQL_SERVER, KEY_VAULT, RECOVERY_VAULT)
SEVERITY = Severity.CRITICAL
PLANES = (Plane.LIVE,)


def judge(resource: Resource, targets: Targets) -> Ruling:
    connections = resource.each("privateEndpointConnections")
    if not connections:
        return kept("no private endpoint leads to it")
    return every(lambda connection: _judge_one(connection, targets), connections)


def _judge_one(connection: Part, targets: Targets) -> Ruling:
    """Rule on one connection; what was not approved lets nobody in."""
    status = connection.read("privateLinkServiceConnectionState.status", str)
    if not same(status, "Approved"):
        return kept(f"the other connections are {status}")
    endpoint = connection.read("privateEndpoint.id", str)
    if any(same(subscription_of(endpoint), own) for own in targets.names("access.own_subscriptions")):
        return kept("every approved private endpoint lies in a subscription of ours")
    return broken(f"the approved endpoint {endpoint} lies in no subscription of ours")


_TARGETS = {"access.own_subscriptions": ["00000000-0000-0000-0000-00000000000a"]}
_GROUP = "/subscriptions/00000000-0000-0000-0000-00000000000A/resourceGroups/g"
_OURS = f"{_GROUP}/providers/Microsoft.Network/privateEndpoints/e"
_THEIRS = _OURS.replace("A/", "B/")


def _to(endpoint: object, status: object = "Approved") -> dict[str, object]:
    return {"privateEndpoint": {"id": endpoint}, "privateLinkServiceConnectionState": {"status": status}}


def _example(verdict: Verdict, *connections: object, note: str = "") -> Example:
    return Example(verdict, {"privateEndpointConnections": list(connections)}, targets=_TARGETS, note=note)


EXAMPLES = (
    _example(Verdict.KEPT, _to(_OURS)),
    _example(Verdict.KEPT, note="no endpoint"),
    _example(Verdict.KEPT, _to(_OURS), _to(_THEIRS, "Rejected"), note="a stranger was turned away"),
    _example(Verdict.KEPT, _to(_THEIRS, "Pending"), note="a stranger waits outside"),
    _example(Verdict.BROKEN, _to(_OURS), _to(_THEIRS), note="a stranger was let in"),
    _example(Verdict.UNPROVEN, _to(None)),
    _example(Verdict.UNPROVEN, _to(_OURS, None)),
    Example(Verdict.UNPROVEN, {}, targets=_TARGETS, note="the connections were not told"),
    Example(Verdict.BROKEN, {"privateEndpointConnections": [_to(_THEIRS)]}, targets=_TARGETS, kind=KEY_VAULT),
)
