"""Every open account has an administrator of its own.

Catalogue: DP-02.

## Why we promise this
The customer is the controller of its users' data, and acts by the administrator that it appoints. An account without
one is data that nobody answers for.

## How to keep it
Refuse to open an account without an administrator, and to remove its last one. Name the tables and columns in
`[data.rules.accounts]` of targets.toml. The data check counts the accounts that no row of the table of administrators
belongs to.
"""

from audit.kinds.counted import ruled
from audit.kinds.data import ACCOUNT_ADMINISTRATORS
from audit.model import Example, Resource, Ruling, Severity, Verdict

ON = ACCOUNT_ADMINISTRATORS
SEVERITY = Severity.HIGH


def judge(count: Resource) -> Ruling:
    return ruled(
        count,
        against="open accounts have no administrator",
        whole="open accounts, each with an administrator",
    )


def _count(rows: int, of: int | None, against: int, *, hidden: int = 0) -> dict[str, object]:
    return {"rows": rows, "of": of, "against": against, "hidden": hidden}


EXAMPLES = (
    Example(Verdict.KEPT, _count(40, 30, 0)),
    Example(Verdict.BROKEN, _count(40, 30, 1)),
    Example(Verdict.BROKEN, _count(40, 30, 1, hidden=9), note="what was shown is wrong"),
    Example(Verdict.UNPROVEN, _count(40, 0, 0)),
    Example(Verdict.UNPROVEN, _count(0, 0, 0), note="an empty table"),
    Example(Verdict.UNPROVEN, _count(40, 30, 0, hidden=9), note="rows that we are not shown"),
    Example(Verdict.UNPROVEN, _count(40, None, 0)),
)
