"""Every resource lies in a region where the data may be.

Catalogue: GEO-01.

## Why we promise this
Data is where its resource is: one resource in another region takes personal data out of the country.

## How to keep it
Set `location="uksouth"` (or another promised region) on the resource itself, never by way of its resource group.
Services that Azure runs world-wide, such as DNS zones, say `global` and hold no customer's data in any region.
"""

from audit.kinds import REGIONAL, UNKNOWN_TYPE
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.sql import SQL_DATABASE
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = (*REGIONAL, UNKNOWN_TYPE)
SEVERITY = Severity.CRITICAL


def judge(resource: Resource, targets: Targets) -> Ruling:
    promised = targets.names("geo.regions")
    if resource.region in (*promised, "global"):
        return kept(f"lies in {resource.region}")
    reason = f"lies in {resource.region}, promised {', '.join(promised)}"
    return broken(reason, change={"location": promised[0]})


_UK = {"geo.regions": ["uksouth", "ukwest"]}
EXAMPLES = (
    Example(Verdict.KEPT, {"location": "uksouth"}, targets=_UK, kind=SQL_DATABASE),
    Example(Verdict.KEPT, {"location": "UK West"}, targets=_UK, kind=RESOURCE_GROUP, note="as the portal spells it"),
    Example(Verdict.KEPT, {"location": "global"}, targets=_UK, kind=UNKNOWN_TYPE),
    Example(Verdict.BROKEN, {"location": "westeurope"}, targets=_UK, kind=SQL_DATABASE),
    Example(Verdict.BROKEN, {"location": "ukwest"}, targets={"geo.regions": ["uksouth"]}, note="a stricter company"),
    Example(Verdict.BROKEN, {"location": "uksouth2"}, targets=_UK, kind=UNKNOWN_TYPE, note="it only begins so"),
    Example(Verdict.UNPROVEN, {"location": {"$unknown": True}}, targets=_UK),
    Example(Verdict.UNPROVEN, {}, targets=_UK, kind=UNKNOWN_TYPE, note="nothing says where it is"),
)
