"""Web apps sign in to other services as themselves, without a stored password.

Catalogue: WEB-06.

## Why we promise this
A password in an app's settings is read by whoever reads the settings, and works from anywhere.

## How to keep it
Give the web app and each of its slots `identity=web.ManagedServiceIdentityArgs(type="SystemAssigned")`, or one that
is assigned by the user.
"""

from audit.kinds.web import WEB_APP, WEB_APP_SLOT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = (WEB_APP, WEB_APP_SLOT)
SEVERITY = Severity.MEDIUM


def judge(site: Resource) -> Ruling:
    identity = site.read("identity.type", str)
    if same(identity, "None"):
        return broken("the site has no identity of its own", change={"identity.type": "SystemAssigned"})
    return kept(f"the site's identity is {identity}")


EXAMPLES = (
    Example(Verdict.KEPT, {"identity": {"type": "SystemAssigned"}}),
    Example(Verdict.KEPT, {"identity": {"type": "SystemAssigned, UserAssigned"}}, note="both"),
    Example(Verdict.KEPT, {"identity": {"type": "UserAssigned"}}, kind=WEB_APP_SLOT),
    Example(Verdict.BROKEN, {"identity": {"type": "None"}}),
    Example(Verdict.UNPROVEN, {}),
    Example(Verdict.UNPROVEN, {"identity": {"type": None}}),
)
