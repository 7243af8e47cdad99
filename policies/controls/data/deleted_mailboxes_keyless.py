"""The key of a deleted mailbox is destroyed within the promised days.

Catalogue: DP-11.

## Why we promise this
What was deleted stays in backups and in a locked archive, where nobody can delete it. Without its key it is noise.

## How to keep it
Destroy the mailbox's key when its deletion is `data.rules.deleted-mailboxes.most_days` days old, and write that down.
What is counted is the register of deletions: that a destroyed key opens nothing any more the drill of erasure shows.
"""

from audit.kinds.counted import ruled, same_numbers
from audit.kinds.data import DELETED_MAILBOXES
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = DELETED_MAILBOXES
SEVERITY = Severity.CRITICAL


def judge(count: Resource, targets: Targets) -> Ruling:
    (most_days,) = same_numbers(count, targets, "data.rules.deleted-mailboxes", "most_days")
    return ruled(
        count,
        against=f"mailboxes deleted more than {most_days} days ago still have a key",
        whole=f"mailboxes deleted more than {most_days} days ago, each without a key",
    )


_TARGETS = {"data.rules.deleted-mailboxes.most_days": 30}


def _count(rows: int, of: int | None, against: int, *, hidden: int = 0) -> dict[str, object]:
    return {"rows": rows, "of": of, "against": against, "hidden": hidden, "by": {"most_days": 30}}


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
        targets=_TARGETS | {"data.rules.deleted-mailboxes.most_days": 31},
        note="counted by another number",
    ),
)
