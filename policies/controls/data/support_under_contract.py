"""Operators work on a customer's installation under a contract in force, and else not at all.

Catalogue: DP-10.

## Why we promise this
We promise to stay out of our customers' installations until they take up a service contract.

## How to keep it
Let the gateway of operators ask for the contract before it opens a session, and keep a log of sessions. Name both
tables in `[data.rules.support-sessions]` of targets.toml. Sessions and contracts are compared by the day.
"""

from audit.kinds.counted import ruled
from audit.kinds.data import SUPPORT_SESSIONS
from audit.model import Example, Resource, Ruling, Severity, Verdict

ON = SUPPORT_SESSIONS
SEVERITY = Severity.HIGH


def judge(count: Resource) -> Ruling:
    return ruled(
        count,
        against="sessions of operators have no contract in force behind them",
        whole="sessions of operators, each under a contract in force",
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
