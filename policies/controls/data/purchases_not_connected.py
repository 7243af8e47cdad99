"""No connection hands purchases to somebody else's service.

Catalogue: DP-07.

## Why we promise this
A purchase record that a connector copies elsewhere is not inside our network any more, whatever its table says.

## How to keep it
Enter every connection of the database in the register that `[data.rules.connectors]` names, with its kind, and allow
the kinds of `data.rules.connectors.allowed` alone.
"""

from audit.kinds.counted import ruled, same_names
from audit.kinds.data import CONNECTORS
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = CONNECTORS
SEVERITY = Severity.MEDIUM


def judge(count: Resource, targets: Targets) -> Ruling:
    allowed = ", ".join(same_names(count, targets, "data.rules.connectors.allowed"))
    return ruled(
        count,
        against=f"connections are of another kind than {allowed}",
        whole=f"connections, each of {allowed}",
    )


_TARGETS = {"data.rules.connectors.allowed": ["backup", "report"]}


def _count(rows: int, of: int | None, against: int, *, hidden: int = 0) -> dict[str, object]:
    return {"rows": rows, "of": of, "against": against, "hidden": hidden, "by": {"allowed": ["backup", "report"]}}


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
        targets=_TARGETS | {"data.rules.connectors.allowed": ["another"]},
        note="counted by another list",
    ),
)
