"""SQL servers know no passwords of their own.

Catalogue: SQL-04.

## Why we promise this
A SQL login has a password that no sign-in policy, second factor or leaver's process ever sees.

## How to keep it
Set `azure_ad_only_authentication=True` in the server's `administrators`. Azure reads that at creation only: on a server
that is there already, declare `sql.ServerAzureADOnlyAuthentication(azure_ad_only_authentication=True)` as well.
"""

from audit.kinds.sql import ENTRA_ONLY_AUTHENTICATION, SQL_SERVER
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, broken, kept

ON = SQL_SERVER
NEEDS = (ENTRA_ONLY_AUTHENTICATION,)
SEVERITY = Severity.HIGH
ADMINISTRATORS = "administrators.azureADOnlyAuthentication"
ABSENT = {
    ADMINISTRATORS: "https://learn.microsoft.com/rest/api/sql/servers/get: administrators are told on request only; "
    "https://learn.microsoft.com/rest/api/sql/server-azure-ad-only-authentications/get: what holds after creation"
}


def judge(server: Resource, estate: Estate) -> Ruling:
    settings = estate.children(server, ENTRA_ONLY_AUTHENTICATION)
    # Where the setting itself was seen, it says what holds; without it the server must say so.
    told = server.read(ADMINISTRATORS, bool, absent=True) if settings else server.read(ADMINISTRATORS, bool)
    if told is not True:
        return broken("SQL logins are accepted", change={ADMINISTRATORS: True})
    for setting in settings:
        if setting.read("azureADOnlyAuthentication", bool) is not True:
            change = {"azureADOnlyAuthentication": True}
            return broken(f"{setting.name} accepts SQL logins again", change=change, subject=setting)
    return kept("only Entra identities are accepted")


def _setting(value: object) -> tuple[Neighbour, ...]:
    body = {"serverName": {"$reference": "it"}, "azureADOnlyAuthentication": value}
    return (Neighbour(ENTRA_ONLY_AUTHENTICATION, body, name="Default"),)


_ON = {"administrators": {"azureADOnlyAuthentication": True}}
EXAMPLES = (
    Example(Verdict.KEPT, _ON),
    Example(Verdict.KEPT, _ON, _setting(value=True)),
    Example(Verdict.BROKEN, {"administrators": {"azureADOnlyAuthentication": False}}),
    Example(Verdict.BROKEN, _ON, _setting(value=False), note="switched back after creation"),
    Example(Verdict.KEPT, {}, _setting(value=True), note="as Azure lists servers, without their administrators"),
    Example(Verdict.UNPROVEN, {"administrators": None}),
    Example(Verdict.UNPROVEN, _ON, _setting(value=None)),
)
