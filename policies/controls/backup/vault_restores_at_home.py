"""Backups are restored into our own subscription only.

Catalogue: BCK-07.

## Why we promise this
A restore into a subscription that nobody audits is a way to carry everything out without touching a machine.

## How to keep it
In `restore_settings.cross_subscription_restore_settings` of the vault set
`cross_subscription_restore_state="Disabled"`, or `"PermanentlyDisabled"`, which nobody can undo.
"""

from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = RECOVERY_VAULT
SEVERITY = Severity.MEDIUM
STATE = "restoreSettings.crossSubscriptionRestoreSettings.crossSubscriptionRestoreState"
CLOSED = ("Disabled", "PermanentlyDisabled")


def judge(vault: Resource) -> Ruling:
    state = vault.read(STATE, str)
    if any(same(state, closed) for closed in CLOSED):
        return kept(f"restores into other subscriptions are {state}")
    return broken(f"restores into other subscriptions are {state}, promised Disabled", change={STATE: "Disabled"})


def _case(verdict: Verdict, state: object) -> Example:
    settings = {"crossSubscriptionRestoreSettings": {"crossSubscriptionRestoreState": state}}
    return Example(verdict, {"restoreSettings": settings})


EXAMPLES = (
    _case(Verdict.KEPT, "Disabled"),
    _case(Verdict.KEPT, "PermanentlyDisabled"),
    _case(Verdict.BROKEN, "Enabled"),
    _case(Verdict.UNPROVEN, None),
    Example(Verdict.UNPROVEN, {}),
)
