"""Who shares a table with others is shown none of their rows.

Catalogue: DP-03.

## Why we promise this
Resellers and direct customers share our systems. Each controls the data of its own users, and of nobody else's.

## How to keep it
Filter the table by a security policy (row-level security), and name two test resellers in `[data.rules.isolation]` of
targets.toml: the data check asks as each of them, and counts. Each must have rows of its own, or nothing is shown.
"""

from audit.kinds.data import ISOLATION
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = ISOLATION
SEVERITY = Severity.CRITICAL
_LEAST = 2


def judge(asked: Resource) -> Ruling:
    principals, of, against = asked.read("principals", int), asked.read("of", int), asked.read("against", int)
    if against:
        return broken(f"{against} rows of others were shown, asked as {principals}")
    blind = asked.read("blind", int)
    if principals < _LEAST:
        raise Unseen(f"it was asked as {principals}, and there is nobody to be kept apart from")
    if blind or not of:
        raise Unseen(f"{blind} of {principals} were shown nothing of their own, or there was nothing to keep from them")
    return kept(f"none of {of} rows of others was shown, asked as {principals}")


def _asked(of: int | None, against: int, blind: int, principals: int = 2) -> dict[str, object]:
    return {"principals": principals, "of": of, "against": against, "blind": blind}


EXAMPLES = (
    Example(Verdict.KEPT, _asked(30, 0, 0)),
    Example(Verdict.BROKEN, _asked(30, 1, 0)),
    Example(Verdict.BROKEN, _asked(30, 1, 1)),
    Example(Verdict.UNPROVEN, _asked(30, 0, 1), note="one is shown nothing at all"),
    Example(Verdict.UNPROVEN, _asked(0, 0, 0)),
    Example(Verdict.UNPROVEN, _asked(30, 0, 0, principals=1), note="one alone"),
    Example(Verdict.UNPROVEN, _asked(None, 0, 0)),
)
