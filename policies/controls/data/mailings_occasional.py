"""Nobody is sent more mailings than the promised number.

Catalogue: DP-04.

## Why we promise this
We say that we write occasionally. What that means is the company's choice, and is written down.

## How to keep it
Let the mailing count what a contact was sent before. The most that anybody is sent is `data.rules.sends.most_sends` in
any `data.rules.sends.most_days` days; each mailing is counted together with those of the days before it.
"""

from audit.kinds.counted import ruled, same_numbers
from audit.kinds.data import FREQUENCY
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = FREQUENCY
SEVERITY = Severity.LOW


def judge(count: Resource, targets: Targets) -> Ruling:
    most_sends, most_days = same_numbers(count, targets, "data.rules.sends", "most_sends", "most_days")
    return ruled(
        count,
        against=f"mailings were one too many: more than {most_sends} in {most_days} days",
        whole=f"mailings, to nobody more than {most_sends} in {most_days} days",
    )


_TARGETS = {"data.rules.sends.most_sends": 2, "data.rules.sends.most_days": 30}


def _count(rows: int, of: int | None, against: int, *, hidden: int = 0) -> dict[str, object]:
    return {"rows": rows, "of": of, "against": against, "hidden": hidden, "by": {"most_sends": 2, "most_days": 30}}


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
        targets=_TARGETS | {"data.rules.sends.most_sends": 3},
        note="counted by another number",
    ),
)
