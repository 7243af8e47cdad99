"""Contacts are past, present or possible customers, and nobody else.

Catalogue: DP-05.

## Why we promise this
We say that we hold data of customers alone: what is held of anybody else was never promised.

## How to keep it
Let the column of the category be one of `data.rules.contacts.categories`, by a constraint of the table, and delete
contacts that are none of them.
"""

from audit.kinds.counted import ruled, same_names
from audit.kinds.data import CONTACT_CATEGORIES
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = CONTACT_CATEGORIES
SEVERITY = Severity.HIGH


def judge(count: Resource, targets: Targets) -> Ruling:
    categories = ", ".join(same_names(count, targets, "data.rules.contacts.categories"))
    return ruled(
        count,
        against=f"contacts are none of {categories}",
        whole=f"contacts, each one of {categories}",
    )


_TARGETS = {"data.rules.contacts.categories": ["current", "past", "prospect"]}


def _count(rows: int, of: int | None, against: int, *, hidden: int = 0) -> dict[str, object]:
    return {
        "rows": rows,
        "of": of,
        "against": against,
        "hidden": hidden,
        "by": {"categories": ["current", "past", "prospect"]},
    }


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
        targets=_TARGETS | {"data.rules.contacts.categories": ["another"]},
        note="counted by another list",
    ),
)
