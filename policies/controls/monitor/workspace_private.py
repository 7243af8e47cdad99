"""Logs are written and read over the private network only, by those who sign in.

Catalogue: MON-03.

## Why we promise this
Logs name people and what they did. A shared key lets whoever has it write false entries, and leaves no name.

## How to keep it
On the `operationalinsights.Workspace`, set `public_network_access_for_ingestion="Disabled"`,
`public_network_access_for_query="Disabled"` and `disable_local_auth=True` in `features`. Diagnostic settings of
Azure go on arriving: they do not come through the public endpoint.
"""

from audit.kinds.operationalinsights import WORKSPACE
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = WORKSPACE
SEVERITY = Severity.MEDIUM

DOORS = {"publicNetworkAccessForIngestion": "written", "publicNetworkAccessForQuery": "read"}


def judge(workspace: Resource) -> Ruling:
    for path, what in DOORS.items():
        access = workspace.read(path, str)
        if not same(access, "Disabled"):
            reason = f"logs are {what} from the public network ({access}), promised Disabled"
            return broken(reason, change={path: "Disabled"})
    if workspace.read("features.disableLocalAuth", bool) is not True:
        return broken("shared keys are accepted, promised sign-in only", change={"features.disableLocalAuth": True})
    return kept("public access is Disabled for writing and reading, and shared keys are refused")


_GOOD = {**dict.fromkeys(DOORS, "Disabled"), "features": {"disableLocalAuth": True}}

EXAMPLES = (
    Example(Verdict.KEPT, _GOOD),
    Example(Verdict.BROKEN, {**_GOOD, "publicNetworkAccessForIngestion": "Enabled"}),
    Example(Verdict.BROKEN, {**_GOOD, "publicNetworkAccessForQuery": "Enabled"}),
    Example(Verdict.BROKEN, {**_GOOD, "publicNetworkAccessForQuery": "SecuredByPerimeter"}, note="not ours to judge"),
    Example(Verdict.BROKEN, {**_GOOD, "features": {"disableLocalAuth": False}}),
    Example(Verdict.UNPROVEN, {**_GOOD, "publicNetworkAccessForIngestion": None}),
    Example(Verdict.UNPROVEN, {**_GOOD, "features": {}}),
)
