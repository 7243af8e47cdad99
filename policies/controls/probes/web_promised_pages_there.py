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
    if away := page.read("leadsTo", str, absent=""):
        return broken(f"it leads to {away}")
    if status != _OK:
        return broken(f"the server answered {status}")
    if not page.read("sized", bool):
        return broken("it is empty")
    return kept("it is there") if page.read("shown", bool) else broken("it is a file to keep, and no page to read")


ABSENT = {"leadsTo": "audit/sources/probes/web.py: told where a page redirects to somebody else alone"}


EXAMPLES = (
    Example(Verdict.KEPT, {"status": 200, "sized": True, "shown": True}),
    Example(Verdict.BROKEN, {"status": 404, "sized": True, "shown": True}),
    Example(Verdict.BROKEN, {"status": 200, "sized": False, "shown": True}),
    Example(Verdict.BROKEN, {"status": 200, "sized": True, "shown": False}),
    Example(Verdict.BROKEN, {"status": 302, "sized": False, "shown": True, "leadsTo": "elsewhere.example"}),
    Example(Verdict.UNPROVEN, {"status": 200, "sized": True, "shown": None}),
    Example(Verdict.UNPROVEN, {"status": 503, "sized": True, "shown": True}),
    Example(Verdict.UNPROVEN, {"status": None, "sized": True, "shown": True}),
)
