"""Nobody attaches a debugger to a web app.

Catalogue: WEB-06.

## Why we promise this
A debugger reads the memory of the running site: every visitor's form, every session.

## How to keep it
Set `remote_debugging_enabled=False` in the `site_config` of the web app and of each of its slots.
"""

from audit.kinds.web import WEB_APP, WEB_APP_SLOT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = (WEB_APP, WEB_APP_SLOT)
SEVERITY = Severity.MEDIUM


def judge(site: Resource) -> Ruling:
    if site.read("siteConfig.remoteDebuggingEnabled", bool) is False:
        return kept("remote debugging is off")
    return broken("remote debugging is on, promised off", change={"siteConfig.remoteDebuggingEnabled": False})


EXAMPLES = (
    Example(Verdict.KEPT, {"siteConfig": {"remoteDebuggingEnabled": False}}),
    Example(Verdict.KEPT, {"siteConfig": {"remoteDebuggingEnabled": False}}, kind=WEB_APP_SLOT),
    Example(Verdict.BROKEN, {"siteConfig": {"remoteDebuggingEnabled": True}}),
    Example(Verdict.UNPROVEN, {"siteConfig": {}}),
    Example(Verdict.UNPROVEN, {"siteConfig": {"remoteDebuggingEnabled": "false"}}, note="text is not a boolean"),
)
