"""Every use of a key is written down.

Catalogue: KEY-09.

## Why we promise this
Who decrypted what, and when, is the first question after a breach.

## How to keep it
Declare `monitor.DiagnosticSetting` with `resource_uri=vault.id`, a `workspace_id`, and an enabled log of category
`AuditEvent` (or of category group `audit` or `allLogs`). The live audit adds that entries arrive.
"""

from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.keyvault import KEY_VAULT
from audit.model import Estate, Example, Neighbour, Part, Resource, Ruling, Severity, Verdict, kept, missing, same

ON = KEY_VAULT
NEEDS = (DIAGNOSTIC_SETTING,)
SEVERITY = Severity.HIGH


def judge(vault: Resource, estate: Estate) -> Ruling:
    for setting in estate.children(vault, DIAGNOSTIC_SETTING):
        # A setting without a workspace keeps its logs elsewhere, and is not the one looked for.
        if setting.link("workspaceId", absent="") and any(_is_audit(log) for log in setting.each("logs")):
            return kept(f"{setting.name} sends AuditEvent to the workspace")
    return missing(
        "no setting sends AuditEvent to a workspace",
        declare='monitor.DiagnosticSetting(resource_uri=vault.id, workspace_id=…, logs=[…(category="AuditEvent")])',
    )


def _is_audit(log: Part) -> bool:
    """Tell whether a log is on and carries AuditEvent, by its own name or within a group; a log has one of the two."""
    named = same(log.read("category", str, absent=""), "AuditEvent")
    grouped = log.read("categoryGroup", str, absent="").lower() in ("audit", "alllogs")
    return (named or grouped) and log.read("enabled", bool) is True


def _setting(log: object, workspace: object = "/subscriptions/x/workspaces/y") -> tuple[Neighbour, ...]:
    body = {"resourceUri": {"$reference": "it"}, "workspaceId": workspace, "logs": [log]}
    return (Neighbour(DIAGNOSTIC_SETTING, body, name="to-workspace"),)


EXAMPLES = (
    Example(Verdict.KEPT, {}, _setting({"category": "AuditEvent", "enabled": True})),
    Example(Verdict.KEPT, {}, _setting({"categoryGroup": "allLogs", "enabled": True})),
    Example(Verdict.BROKEN, {}, _setting({"category": "AuditEvent", "enabled": False})),
    Example(Verdict.BROKEN, {}, _setting({"category": "AzurePolicyEvaluationDetails", "enabled": True})),
    Example(Verdict.BROKEN, {}, _setting({"category": "AuditEvent", "enabled": True}, None), note="no workspace"),
    Example(Verdict.BROKEN, {}, note="no setting"),
    Example(Verdict.UNPROVEN, {}, _setting({"category": "AuditEvent"}), note="nothing says that it is on"),
)
