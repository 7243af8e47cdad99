"""Our public sites set no cookies, and keep nothing in a visitor's browser.

Catalogue: WEB-05.

## Why we promise this
The page says that no cookies are used. Whoever reads it and finds one in the browser believes nothing else on it.

## How to keep it
Take out what sets it: the platform's affinity cookie, sign-in, statistics, a script of somebody else's. `audit probe`
visits the site page by page, and has a browser do the same where one is on the machine: what scripts do, nothing else
shows. A site without any script needs none.
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
    if site.read("unread", int) or not site.read("whole", bool):
        raise Unseen(f"{site.read('unread', int)} pages could not be read, or there are more than were visited")
    pages = site.read("pages", int)
    if not pages:
        raise Unseen("no page was read")
    if site.read("scripts", bool) and (site.read("browser.unread", int) or site.read("browser.pages", int) < pages):
        raise Unseen("its pages run scripts, and not all of them were seen in a browser")
    return kept(f"none of {pages} pages sets a cookie or keeps anything in the browser")


ABSENT = {"browser": "audit/sources/probes/web.py: left out where no browser is on the machine"}


def _site(*, scripts: bool = True, **facts: object) -> dict[str, object]:
    body: dict[str, object] = {"pages": 4, "unread": 0, "whole": True, "cookies": [], "scripts": scripts}
    return body | facts


_CLEAN = {"pages": 4, "unread": 0, "cookies": [], "stored": [], "asked": []}

EXAMPLES = (
    Example(Verdict.KEPT, _site(browser=_CLEAN)),
    Example(Verdict.KEPT, _site(scripts=False), note="without scripts a plain visit shows all"),
    Example(Verdict.BROKEN, _site(cookies=["ARRAffinity"], browser=_CLEAN)),
    Example(Verdict.BROKEN, _site(browser={**_CLEAN, "cookies": ["_ga"]}), note="set by a script"),
    Example(Verdict.BROKEN, _site(browser={**_CLEAN, "stored": ["localStorage visitor"]})),
    Example(Verdict.UNPROVEN, _site(), note="no browser on the machine"),
    Example(Verdict.UNPROVEN, _site(browser={**_CLEAN, "unread": 1})),
    Example(Verdict.UNPROVEN, _site(scripts=False, unread=1)),
    Example(Verdict.UNPROVEN, _site(scripts=False, whole=False), note="more pages than were visited"),
    Example(Verdict.UNPROVEN, _site(scripts=False, pages=0)),
)
