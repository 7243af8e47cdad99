"""A default password serves for one thing: to be changed.

Catalogue: SQL-23.

## Why we promise this
Whoever handed over the password knows it. Until it is changed it is nobody's own.

## How to keep it
Set the flag with every default password, and let the first sign-in end with another one; then empty the column of the
default password. Name the columns in `[data.rules.default-passwords]` of targets.toml.
"""

from audit.kinds.counted import ruled
from audit.kinds.data import PASSWORD_CHANGES
from audit.model import Example, Resource, Ruling, Severity, Verdict

ON = PASSWORD_CHANGES
SEVERITY = Severity.HIGH


def judge(count: Resource) -> Ruling:
    return ruled(
        count,
        against="default passwords need not be changed at the first sign-in",
        whole="default passwords, each to be changed at the first sign-in",
        none="no default password stands any more",
    )


def _count(rows: int, of: int | None, against: int, *, hidden: int = 0) -> dict[str, object]:
    return {"rows": rows, "of": of, "against": against, "hidden": hidden}


EXAMPLES = (
    Example(Verdict.KEPT, _count(40, 30, 0)),
    Example(Verdict.KEPT, _count(40, 0, 0)),
    Example(Verdict.BROKEN, _count(40, 30, 1)),
    Example(Verdict.BROKEN, _count(40, 30, 1, hidden=9), note="what was shown is wrong"),
    Example(Verdict.UNPROVEN, _count(0, 0, 0), note="an empty table"),
    Example(Verdict.UNPROVEN, _count(40, 30, 0, hidden=9), note="rows that we are not shown"),
    Example(Verdict.UNPROVEN, _count(40, None, 0)),
)
