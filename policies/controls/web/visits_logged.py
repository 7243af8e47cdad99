"""Every request to a web app is written down.

Catalogue: WEB-06.

## Why we promise this
Which pages an intruder opened, and from where, is known only from a log that was being written at the time.

## How to keep it
Declare `monitor.DiagnosticSetting` with `resource_uri` of the web app, `workspace_id` of the log workspace, and an
enabled log of category `AppServiceHTTPLogs` (or of the category group `allLogs`); a slot needs one of its own.
"""

from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.web import WEB_APP, WEB_APP_SLOT
from audit.model import Estate, Example, Neighbour, Part, Resource, Ruling, Severity, Verdict, kept, missing, same

ON = (WEB_APP, WEB_APP_SLOT)
NEEDS = (DIAGNOSTIC_SETTING,)
SEVERITY = Severity.MEDIUM

CATEGORY = "AppServiceHTTPLogs"


def judge(site: Resource, estate: Estate) -> Ruling:
    for setting in estate.children(site, DIAGNOSTIC_SETTING):
        # A setting without a workspace keeps its logs elsewhere, and is not the one looked for.
        if setting.link("workspaceId", absent="") and any(carries_requests(log) for log in setting.each("logs")):
            return kept(f"{setting.name} sends {CATEGORY} to the workspace")
    return missing(
        f"no setting sends {CATEGORY} to a workspace",
        declare=f'monitor.DiagnosticSetting(resource_uri=site.id, workspace_id=…, logs=[…(category="{CATEGORY}")])',
    )


def carries_requests(log: Part) -> bool:
    """Tell whether a log is on and carries requests, by its own name or within the group of all; it has one of both."""
    named = same(log.read("category", str, absent=""), CATEGORY)
    grouped = same(log.read("categoryGroup", str, absent=""), "allLogs")
    return (named or grouped) and log.read("enabled", bool) is True


def _setting(log: object, workspace: object = "/subscriptions/x/workspaces/y") -> tuple[Neighbour, ...]:
    body = {"resourceUri": {"$reference": "it"}, "workspaceId": workspace, "logs": [log]}
    return (Neighbour(DIAGNOSTIC_SETTING, body, name="to-workspace"),)


EXAMPLES = (
    Example(Verdict.KEPT, {}, _setting({"category": CATEGORY, "enabled": True})),
    Example(Verdict.KEPT, {}, _setting({"category": CATEGORY, "enabled": True}), kind=WEB_APP_SLOT),
    Example(Verdict.KEPT, {}, _setting({"categoryGroup": "allLogs", "enabled": True})),
    Example(Verdict.BROKEN, {}, _setting({"category": CATEGORY, "enabled": False})),
    Example(
        Verdict.BROKEN, {}, _setting({"categoryGroup": "audit", "enabled": True}), note="requests are no audit log"
    ),
    Example(Verdict.BROKEN, {}, _setting({"category": CATEGORY, "enabled": True}, None), note="no workspace"),
    Example(Verdict.BROKEN, {}, note="no setting"),
    Example(Verdict.UNPROVEN, {}, _setting({"category": CATEGORY}), note="nothing says that it is on"),
)
