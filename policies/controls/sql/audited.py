"""What is done in the databases is written down, and kept long enough.

Catalogue: SQL-09.

## Why we promise this
Who read whose data, and who tried to sign in, must be answerable after the fact.

## How to keep it
Declare `sql.ExtendedServerBlobAuditingPolicy` on the server with `state="Enabled"`, the three groups
`BATCH_COMPLETED_GROUP`, `SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP` and `FAILED_DATABASE_AUTHENTICATION_GROUP`, and
`is_azure_monitor_target_enabled=True`; or a `storage_endpoint` with `retention_days` as promised (0 keeps for ever).
"""

from audit.kinds.sql import EXTENDED_AUDITING, SQL_SERVER
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    every,
    kept,
    missing,
    same,
)

ON = SQL_SERVER
NEEDS = (EXTENDED_AUDITING,)
SEVERITY = Severity.HIGH
ABSENT = {"storageEndpoint": "azure-native 3.29 docstring of ExtendedServerBlobAuditingPolicy.storage_endpoint"}
GROUPS = (
    "BATCH_COMPLETED_GROUP",
    "SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP",
    "FAILED_DATABASE_AUTHENTICATION_GROUP",
)
FOR_EVER = 0
"""The retention by which Azure means that nothing is ever deleted."""


def judge(server: Resource, estate: Estate, targets: Targets) -> Ruling:
    policies = estate.children(server, EXTENDED_AUDITING)
    if not policies:
        return missing(
            "nothing says that the server is audited",
            declare='sql.ExtendedServerBlobAuditingPolicy(server_name=…, state="Enabled", …)',
        )
    return every(lambda policy: _judge_policy(policy, targets.number("sql.audit_days")), policies)


def _judge_policy(policy: Resource, promised: int) -> Ruling:
    """Rule on one auditing policy; the groups that are written already stay in the change that mends it."""
    state = policy.read("state", str)
    if not same(state, "Enabled"):
        return broken(f"auditing is {state}, promised Enabled", change={"state": "Enabled"}, subject=policy)
    written = {group.upper() for group in policy.texts("auditActionsAndGroups")}
    left_out = [group for group in GROUPS if group not in written]
    if left_out:
        change = {"auditActionsAndGroups": sorted(written | set(GROUPS))}
        return broken(f"auditing leaves out {', '.join(left_out)}", change=change, subject=policy)
    # Storage is one of two destinations: without it, the other one must be on.
    if policy.read("storageEndpoint", str, absent=""):
        seen = policy.read("retentionDays", int)
        if seen == FOR_EVER or seen >= promised:
            return kept(f"audited to storage, kept {seen or 'all'} days, promised {promised}")
    if policy.read("isAzureMonitorTargetEnabled", bool) is True:
        return kept("audited to Azure Monitor")
    reason = f"nothing keeps the audit for {promised} days"
    return broken(reason, change={"isAzureMonitorTargetEnabled": True}, subject=policy)


def _policy(**change: object) -> tuple[Neighbour, ...]:
    body = {
        "serverName": {"$reference": "it"},
        "state": "Enabled",
        "auditActionsAndGroups": list(GROUPS),
        "isAzureMonitorTargetEnabled": True,
    }
    return (Neighbour(EXTENDED_AUDITING, {**body, **change}, name="default"),)


def _stored(retention: int) -> tuple[Neighbour, ...]:
    endpoint = "https://logs.blob.core.windows.net"
    return _policy(storageEndpoint=endpoint, retentionDays=retention, isAzureMonitorTargetEnabled=False)


_YEAR = {"sql.audit_days": 365}
_OFF = (Neighbour(EXTENDED_AUDITING, {"serverName": {"$reference": "it"}, "state": "Disabled"}, name="second"),)
EXAMPLES = (
    Example(Verdict.KEPT, {}, _policy(), _YEAR),
    Example(Verdict.KEPT, {}, _stored(365), _YEAR),
    Example(Verdict.KEPT, {}, _stored(0), _YEAR, "kept for ever"),
    Example(Verdict.BROKEN, {}, _stored(364), _YEAR, "a day too short"),
    Example(Verdict.BROKEN, {}, _policy(isAzureMonitorTargetEnabled=False), _YEAR, "written nowhere"),
    Example(Verdict.BROKEN, {}, _policy(state="Disabled"), _YEAR),
    Example(Verdict.BROKEN, {}, (*_policy(), *_OFF), _YEAR, "a second policy switches it off"),
    Example(Verdict.BROKEN, {}, _policy(auditActionsAndGroups=list(GROUPS[:2])), _YEAR, "failed sign-ins left out"),
    Example(Verdict.BROKEN, {}, targets=_YEAR, note="no policy"),
    Example(Verdict.UNPROVEN, {}, _policy(isAzureMonitorTargetEnabled=None), _YEAR, "no destination seen"),
    Example(Verdict.UNPROVEN, {}, _policy(auditActionsAndGroups=None), _YEAR),
)
