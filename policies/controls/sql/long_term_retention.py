"""Weekly and monthly backups of a database are kept for the long term.

Catalogue: SQL-14.

## Why we promise this
A loss that nobody noticed for months can still be made good.

## How to keep it
Declare `sql.LongTermRetentionPolicy` for each database with `policy_name="default"`, `weekly_retention="P4W"` and
`monthly_retention="P12M"`; `PT0S` means none. Yearly backups follow the retention schedule, and are not judged here.
"""

from math import ceil

from audit.kinds.sql import LONG_TERM_RETENTION, SQL_DATABASE, is_master
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
    days,
    every,
    kept,
    missing,
    not_applicable,
)

ON = SQL_DATABASE
NEEDS = (LONG_TERM_RETENTION,)
SEVERITY = Severity.HIGH
RHYTHMS = (("weekly", "W", 7), ("monthly", "M", 30))
"""Each rhythm with the unit Azure counts it in, and that unit's days."""


def judge(database: Resource, estate: Estate, targets: Targets) -> Ruling:
    if is_master(database):
        return not_applicable("Azure keeps the master database itself")
    policies = estate.children(database, LONG_TERM_RETENTION)
    if not policies:
        return missing(
            "nothing says how long backups are kept",
            declare='sql.LongTermRetentionPolicy(database_name=…, policy_name="default", weekly_retention=…, …)',
        )
    # A policy that names its database by text may be its namesake's on another server: all of them must do.
    return every(lambda policy: _judge_policy(policy, targets), policies)


def _judge_policy(policy: Resource, targets: Targets) -> Ruling:
    """Rule on one policy, rhythm by rhythm; the change rounds up to whole weeks, months or years."""
    reasons, changes = [], {}
    for rhythm, unit, length in RHYTHMS:
        promised = targets.number(f"sql.{rhythm}_backup_days")
        seen = policy.read(f"{rhythm}Retention", str)
        reasons.append(f"{rhythm} backups kept {seen}, promised {promised} days")
        if days(seen) < promised:
            changes[f"{rhythm}Retention"] = f"P{ceil(promised / length)}{unit}"
    if changes:
        return broken("; ".join(reasons), change=changes, subject=policy)
    return kept("; ".join(reasons))


def _policy(weekly: object, monthly: object) -> tuple[Neighbour, ...]:
    body = {"databaseName": {"$reference": "it"}, "weeklyRetention": weekly, "monthlyRetention": monthly}
    return (Neighbour(LONG_TERM_RETENTION, body, name="default"),)


_TARGETS = {"sql.weekly_backup_days": 28, "sql.monthly_backup_days": 360}
EXAMPLES = (
    Example(Verdict.KEPT, {}, _policy("P4W", "P12M"), _TARGETS, "what is promised"),
    Example(Verdict.KEPT, {}, _policy("P28D", "P1Y"), _TARGETS, "the same in other words"),
    Example(Verdict.BROKEN, {}, _policy("P27D", "P12M"), _TARGETS, "a day too short"),
    Example(Verdict.BROKEN, {}, _policy("P3W", "P12M"), _TARGETS),
    Example(Verdict.BROKEN, {}, _policy("P4W", "P11M"), _TARGETS),
    Example(Verdict.BROKEN, {}, _policy("PT0S", "PT0S"), _TARGETS, "switched off"),
    Example(Verdict.BROKEN, {}, targets=_TARGETS, note="no policy"),
    Example(Verdict.UNPROVEN, {}, _policy(None, "P12M"), _TARGETS),
    Example(Verdict.UNPROVEN, {}, _policy("P4W", "twelve months"), _TARGETS, "no duration"),
    Example(Verdict.NOT_APPLICABLE, {"databaseName": "master"}),
)
