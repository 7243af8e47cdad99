"""SQL servers cannot be reached from the internet.

Catalogue: SQL-05.

## Why we promise this
Provisioning data stays inside the network: a public endpoint leaves only a password or a token in between.

## How to keep it
Set `public_network_access="Disabled"` on the server, and reach it through a private endpoint.
"""

from audit.kinds.sql import SQL_SERVER
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = SQL_SERVER
SEVERITY = Severity.CRITICAL


def judge(server: Resource) -> Ruling:
    seen = server.read("publicNetworkAccess", str)
    if same(seen, "Disabled"):
        return kept("public network access is Disabled")
    return broken(f"public network access is {seen}, promised Disabled", change={"publicNetworkAccess": "Disabled"})


EXAMPLES = (
    Example(Verdict.KEPT, {"publicNetworkAccess": "Disabled"}),
    Example(Verdict.BROKEN, {"publicNetworkAccess": "Enabled"}),
    Example(Verdict.BROKEN, {"publicNetworkAccess": "SecuredByPerimeter"}, note="a perimeter may let the internet in"),
    Example(Verdict.UNPROVEN, {"publicNetworkAccess": None}),
)
