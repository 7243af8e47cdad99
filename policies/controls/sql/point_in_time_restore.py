"""A database can be put back to any moment of the last weeks.

Catalogue: SQL-13.

## Why we promise this
A wrong deletion is often seen late; until then, the moment before it must stay restorable.

## How to keep it
Declare `sql.BackupShortTermRetentionPolicy` for each database with `policy_name="default"`, `retention_days=35` and
`diff_backup_interval_in_hours=12`. The live audit adds the earliest moment that Azure can restore.
"""

from audit.kinds.sql import SHORT_TERM_RETENTION, SQL_DATABASE, is_master
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
    not_applicable,
)

ON = SQL_DATABASE
NEEDS = (SHORT_TERM_RETENTION,)
SEVERITY = Severity.HIGH


def judge(database: Resource, estate: Estate, targets: Targets) -> Ruling:
    if is_master(database):
        return not_applicable("Azure keeps the master database itself")
    policies = estate.children(database, SHORT_TERM_RETENTION)
    if not policies:
        return missing(
            "nothing says how long the database can be put back",
            declare='sql.BackupShortTermRetentionPolicy(database_name=…, policy_name="default", retention_days=…, …)',
        )
    # A policy that names its database by text may be its namesake's on another server: all of them must do.
    return every(lambda policy: _judge_policy(policy, targets), policies)


def _judge_policy(policy: Resource, targets: Targets) -> Ruling:
    """Rule on one policy: days that can be restored to, and hours between differential backups (12 or 24 in Azure)."""
    promised = targets.number("sql.restore_days")
    seen = policy.read("retentionDays", int)
    if seen < promised:
        return broken(f"kept {seen} days, promised {promised}", change={"retentionDays": promised}, subject=policy)
    most, interval = targets.number("sql.differential_hours"), policy.read("diffBackupIntervalInHours", int)
    if interval > most:
        reason = f"a differential backup every {interval} hours, promised every {most}"
        return broken(reason, change={"diffBackupIntervalInHours": most}, subject=policy)
    return kept(f"kept {seen} days, promised {promised}; a differential backup every {interval} hours")


def _policy(retention: object, interval: object = 12, name: str = "default") -> tuple[Neighbour, ...]:
    body = {"databaseName": {"$reference": "it"}, "retentionDays": retention, "diffBackupIntervalInHours": interval}
    return (Neighbour(SHORT_TERM_RETENTION, body, name=name),)


_TARGETS = {"sql.restore_days": 35, "sql.differential_hours": 12}
EXAMPLES = (
    Example(Verdict.BROKEN, {}, _policy(34), _TARGETS, "a day too short"),
    Example(Verdict.KEPT, {}, _policy(35), _TARGETS, "the day promised"),
    Example(Verdict.KEPT, {}, _policy(36), _TARGETS, "a day more"),
    Example(Verdict.KEPT, {}, _policy(35.0), _TARGETS, "a number as Pulumi sends it"),
    Example(Verdict.BROKEN, {}, _policy(7), _TARGETS, "what Azure gives where nothing is set"),
    Example(Verdict.BROKEN, {}, _policy(35, 24), _TARGETS, "one differential backup a day"),
    Example(Verdict.BROKEN, {}, (*_policy(35), *_policy(7, name="other")), _TARGETS, "one of two falls short"),
    Example(Verdict.BROKEN, {}, targets=_TARGETS, note="no policy"),
    Example(Verdict.UNPROVEN, {}, _policy(None), _TARGETS),
    Example(Verdict.UNPROVEN, {}, _policy(35, None), _TARGETS),
    Example(Verdict.UNPROVEN, {}, _policy("35"), _TARGETS, "a text where a number belongs"),
    Example(Verdict.NOT_APPLICABLE, {"databaseName": "master"}),
)
