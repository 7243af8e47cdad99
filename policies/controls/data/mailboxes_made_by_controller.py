"""Every mailbox was made by an administrator of the account that it belongs to.

Catalogue: DP-02.

## Why we promise this
Addresses are allocated by the controller, and by nobody else: not by us on our own account, and not by another
customer's administrator.

## How to keep it
Let the portal alone make mailboxes, and let it write an audit trail that names whoever signed in. Name trail and
tables in `[data.rules.mailboxes]` of targets.toml. A mailbox that our own support made shows as broken: let it be made
in the name of an administrator who asked for it.
"""

from audit.kinds.counted import ruled, same_names
from audit.kinds.data import MAILBOX_CONTROLLERS
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = MAILBOX_CONTROLLERS
SEVERITY = Severity.HIGH


def judge(count: Resource, targets: Targets) -> Ruling:
    same_names(count, targets, "data.rules.mailboxes.creations")
    return ruled(
        count,
        against="mailboxes were made by nobody who administers their account",
        whole="mailboxes, each made by an administrator of its account",
    )


_TARGETS = {"data.rules.mailboxes.creations": ["create"]}


def _count(rows: int, of: int | None, against: int, *, hidden: int = 0) -> dict[str, object]:
    return {"rows": rows, "of": of, "against": against, "hidden": hidden, "by": {"creations": ["create"]}}


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
        targets=_TARGETS | {"data.rules.mailboxes.creations": ["another"]},
        note="counted by another list",
    ),
)
