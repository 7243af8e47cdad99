"""Deleted backups in Recovery Services vaults can be brought back, and nobody can switch that off.

Catalogue: BCK-02.

## Why we promise this
Whoever wants to destroy the data for good deletes its backups first.

## How to keep it
In `security_settings.soft_delete_settings` set `soft_delete_state="AlwaysON"`, `enhanced_security_state="AlwaysON"`
(for what backup servers and agents send) and `soft_delete_retention_period_in_days`.
"""

from typing import Any

from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept, same

ON = RECOVERY_VAULT
SEVERITY = Severity.CRITICAL
SETTINGS = "securitySettings.softDeleteSettings"
STATES = (f"{SETTINGS}.softDeleteState", f"{SETTINGS}.enhancedSecurityState")
DAYS = f"{SETTINGS}.softDeleteRetentionPeriodInDays"


def judge(vault: Resource, targets: Targets) -> Ruling:
    promised = targets.number("backup.soft_delete_days")
    for path in STATES:
        state = vault.read(path, str)
        if not same(state, "AlwaysON"):
            return broken(f"{path.rpartition('.')[2]} is {state}, promised AlwaysON", change={path: "AlwaysON"})
    days = vault.read(DAYS, int)
    if days < promised:
        return broken(f"deleted backups are kept {days} days, promised {promised}", change={DAYS: promised})
    return kept(f"deleted backups are kept {days} days, promised {promised}, and always")


def _case(verdict: Verdict, days: int | None, state: str = "AlwaysON", enhanced: str = "AlwaysON") -> Example:
    settings: dict[str, Any] = {"softDeleteState": state, "enhancedSecurityState": enhanced}
    body = {"securitySettings": {"softDeleteSettings": {**settings, "softDeleteRetentionPeriodInDays": days}}}
    return Example(verdict, body, targets={"backup.soft_delete_days": 30})


EXAMPLES = (
    _case(Verdict.BROKEN, 29),
    _case(Verdict.KEPT, 30),
    _case(Verdict.KEPT, 31, "AlwaysOn", "alwaysOn"),
    _case(Verdict.BROKEN, 30, "Enabled"),
    _case(Verdict.BROKEN, 30, enhanced="Disabled"),
    _case(Verdict.UNPROVEN, None),
    Example(Verdict.UNPROVEN, {}),
)
