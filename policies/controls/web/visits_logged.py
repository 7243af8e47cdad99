"""Every request to a web app is written down.

Catalogue: WEB-06.

## Why we promise this
Which pages an intruder opened, and from where, is known only from a log that was being written at the time.

## How to keep it
Declare `monitor.DiagnosticSetting` with `resource_uri` of the web app, `workspace_id` of the log workspace, and an
enabled log of category `AppServiceHTTPLogs` (or of the category group `allLogs`); a slot needs one of its own.
"""

from audit.kinds.diagnostics import example, sends
from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.web import WEB_APP, WEB_APP_SLOT
from audit.model import Estate, Example, Resource, Ruling, Severity, Verdict, kept, missing

ON = (WEB_APP, WEB_APP_SLOT)
NEEDS = (DIAGNOSTIC_SETTING,)
SEVERITY = Severity.MEDIUM

CATEGORY = "AppServiceHTTPLogs"


def judge(site: Resource, estate: Estate) -> Ruling:
    for setting in estate.children(site, DIAGNOSTIC_SETTING):
        # Requests are no audit log, and not in the group of those.
        if sends(setting, CATEGORY, "allLogs"):
            return kept(f"{setting.name} sends {CATEGORY} to the workspace")
    return missing(
        f"no setting sends {CATEGORY} to a workspace",
        declare=f'monitor.DiagnosticSetting(resource_uri=site.id, workspace_id=…, logs=[…(category="{CATEGORY}")])',
    )


EXAMPLES = (
    Example(Verdict.KEPT, {}, (example({"category": CATEGORY, "enabled": True}),)),
    Example(Verdict.KEPT, {}, (example({"category": CATEGORY, "enabled": True}),), kind=WEB_APP_SLOT),
    Example(Verdict.KEPT, {}, (example({"categoryGroup": "allLogs", "enabled": True}),)),
    Example(Verdict.BROKEN, {}, (example({"category": CATEGORY, "enabled": False}),)),
    Example(
        Verdict.BROKEN, {}, (example({"categoryGroup": "audit", "enabled": True}),), note="requests are no audit log"
    ),
    Example(
        Verdict.BROKEN, {}, (example({"category": CATEGORY, "enabled": True}, workspaceId=None),), note="no workspace"
    ),
    Example(Verdict.BROKEN, {}, note="no setting"),
    Example(Verdict.UNPROVEN, {}, (example({"category": CATEGORY}),), note="nothing says that it is on"),
)
