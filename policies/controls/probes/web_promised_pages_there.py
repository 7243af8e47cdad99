"""The pages that the statements point to are there: privacy, terms, service status.

Catalogue: LV-09.

## Why we promise this
A statement that sends people to a page that is gone has answered nothing.

## How to keep it
Publish each page of the target `probes.pages_required`, or change what points to it.
"""

from audit.kinds.probes import PAGE
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = PAGE
SEVERITY = Severity.MEDIUM

_OK, _FAULT = 200, 500


def judge(page: Resource) -> Ruling:
    status = page.read("status", int)
    if status >= _FAULT:
        raise Unseen(f"the server answered {status}")
    if status != _OK:
        return broken(f"the server answered {status}")
    return kept("it is there") if page.read("sized", bool) else broken("it is empty, or leads to somebody else")


EXAMPLES = (
    Example(Verdict.KEPT, {"status": 200, "sized": True}),
    Example(Verdict.BROKEN, {"status": 404, "sized": True}),
    Example(Verdict.BROKEN, {"status": 200, "sized": False}),
    Example(Verdict.BROKEN, {"status": 302, "sized": False}, note="it leads to somebody else"),
    Example(Verdict.UNPROVEN, {"status": 503, "sized": True}),
    Example(Verdict.UNPROVEN, {"status": None, "sized": True}),
)
