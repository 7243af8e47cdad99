"""Every contact was entered for a reason that was written down.

Catalogue: DP-05.

## Why we promise this
Before somebody becomes a contact we ask whether the context fits. An entry without that answer was made without the
question.

## How to keep it
Demand the note when a contact is entered, and refuse a blank one. Whether a note is a good one nobody can count; how it
is to be written is in the guidance to those who enter contacts.
"""

from audit.kinds.counted import ruled
from audit.kinds.data import CONTACT_CONTEXT
from audit.model import Example, Resource, Ruling, Severity, Verdict

ON = CONTACT_CONTEXT
SEVERITY = Severity.MEDIUM


def judge(count: Resource) -> Ruling:
    return ruled(
        count,
        against="contacts were entered without a word about the context",
        whole="contacts, each with its context",
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
