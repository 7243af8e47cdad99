"""Nothing was handed to somebody else without a permission on record.

Catalogue: DP-12.

## Why we promise this
Sharing starts with an export. One that nobody permitted is a breach of the promise on the day on which it is made.

## How to keep it
Let exports be made by one tool that asks for the permission, for that person and that recipient, and logs both. Name
the tables in `[data.rules.exports]` of targets.toml. Data that left by another way is in no log: see the controls of
access.
"""

from audit.kinds.counted import ruled
from audit.kinds.data import EXPORTS
from audit.model import Example, Resource, Ruling, Severity, Verdict

ON = EXPORTS
SEVERITY = Severity.CRITICAL


def judge(count: Resource) -> Ruling:
    return ruled(
        count,
        against="exports were made without a permission in force",
        whole="exports, each under a permission in force",
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
