"""Backup policies run as often, and keep as long, as promised.

Catalogue: BCK-10.

## Why we promise this
A backup from last week loses a week of work, and one that is gone after a month does not help whoever notices late.
A daily backup keeps this promise; a policy that says hourly is held to the promised interval. For databases on
machines it is the full backup that is judged so, and the interval of the log backups beside it. A policy that protects
nothing promises nothing: Azure puts several into every vault.

## How to keep it
In `schedule_policy` set `schedule_run_frequency` to `"Daily"`, or to `"Hourly"` with an `interval` within the promise;
in `retention_policy.daily_schedule.retention_duration` set `count` and `duration_type`.
"""

from typing import Any

from audit.kinds.recoveryservices import BACKUP_POLICY, PROTECTED_ITEM
from audit.model import (
    Estate,
    Example,
    Facts,
    Neighbour,
    Part,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    days,
    every,
    kept,
    not_applicable,
    same,
)

ON = BACKUP_POLICY
NEEDS = (PROTECTED_ITEM,)
SEVERITY = Severity.HIGH
FREQUENCY = "schedulePolicy.scheduleRunFrequency"
INTERVAL = "schedulePolicy.hourlySchedule.interval"
LOG_MINUTES = "schedulePolicy.scheduleFrequencyInMins"
# The two shapes of the SDK's `RetentionPolicy` and where each keeps the duration of daily copies.
DURATIONS = {
    "LongTermRetentionPolicy": "retentionPolicy.dailySchedule.retentionDuration",
    "SimpleRetentionPolicy": "retentionPolicy.retentionDuration",
}


def judge(policy: Resource, estate: Estate, targets: Targets) -> Ruling:
    if not estate.referrers(policy, PROTECTED_ITEM, "policyId"):
        return not_applicable("nothing is protected by this policy")
    protected = policy.read("backupManagementType", str)
    if same(protected, "AzureIaasVM"):
        return _judge_copies(policy, targets)
    if same(protected, "AzureWorkload"):
        return _judge_workload(policy, targets)
    raise Unseen(f"how policies for {protected} say their schedule is not known to this control")


def _judge_workload(policy: Resource, targets: Targets) -> Ruling:
    """Rule on a database policy: its full backups as any other, its log backups by their interval.

    A policy without log backups is not broken by it: databases in the simple recovery model have none.
    """
    parts = policy.each("subProtectionPolicy")
    full, logs = _of_type(parts, "Full"), _of_type(parts, "Log")
    if not full:
        return broken("the policy makes no full backup")
    most = targets.number("backup.log_minutes")
    for part in logs:
        minutes = part.read(LOG_MINUTES, int)
        if minutes > most:
            reason = f"logs are backed up every {minutes} minutes, promised {most}"
            return broken(reason, change={part.path(LOG_MINUTES): most})
    return every(lambda part: _judge_copies(part, targets), full)


def _of_type(parts: tuple[Part, ...], kind: str) -> list[Part]:
    """Return the parts of a database policy that make one kind of copy (`Full`, `Log`); raises as `read` does."""
    return [part for part in parts if same(part.read("policyType", str), kind)]


def _judge_copies(policy: Facts, targets: Targets) -> Ruling:
    """Rule on how often a policy, or a part of one, makes a copy, and how long it keeps the daily ones.

    Durations are compared in days: a week counts 7, a month 30 and a year 365.
    """
    frequency = policy.read(FREQUENCY, str)
    if same(frequency, "Hourly"):
        most, hours = targets.number("backup.interval_hours"), policy.read(INTERVAL, int)
        if hours > most:
            return broken(f"every {hours} hours, promised {most}", change={policy.path(INTERVAL): most})
        frequency = f"every {hours} hours"
    elif not same(frequency, "Daily"):
        return broken(f"backed up {frequency}, promised Daily", change={policy.path(FREQUENCY): "Daily"})
    path, promised = _duration(policy), targets.number("backup.daily_days")
    unit = policy.read(f"{path}.durationType", str)
    seen = days(f"P{policy.read(f'{path}.count', int)}{unit[:1].upper()}")
    if seen < promised:
        change = {policy.path(f"{path}.count"): promised, policy.path(f"{path}.durationType"): "Days"}
        return broken(f"kept {seen} days, promised {promised}", change=change)
    return kept(f"backed up {frequency}, kept {seen} days, promised {promised}")


def _duration(policy: Facts) -> str:
    """Give the path of the retention of daily copies; raises `Unseen` for a kind of retention that is not known."""
    shape = policy.read("retentionPolicy.retentionPolicyType", str)
    for name, path in DURATIONS.items():
        if same(shape, name):
            return path
    raise Unseen(f"{policy.path('retentionPolicy.retentionPolicyType')} is {shape}, which this control does not know")


_USED = (Neighbour(PROTECTED_ITEM, {"policyId": {"$reference": "it"}}),)
_TARGETS = {"backup.daily_days": 35, "backup.interval_hours": 4, "backup.log_minutes": 60}


def _copies(count: int | None, unit: str, schedule: dict[str, Any]) -> dict[str, Any]:
    duration = {"count": count, "durationType": unit}
    daily = {"retentionDuration": duration}
    return {
        "schedulePolicy": schedule,
        "retentionPolicy": {"retentionPolicyType": "LongTermRetentionPolicy", "dailySchedule": daily},
    }


_DAILY = {"schedulePolicyType": "SimpleSchedulePolicy", "scheduleRunFrequency": "Daily"}


def _hourly(hours: int) -> dict[str, Any]:
    hourly = {"interval": hours, "scheduleWindowDuration": 24}
    return {
        "schedulePolicyType": "SimpleSchedulePolicyV2",
        "scheduleRunFrequency": "Hourly",
        "hourlySchedule": hourly,
    }


def _machines(verdict: Verdict, count: int | None, unit: str = "Days", **schedule: Any) -> Example:
    body = {"backupManagementType": "AzureIaasVM", **_copies(count, unit, schedule or _DAILY)}
    return Example(verdict, body, _USED, _TARGETS)


def _databases(verdict: Verdict, count: int, minutes: int, note: str = "") -> Example:
    log = {
        "policyType": "Log",
        "schedulePolicy": {"schedulePolicyType": "LogSchedulePolicy", "scheduleFrequencyInMins": minutes},
    }
    parts = [{"policyType": "Full", **_copies(count, "Days", _DAILY)}, log]
    body = {"backupManagementType": "AzureWorkload", "subProtectionPolicy": parts}
    return Example(verdict, body, _USED, _TARGETS, note)


_LOGS_ONLY = {"backupManagementType": "AzureWorkload", "subProtectionPolicy": [{"policyType": "Log"}]}

EXAMPLES = (
    _machines(Verdict.BROKEN, 34),
    _machines(Verdict.KEPT, 35),
    _machines(Verdict.KEPT, 36),
    _machines(Verdict.BROKEN, 4, "Weeks"),
    _machines(Verdict.KEPT, 5, "Weeks"),
    _machines(Verdict.BROKEN, 1, "Months"),
    _machines(Verdict.KEPT, 2, "Months"),
    _machines(Verdict.KEPT, 1, "Years"),
    _machines(Verdict.KEPT, 35, **_hourly(4)),
    _machines(Verdict.BROKEN, 35, **_hourly(6)),
    _machines(Verdict.BROKEN, 35, **{**_DAILY, "scheduleRunFrequency": "Weekly"}),
    _machines(Verdict.UNPROVEN, None),
    _machines(Verdict.UNPROVEN, 35, "Invalid"),
    _databases(Verdict.KEPT, 35, 60),
    _databases(Verdict.BROKEN, 34, 15, "full backups go too early"),
    _databases(Verdict.BROKEN, 35, 61, "logs come too seldom"),
    Example(Verdict.BROKEN, _LOGS_ONLY, _USED, _TARGETS, "logs without a full backup restore nothing"),
    Example(Verdict.UNPROVEN, {"backupManagementType": "MAB"}, _USED, _TARGETS, "another product's shape"),
    Example(Verdict.NOT_APPLICABLE, {"backupManagementType": "AzureIaasVM"}, note="it protects nothing"),
)
