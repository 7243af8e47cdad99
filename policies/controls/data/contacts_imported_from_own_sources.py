"""No list of contacts was imported from anywhere but our own sources.

Catalogue: DP-05.

## Why we promise this
A bought list comes in by an import: there it can be seen even where its rows were given another source.

## How to keep it
Keep a log of imports with the source of each, one of `data.rules.imports.sources`, and import by nothing else.
"""

from audit.kinds.counted import ruled, same_names
from audit.kinds.data import CONTACT_IMPORTS
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = CONTACT_IMPORTS
SEVERITY = Severity.MEDIUM


def judge(count: Resource, targets: Targets) -> Ruling:
    sources = ", ".join(same_names(count, targets, "data.rules.imports.sources"))
    return ruled(
        count,
        against=f"imports do not come from {sources}",
        whole=f"imports, each from {sources}",
    )


_TARGETS = {"data.rules.imports.sources": ["website", "social", "referral", "e-mail"]}


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
        targets=_TARGETS | {"data.rules.imports.sources": ["another"]},
        note="counted by another list",
    ),
)
