"""Every resource lies in a region where the data may be.

Catalogue: GEO-01.

## Why we promise this
Data is where its resource is: one resource in another region takes personal data out of the country.

## How to keep it
Set `location="uksouth"` (or another promised region) on the resource itself, never by way of its resource group.
Services that Azure runs world-wide, such as DNS zones, say `global` and hold no customer's data in any region. Further
places that a resource names (`locations`, `additional_locations`, `target_regions`, the `location` of a replica) count
as much as its own.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from audit.kinds import REGIONAL, UNKNOWN_TYPE
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.sql import SQL_DATABASE
from audit.model import Cause, Example, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept

ON = (*REGIONAL, UNKNOWN_TYPE)
SEVERITY = Severity.CRITICAL
PLACE = re.compile(r"(location|region)s?(name)?$", re.IGNORECASE)
"""What a property is called that says where something lies."""


def judge(resource: Resource, targets: Targets) -> Ruling:
    promised = targets.names("geo.regions")
    if resource.region not in (*promised, "global"):
        reason = f"lies in {resource.region}, promised {', '.join(promised)}"
        return broken(reason, change={"location": promised[0]})
    for path, place in _further(resource.body, ""):
        if not isinstance(place, str):
            raise Unseen(f"{path} is not known before deployment", Cause.UNKNOWN)
        if place.replace(" ", "").lower() not in (*promised, "global"):
            return broken(f"lies in {resource.region}, but {path} is {place}, promised {', '.join(promised)}")
    return kept(f"lies in {resource.region}")


def _further(value: Any, path: str, *, named: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield each further place that a body names, at any depth: a text, or what stands there unread."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if path or key not in ("location", "tags"):
                place = PLACE.search(key) is not None or (named and key == "name")
                yield from _further(item, f"{path}.{key}" if path else key, named=place)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _further(item, f"{path}[{index}]", named=named)
    # Azure answers some places that it did not choose as an empty text.
    elif named and value not in (None, "") and not isinstance(value, bool | int | float):
        yield path, value


_UK = {"geo.regions": ["uksouth", "ukwest"]}
EXAMPLES = (
    Example(Verdict.KEPT, {"location": "uksouth"}, targets=_UK, kind=SQL_DATABASE),
    Example(Verdict.KEPT, {"location": "UK West"}, targets=_UK, kind=RESOURCE_GROUP, note="as the portal spells it"),
    Example(Verdict.KEPT, {"location": "global"}, targets=_UK, kind=UNKNOWN_TYPE),
    Example(Verdict.BROKEN, {"location": "westeurope"}, targets=_UK, kind=SQL_DATABASE),
    Example(Verdict.BROKEN, {"location": "ukwest"}, targets={"geo.regions": ["uksouth"]}, note="a stricter company"),
    Example(Verdict.BROKEN, {"location": "uksouth2"}, targets=_UK, kind=UNKNOWN_TYPE, note="it only begins so"),
    Example(
        Verdict.BROKEN,
        {"location": "uksouth", "locations": [{"locationName": "UK South"}, {"locationName": "West Europe"}]},
        targets=_UK,
        kind=UNKNOWN_TYPE,
        note="a copy elsewhere",
    ),
    Example(Verdict.BROKEN, {"location": "uksouth", "targetRegions": [{"name": "eastus"}]}, targets=_UK),
    Example(Verdict.UNPROVEN, {"location": "uksouth", "replica": {"location": {"$unknown": True}}}, targets=_UK),
    Example(Verdict.BROKEN, {"location": "u\u212asouth"}, targets=_UK, note="a look-alike of a k"),
    Example(Verdict.UNPROVEN, {"location": {"$unknown": True}}, targets=_UK),
    Example(Verdict.UNPROVEN, {}, targets=_UK, kind=UNKNOWN_TYPE, note="nothing says where it is"),
)
