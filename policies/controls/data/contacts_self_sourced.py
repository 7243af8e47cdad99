"""Contacts come from where we say that we find them, and from no list that was bought.

Catalogue: DP-05.

## Why we promise this
Whoever finds an address on a bought list has no relation to us, and never heard of this promise.

## How to keep it
Let the column of the source be one of `data.rules.contacts.sources`, and refuse an entry without one.
"""

from audit.kinds.counted import ruled, same_names
from audit.kinds.data import CONTACT_SOURCES
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = CONTACT_SOURCES
SEVERITY = Severity.HIGH


def judge(count: Resource, targets: Targets) -> Ruling:
    sources = ", ".join(same_names(count, targets, "data.rules.contacts.sources"))
    return ruled(
        count,
        against=f"contacts do not come from {sources}",
        whole=f"contacts, each from {sources}",
    )


_TARGETS = {"data.rules.contacts.sources": ["website", "social", "referral", "e-mail"]}


def _count(rows: int, of: int | None, against: int, *, hidden: int = 0) -> dict[str, object]:
    return {
        "rows": rows,
        "of": of,
        "against": against,
        "hidden": hidden,
        "by": {"sources": ["website", "social", "referral", "e-mail"]},
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
        targets=_TARGETS | {"data.rules.contacts.sources": ["another"]},
        note="counted by another list",
    ),
)
