"""Attacks on the databases raise an alarm that somebody gets.

Catalogue: SQL-11.

## Why we promise this
An injection or a stolen login is told to us within minutes, not found in the logs months later.

## How to keep it
Declare `sql.ServerSecurityAlertPolicy` on the server with `state="Enabled"`, `disabled_alerts=[]` and
`email_account_admins=True` (or `email_addresses`). The live audit adds the Defender plan of the subscription.
"""

from audit.kinds.sql import SECURITY_ALERT_POLICY, SQL_SERVER
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    every,
    kept,
    missing,
    same,
)

ON = SQL_SERVER
NEEDS = (SECURITY_ALERT_POLICY,)
SEVERITY = Severity.HIGH


def judge(server: Resource, estate: Estate) -> Ruling:
    policies = estate.children(server, SECURITY_ALERT_POLICY)
    if not policies:
        return missing(
            "nothing says that attacks raise an alarm",
            declare='sql.ServerSecurityAlertPolicy(server_name=…, state="Enabled", disabled_alerts=[], …)',
        )
    return every(_judge_policy, policies)


def _judge_policy(policy: Resource) -> Ruling:
    """Rule on one policy: on, with every kind of alarm."""
    state = policy.read("state", str)
    if not same(state, "Enabled"):
        return broken(f"threat detection is {state}, promised Enabled", change={"state": "Enabled"}, subject=policy)
    # Azure answers an empty list as one empty text.
    silent = [alert for alert in policy.texts("disabledAlerts") if alert]
    if silent:
        reason = f"{', '.join(silent)} raise no alarm, promised all"
        return broken(reason, change={"disabledAlerts": []}, subject=policy)
    # Administrators and addresses are two ways to be told: without the first, the second must be seen.
    if policy.read("emailAccountAdmins", bool) is True:
        return kept("every alert is sent to the administrators")
    if any(policy.texts("emailAddresses")):
        return kept("every alert is sent to the addresses named")
    return broken("alerts are sent to nobody", change={"emailAccountAdmins": True}, subject=policy)


def _policy(**change: object) -> tuple[Neighbour, ...]:
    body = {"serverName": {"$reference": "it"}, "state": "Enabled", "disabledAlerts": [], "emailAccountAdmins": True}
    return (Neighbour(SECURITY_ALERT_POLICY, {**body, **change}, name="Default"),)


_OFF = Neighbour(SECURITY_ALERT_POLICY, {"serverName": {"$reference": "it"}, "state": "Disabled"}, name="second")

EXAMPLES = (
    Example(Verdict.BROKEN, {}, (*_policy(), _OFF), note="a second policy switches it off"),
    Example(Verdict.KEPT, {}, _policy()),
    Example(Verdict.KEPT, {}, _policy(disabledAlerts=[""]), note="an empty list as Azure answers it"),
    Example(Verdict.KEPT, {}, _policy(emailAccountAdmins=False, emailAddresses=["alerts@example.org"])),
    Example(Verdict.BROKEN, {}, _policy(state="Disabled")),
    Example(Verdict.BROKEN, {}, _policy(disabledAlerts=["Sql_Injection"])),
    Example(Verdict.BROKEN, {}, _policy(emailAccountAdmins=False, emailAddresses=[""]), note="nobody is told"),
    Example(Verdict.BROKEN, {}, note="no policy"),
    Example(Verdict.UNPROVEN, {}, _policy(disabledAlerts=None)),
    Example(Verdict.UNPROVEN, {}, _policy(emailAccountAdmins=None)),
)
