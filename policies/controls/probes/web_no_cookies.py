"""Our public sites set no cookies, and keep nothing in a visitor's browser.

Catalogue: WEB-05.

## Why we promise this
The page says that no cookies are used. Whoever reads it and finds one in the browser believes nothing else on it.

## How to keep it
Take out what sets it: the platform's affinity cookie, sign-in, statistics, a script of somebody else's. `audit probe`
visits the site page by page, and has a browser do the same: what scripts do, nothing else shows. On a machine without
one the promise is unproven.
"""

from audit.kinds.probes import SITE
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = SITE
SEVERITY = Severity.HIGH


def judge(site: Resource) -> Ruling:
    found = list(site.read("cookies", list))
    seen = site.read("browser", dict, absent={})
    found += [name for key in ("cookies", "stored") for name in seen.get(key) or ()]
    if found:
        return broken(f"a visitor's browser keeps {', '.join(map(str, sorted(set(found))))}")
    pages = site.read("pages", int)
    if not pages or site.read("unread", int) or not site.read("whole", bool):
        raise Unseen("not every page of the site was read")
    if site.read("browser.unread", int) or site.read("browser.pages", int) < pages:
        raise Unseen("not every page was seen in a browser")
    return kept(f"none of {pages} pages sets a cookie or keeps anything in the browser")


ABSENT = {"browser": "audit/sources/probes/web.py: left out where no browser is on the machine"}


def _site(**facts: object) -> dict[str, object]:
    return {"pages": 4, "unread": 0, "whole": True, "cookies": [], **facts}


_CLEAN = {"pages": 4, "unread": 0, "cookies": [], "stored": [], "asked": []}

EXAMPLES = (
    Example(Verdict.KEPT, _site(browser=_CLEAN)),
    Example(Verdict.BROKEN, _site(cookies=["ARRAffinity"], browser=_CLEAN)),
    Example(Verdict.BROKEN, _site(browser={**_CLEAN, "cookies": ["_ga"]}), note="set by a script"),
    Example(Verdict.BROKEN, _site(browser={**_CLEAN, "stored": ["localStorage visitor"]})),
    Example(Verdict.UNPROVEN, _site(), note="no browser on the machine"),
    Example(Verdict.UNPROVEN, _site(browser={**_CLEAN, "unread": 1})),
    Example(Verdict.UNPROVEN, _site(browser={**_CLEAN, "pages": 3}), note="not all of them were seen"),
    Example(Verdict.UNPROVEN, _site(browser=_CLEAN, unread=1)),
    Example(Verdict.UNPROVEN, _site(browser=_CLEAN, whole=False), note="more pages than were visited"),
    Example(Verdict.UNPROVEN, _site(browser={**_CLEAN, "pages": 0}, pages=0)),
)
