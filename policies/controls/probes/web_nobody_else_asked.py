"""Our public sites load nothing from anybody else.

Catalogue: WEB-05.

## Why we promise this
Whoever serves a font, a script or a picture to our visitors learns who they are and what they read, and may set what
we say that we do not.

## How to keep it
Serve what the pages need from hosts of our own, or name the other host in the target `probes.loads_allowed`, whose
place is in the register of sub-processors.
"""

from audit.kinds.probes import SITE
from audit.model import Example, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept

ON = SITE
SEVERITY = Severity.HIGH


def judge(site: Resource, targets: Targets) -> Ruling:
    allowed = {host.lower() for host in targets.names("probes.loads_allowed", may_be_empty=True)}
    seen = site.read("browser", dict, absent={})
    asked = {*site.read("loads", list), *(seen.get("asked") or ())} - allowed
    if asked:
        return broken(f"pages ask {', '.join(sorted(map(str, asked)))}")
    pages = site.read("pages", int)
    if not pages or site.read("unread", int) or not site.read("whole", bool):
        raise Unseen("not every page of the site was read")
    if site.read("browser.unread", int) or site.read("browser.pages", int) < pages:
        raise Unseen("not every page was seen in a browser")
    return kept(f"{pages} pages ask nobody else for anything")


ABSENT = {"browser": "audit/sources/probes/web.py: left out where no browser is on the machine"}
_TARGETS = {"probes.loads_allowed": ["fonts.example"]}


def _site(**facts: object) -> dict[str, object]:
    return {"pages": 4, "unread": 0, "whole": True, "loads": [], **facts}


_CLEAN = {"pages": 4, "unread": 0, "cookies": [], "stored": [], "asked": []}

EXAMPLES = (
    Example(Verdict.KEPT, _site(browser=_CLEAN), targets=_TARGETS),
    Example(Verdict.KEPT, _site(browser=_CLEAN, loads=["fonts.example"]), targets=_TARGETS, note="named as allowed"),
    Example(Verdict.BROKEN, _site(loads=["statistics.example"]), targets=_TARGETS),
    Example(Verdict.BROKEN, _site(browser={**_CLEAN, "asked": ["statistics.example"]}), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _site(), targets=_TARGETS, note="no browser on the machine"),
    Example(Verdict.UNPROVEN, _site(browser=_CLEAN, unread=2), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _site(browser={**_CLEAN, "unread": 1}), targets=_TARGETS),
)
