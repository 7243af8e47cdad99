"""Resource groups lie in a region where the data may be.

Catalogue: GEO-02.

## Why we promise this
A group's location is where Azure keeps what it knows of the group's contents: names, tags and settings. They tell about
customers, too.

## How to keep it
Set `location="uksouth"` (or another promised region) on `resources.ResourceGroup`. It cannot be changed later: what
lies in a group elsewhere must move to a new one.
"""

from audit.kinds.resources import RESOURCE_GROUP
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = RESOURCE_GROUP
SEVERITY = Severity.HIGH


def judge(group: Resource, targets: Targets) -> Ruling:
    promised = targets.names("geo.regions")
    # Unlike a resource, a group always lies in a region: `global` is none.
    if group.region in promised:
        return kept(f"lies in {group.region}")
    reason = f"lies in {group.region}, promised {', '.join(promised)}"
    return broken(reason, change={"location": promised[0]})


_UK = {"geo.regions": ["uksouth", "ukwest"]}

EXAMPLES = (
    Example(Verdict.KEPT, {"location": "uksouth"}, targets=_UK),
    Example(Verdict.KEPT, {"location": "UK West"}, targets=_UK, note="as the portal spells it"),
    Example(Verdict.BROKEN, {"location": "northeurope"}, targets=_UK),
    Example(Verdict.BROKEN, {"location": "global"}, targets=_UK, note="no region at all"),
    Example(Verdict.BROKEN, {"location": "ukwest"}, targets={"geo.regions": ["uksouth"]}, note="a stricter company"),
    Example(Verdict.UNPROVEN, {"location": {"$unknown": True}}, targets=_UK),
    Example(Verdict.UNPROVEN, {}, targets=_UK),
)
