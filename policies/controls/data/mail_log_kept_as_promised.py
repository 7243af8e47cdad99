"""The mail filter's log is kept no longer than is promised.

Catalogue: MON-10.

## Why we promise this
Who wrote to whom, and about what, is personal data: it serves to find a lost message, and after a while it serves
nobody.

## How to keep it
Delete rows by a job of the database after `data.rules.mail-log.most_days` days. A log that is kept in Log Analytics is
judged by its own retention (`data-mail-log-six-fields`).
"""

from audit.kinds.counted import ruled, same_numbers
from audit.kinds.data import MAIL_LOG_AGE
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = MAIL_LOG_AGE
SEVERITY = Severity.MEDIUM


def judge(count: Resource, targets: Targets) -> Ruling:
    (most_days,) = same_numbers(count, targets, "data.rules.mail-log", "most_days")
    return ruled(
        count,
        against=f"rows of the mail log are older than {most_days} days, or do not say how old they are",
        whole=f"rows of the mail log, none older than {most_days} days",
    )


_TARGETS = {"data.rules.mail-log.most_days": 90}


def _count(rows: int, of: int | None, against: int, *, hidden: int = 0) -> dict[str, object]:
    return {"rows": rows, "of": of, "against": against, "hidden": hidden, "by": {"most_days": 90}}


EXAMPLES = (
    Example(Verdict.KEPT, _count(40, 30, 0), targets=_TARGETS),
    Example(Verdict.BROKEN, _count(40, 30, 1), targets=_TARGETS),
    Example(Verdict.BROKEN, _count(40, 30, 1, hidden=9), targets=_TARGETS, note="what was shown is wrong"),
    Example(Verdict.UNPROVEN, _count(40, 0, 0), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _count(0, 0, 0), targets=_TARGETS, note="an empty table"),
    Example(Verdict.UNPROVEN, _count(40, 30, 0, hidden=9), targets=_TARGETS, note="rows that we are not shown"),
    Example(Verdict.UNPROVEN, _count(40, None, 0), targets=_TARGETS),
    Example(
        Verdict.UNPROVEN,
        _count(40, 30, 0),
        targets=_TARGETS | {"data.rules.mail-log.most_days": 91},
        note="counted by another number",
    ),
)
