"""A default password that nobody changed expires within days.

Catalogue: SQL-23.

## Why we promise this
A password that waits in a mailbox for weeks will be found there by somebody else.

## How to keep it
Empty the column when a default password is `data.rules.default-passwords.most_days` old, and set a new one on request.
"""

from audit.kinds.counted import ruled, same_numbers
from audit.kinds.data import PASSWORD_AGES
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = PASSWORD_AGES
SEVERITY = Severity.HIGH


def judge(count: Resource, targets: Targets) -> Ruling:
    (most_days,) = same_numbers(count, targets, "data.rules.default-passwords", "most_days")
    return ruled(
        count,
        against=f"default passwords are older than {most_days} days, or do not say how old they are",
        whole=f"default passwords, none older than {most_days} days",
        none="no default password stands any more",
    )


_TARGETS = {"data.rules.default-passwords.most_days": 7}


def _count(rows: int, of: int | None, against: int, *, hidden: int = 0) -> dict[str, object]:
    return {"rows": rows, "of": of, "against": against, "hidden": hidden, "by": {"most_days": 7}}


EXAMPLES = (
    Example(Verdict.KEPT, _count(40, 30, 0), targets=_TARGETS),
    Example(Verdict.KEPT, _count(40, 0, 0), targets=_TARGETS),
    Example(Verdict.BROKEN, _count(40, 30, 1), targets=_TARGETS),
    Example(Verdict.BROKEN, _count(40, 30, 1, hidden=9), targets=_TARGETS, note="what was shown is wrong"),
    Example(Verdict.UNPROVEN, _count(0, 0, 0), targets=_TARGETS, note="an empty table"),
    Example(Verdict.UNPROVEN, _count(40, 30, 0, hidden=9), targets=_TARGETS, note="rows that we are not shown"),
    Example(Verdict.UNPROVEN, _count(40, None, 0), targets=_TARGETS),
    Example(
        Verdict.UNPROVEN,
        _count(40, 30, 0),
        targets=_TARGETS | {"data.rules.default-passwords.most_days": 8},
        note="counted by another number",
    ),
)
