"""Whoever opted out was sent no mailing afterwards.

Catalogue: DP-04.

## Why we promise this
An enquiry is tagged as opted in until we are told otherwise. From that moment on the next mailing breaks the promise,
and the law on electronic mail with it.

## How to keep it
Let the mailing ask the contact's own row at the moment of sending, and keep whom each mailing went to. Name the
tables in `[data.rules.sends]` of targets.toml. A mailing to somebody whom the table of contacts does not know counts
as broken, since nobody can tell whether they opted out.
"""

from audit.kinds.counted import ruled
from audit.kinds.data import OPT_OUT
from audit.model import Example, Resource, Ruling, Severity, Verdict

ON = OPT_OUT
SEVERITY = Severity.CRITICAL


def judge(count: Resource) -> Ruling:
    return ruled(
        count,
        against="mailings went to somebody who had opted out, or whom no contact stands for",
        whole="mailings, none of them after an opt-out",
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
