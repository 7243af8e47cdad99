"""Logs are kept for a year.

Catalogue: MON-02.

## Why we promise this
A breach is often found months after it began; what happened is then told from logs, or not at all.

## How to keep it
Set `retention_in_days` of the workspace to the target `monitor.log_days` or more. A table with a retention of its
own needs as much: `total_retention_in_days`, or `retention_in_days` where the former is -1.
"""

from audit.kinds.operationalinsights import TABLE, WORKSPACE
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = WORKSPACE
NEEDS = (TABLE,)
SEVERITY = Severity.HIGH

# What Azure writes where a table keeps its rows as long as the workspace does.
INHERITED = -1
"""azure-native 3.29, docstring of Table: -1 takes the next longer-lived setting, at last the workspace's."""


def judge(workspace: Resource, estate: Estate, targets: Targets) -> Ruling:
    promised = targets.number("monitor.log_days")
    days = workspace.read("retentionInDays", int)
    if days < promised:
        return broken(f"logs are kept {days} days, promised {promised}", change={"retentionInDays": promised})
    for table in estate.children(workspace, TABLE):
        own = table_days(table, days)
        if own < promised:
            return broken(
                f"the table {table.name} is kept {own} days, promised {promised}",
                change={"totalRetentionInDays": promised},
                subject=table,
            )
    return kept(f"logs are kept {days} days, promised {promised}")


def table_days(table: Resource, inherited: int) -> int:
    """Return the days a table keeps its rows, archive included; the workspace's where it sets none of its own."""
    for path in ("totalRetentionInDays", "retentionInDays"):
        own = table.read(path, int)
        if own != INHERITED:
            return own
    return inherited


_YEAR = {"monitor.log_days": 365}


def _table(total: object, own: object = -1) -> Neighbour:
    body = {"workspaceName": {"$reference": "it"}, "totalRetentionInDays": total, "retentionInDays": own}
    return Neighbour(TABLE, body, "MailLog_CL")


EXAMPLES = (
    Example(Verdict.KEPT, {"retentionInDays": 365}, targets=_YEAR),
    Example(Verdict.KEPT, {"retentionInDays": 366}, targets=_YEAR),
    Example(Verdict.KEPT, {"retentionInDays": 365}, (_table(-1),), _YEAR, "the table follows the workspace"),
    Example(Verdict.KEPT, {"retentionInDays": 365}, (_table(730, 30),), _YEAR, "archived after a month"),
    Example(Verdict.BROKEN, {"retentionInDays": 364}, targets=_YEAR),
    Example(Verdict.BROKEN, {"retentionInDays": 365}, (_table(364, 30),), _YEAR),
    Example(Verdict.BROKEN, {"retentionInDays": 365}, (_table(-1, 30),), _YEAR),
    Example(Verdict.UNPROVEN, {}, targets=_YEAR),
    Example(Verdict.UNPROVEN, {"retentionInDays": 365}, (_table(None),), _YEAR),
)
