"""The private endpoints of Recovery Services vaults are approved, and the vault works through them.

Catalogue: BCK-06.

## Why we promise this
An endpoint that nobody approved carries nothing, and a vault that protected its first item before it had one goes on
without.

## How to keep it
Approve the connection on the vault. Where the vault says that backup does not use it, protect the items in a new vault
that has its endpoint from the first day.
"""

from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.model import Example, Part, Plane, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = RECOVERY_VAULT
PLANES = (Plane.LIVE,)
SEVERITY = Severity.MEDIUM
STATUS = "privateLinkServiceConnectionState.status"
# A vault serves backup or Site Recovery, and says of each whether it works through an endpoint.
STATES = ("privateEndpointStateForBackup", "privateEndpointStateForSiteRecovery")


def judge(vault: Resource) -> Ruling:
    connections = vault.each("privateEndpointConnections")
    if not any(_is_approved(connection) for connection in connections):
        return broken(f"none of {len(connections)} private endpoint connections is approved, promised one")
    states = {path: vault.read(path, str) for path in STATES}
    if any(same(state, "Enabled") for state in states.values()):
        return kept("a private endpoint connection is approved and in use")
    told = ", ".join(f"{path} is {state}" for path, state in states.items())
    return broken(f"{told}, promised Enabled for what the vault is there for")


def _is_approved(connection: Part) -> bool:
    return same(connection.read(STATUS, str), "Approved")


def _case(verdict: Verdict, status: object, backup: object, recovery: object = "None", note: str = "") -> Example:
    connection = {"privateLinkServiceConnectionState": {"status": status}}
    body = {"privateEndpointConnections": [connection], STATES[0]: backup, STATES[1]: recovery}
    return Example(verdict, body, note=note)


EXAMPLES = (
    _case(Verdict.KEPT, "Approved", "Enabled"),
    _case(Verdict.KEPT, "Approved", "None", "Enabled", "for Site Recovery"),
    _case(Verdict.BROKEN, "Pending", "Enabled"),
    _case(Verdict.BROKEN, "Approved", "None"),
    Example(Verdict.BROKEN, {"privateEndpointConnections": [], STATES[0]: "Enabled", STATES[1]: "None"}),
    _case(Verdict.UNPROVEN, None, "Enabled"),
    _case(Verdict.UNPROVEN, "Approved", None),
    Example(Verdict.UNPROVEN, {STATES[0]: "Enabled", STATES[1]: "None"}, note="no list was seen"),
)
