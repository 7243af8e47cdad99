"""Our site points to the Commissioner's pages, as the statement does.

Catalogue: LV-09.

## Why we promise this
Whoever is not content with our answer must find where to complain.

## How to keep it
Keep a link to each host of the target `probes.links_required` on the site. The page behind it is somebody else's, and
is not asked.
"""

from audit.kinds.probes import SITE
from audit.model import Example, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept

ON = SITE
SEVERITY = Severity.LOW


def judge(site: Resource, targets: Targets) -> Ruling:
    wanted, linked = targets.names("probes.links_required"), site.read("linksTo", list)
    missing = [host for host in wanted if host not in linked]
    if not missing:
        return kept(f"pages link to {', '.join(wanted)}")
    if site.read("unread", int) or not site.read("whole", bool):
        raise Unseen("not every page of the site was read")
    return broken(f"no page links to {', '.join(missing)}")


_TARGETS = {"probes.links_required": ["ico.example"]}

EXAMPLES = (
    Example(Verdict.KEPT, {"linksTo": ["ico.example"], "unread": 0, "whole": True}, targets=_TARGETS),
    Example(Verdict.BROKEN, {"linksTo": [], "unread": 0, "whole": True}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"linksTo": [], "unread": 1, "whole": True}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"linksTo": None, "unread": 0, "whole": True}, targets=_TARGETS),
)
