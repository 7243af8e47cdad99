"""A private endpoint of every SQL server is approved.

Catalogue: SQL-07.

## Why we promise this
An endpoint that nobody approved carries nothing: with the public network closed the data cannot be reached, and the
first remedy that comes to mind is to open it.

## How to keep it
Approve the connection on the server; see also the control that asks for the endpoint itself.
"""

from audit.kinds.sql import SQL_SERVER
from audit.model import Example, Part, Plane, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = SQL_SERVER
PLANES = (Plane.LIVE,)
SEVERITY = Severity.HIGH


def judge(server: Resource) -> Ruling:
    connections = server.each("privateEndpointConnections")
    approved = [connection for connection in connections if _is_approved(connection)]
    if approved:
        return kept(f"{len(approved)} of {len(connections)} private endpoint connections approved, promised one")
    return broken(f"none of {len(connections)} private endpoint connections is approved, promised one")


def _is_approved(connection: Part) -> bool:
    return same(connection.read("privateLinkServiceConnectionState.status", str), "Approved")


def _case(verdict: Verdict, *states: object) -> Example:
    connections = [{"privateLinkServiceConnectionState": {"status": state}} for state in states]
    return Example(verdict, {"privateEndpointConnections": connections})


EXAMPLES = (
    _case(Verdict.KEPT, "Approved"),
    _case(Verdict.KEPT, "Pending", "Approved"),
    _case(Verdict.BROKEN, "Pending"),
    _case(Verdict.BROKEN, "Disconnected"),
    _case(Verdict.BROKEN),
    _case(Verdict.UNPROVEN, None),
    Example(Verdict.UNPROVEN, {}),
)
