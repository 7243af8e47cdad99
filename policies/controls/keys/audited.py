"""Every use of a key is written down.

Catalogue: KEY-09.

## Why we promise this
Who decrypted what, and when, is the first question after a breach.

## How to keep it
Declare `monitor.DiagnosticSetting` with `resource_uri=vault.id`, a `workspace_id`, and an enabled log of category
`AuditEvent` (or of category group `audit` or `allLogs`). The live audit adds that entries arrive.
"""

from audit.kinds.diagnostics import example, sends
from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.keyvault import KEY_VAULT
from audit.model import Estate, Example, Resource, Ruling, Severity, Verdict, kept, missing

ON = KEY_VAULT
NEEDS = (DIAGNOSTIC_SETTING,)
SEVERITY = Severity.HIGH


def judge(vault: Resource, estate: Estate) -> Ruling:
    for setting in estate.children(vault, DIAGNOSTIC_SETTING):
        if sends(setting, "AuditEvent", "audit", "allLogs"):
            return kept(f"{setting.name} sends AuditEvent to the workspace")
    return missing(
        "no setting sends AuditEvent to a workspace",
        declare='monitor.DiagnosticSetting(resource_uri=vault.id, workspace_id=…, logs=[…(category="AuditEvent")])',
    )


EXAMPLES = (
    Example(Verdict.KEPT, {}, (example({"category": "AuditEvent", "enabled": True}),)),
    Example(Verdict.KEPT, {}, (example({"categoryGroup": "allLogs", "enabled": True}),)),
    Example(Verdict.BROKEN, {}, (example({"category": "AuditEvent", "enabled": False}),)),
    Example(Verdict.BROKEN, {}, (example({"category": "AzurePolicyEvaluationDetails", "enabled": True}),)),
    Example(
        Verdict.BROKEN,
        {},
        (example({"category": "AuditEvent", "enabled": True}, workspaceId=None),),
        note="no workspace",
    ),
    Example(Verdict.BROKEN, {}, note="no setting"),
    Example(Verdict.UNPROVEN, {}, (example({"category": "AuditEvent"}),), note="nothing says that it is on"),
)
