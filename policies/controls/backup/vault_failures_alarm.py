"""A failed backup job raises an alarm.

Catalogue: BCK-07.

## Why we promise this
Whoever destroys data destroys its backups first: a backup that fails may be the first sign of a breach, and is told at
once.

## How to keep it
In `monitoring_settings.azure_monitor_alert_settings` of the vault set `alerts_for_all_job_failures="Enabled"`.
"""

from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = RECOVERY_VAULT
SEVERITY = Severity.MEDIUM
ALARM = "monitoringSettings.azureMonitorAlertSettings.alertsForAllJobFailures"


def judge(vault: Resource) -> Ruling:
    state = vault.read(ALARM, str)
    if same(state, "Enabled"):
        return kept("alarms of failed jobs are Enabled")
    return broken(f"alarms of failed jobs are {state}, promised Enabled", change={ALARM: "Enabled"})


def _case(verdict: Verdict, state: object) -> Example:
    settings = {"azureMonitorAlertSettings": {"alertsForAllJobFailures": state}}
    return Example(verdict, {"monitoringSettings": settings})


EXAMPLES = (
    _case(Verdict.KEPT, "Enabled"),
    _case(Verdict.BROKEN, "Disabled"),
    _case(Verdict.UNPROVEN, None),
    Example(Verdict.UNPROVEN, {}),
)
