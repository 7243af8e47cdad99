"""Azure itself refuses resources outside the promised regions.

Catalogue: GEO-03.

## Why we promise this
A policy stops what no review saw: a resource made by hand, by another team, by a restore.

## How to keep it
Declare `authorization.PolicyAssignment` of the built-in definition *Allowed locations* on each subscription (or a
management group above it) with `enforcement_mode="Default"`, `not_scopes=[]` and `parameters={"listOfAllowedLocations":
{"value": ["uksouth", "ukwest"]}}`, and no `authorization.PolicyExemption` of it. The live audit adds the exemptions
that were made by hand.
"""

import re
from collections.abc import Iterator

from audit.kinds.authorization import POLICY_ASSIGNMENT, POLICY_EXEMPTION
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import covers, subscriptions, where
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Reference,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    every,
    kept,
    missing,
    same,
)

NEEDS = (POLICY_ASSIGNMENT, POLICY_EXEMPTION, RESOURCE_GROUP)
SEVERITY = Severity.HIGH
ABSENT = {
    "policyAssignmentName": "azure-native 3.29 docstring of PolicyAssignment.policy_assignment_name",
    "overrides": "https://learn.microsoft.com/azure/governance/policy/concepts/assignment-structure",
    "resourceSelectors": "https://learn.microsoft.com/azure/governance/policy/concepts/assignment-structure",
}
# The built-in definition "Allowed locations".
ALLOWED_LOCATIONS = "e56962a6-4747-49cd-b67b-bf8b01975c4c"
WIDE = re.compile(r"/subscriptions/[^/]+|/providers/Microsoft\.Management/managementGroups/[^/]+", re.IGNORECASE)


def judge(estate: Estate, targets: Targets) -> Ruling:
    promised = targets.names("geo.regions")
    assignments = [found for found in estate.of(POLICY_ASSIGNMENT) if _allows_locations(found) and _is_wide(found)]
    faults = (fault for assignment in assignments for fault in _faults(assignment, promised))
    if fault := next(faults, None):
        return fault
    # Every exemption is read, not the first one found alone: a second one is other evidence.
    pairs = [(exemption, one) for one in assignments for exemption in estate.of(POLICY_EXEMPTION)]
    if pairs and (ruling := every(_judge_exemption, pairs)).verdict is Verdict.BROKEN:
        return ruling
    scopes = [str(assignment.link("scope")) for assignment in assignments]
    bare = [one for one in subscriptions(estate) if not any(covers(scope, one) for scope in scopes)]
    if not bare:
        return kept(f"{assignments[0].name} allows only {', '.join(promised)}")
    return missing(
        f"no policy holds resources to {', '.join(promised)}{where(', '.join(bare))}",
        declare='authorization.PolicyAssignment(scope="/subscriptions/…", enforcement_mode="Default", not_scopes=[], '
        f'policy_definition_id="/providers/Microsoft.Authorization/policyDefinitions/{ALLOWED_LOCATIONS}", …)',
    )


def _allows_locations(assignment: Resource) -> bool:
    """Tell whether an assignment is of the built-in definition; one of the company's own is not known by its id."""
    definition = assignment.link("policyDefinitionId")
    return isinstance(definition, str) and same(definition.rpartition("/")[2], ALLOWED_LOCATIONS)


def _is_wide(assignment: Resource) -> bool:
    """Tell whether an assignment holds a whole subscription or management group: one resource group is not enough."""
    scope = assignment.link("scope")
    return isinstance(scope, str) and WIDE.fullmatch(scope.rstrip("/")) is not None


def _judge_exemption(pair: tuple[Resource, Resource]) -> Ruling:
    exemption, assignment = pair
    if _exempts(exemption, assignment):
        return broken(f"{exemption.name} exempts a scope from {assignment.name}", subject=exemption)
    return kept("it exempts from another policy")


def _exempts(exemption: Resource, assignment: Resource) -> bool:
    """Tell whether an exemption is from this assignment, told by its link, its id or its name."""
    link = exemption.link("policyAssignmentId")
    if isinstance(link, Reference):
        return link.urn == assignment.id
    name = assignment.read("policyAssignmentName", str, absent=assignment.name)
    return same(str(link), assignment.id) or same(str(link).rpartition("/")[2], name)


def _faults(assignment: Resource, promised: tuple[str, ...]) -> Iterator[Ruling]:
    """Yield what keeps the assignment from holding everyone to the promised regions."""
    mode = assignment.read("enforcementMode", str)
    if not same(mode, "Default"):
        yield _fault(assignment, f"is in mode {mode}, promised Default", "enforcementMode", "Default")
    allowed = assignment.texts("parameters.listOfAllowedLocations.value")
    beyond = [region for region in allowed if region.replace(" ", "").lower() not in promised]
    if beyond:
        path = "parameters.listOfAllowedLocations.value"
        yield _fault(assignment, f"allows {', '.join(beyond)}, promised {', '.join(promised)}", path, list(promised))
    excluded = assignment.read("notScopes", list)
    if excluded:
        yield _fault(assignment, f"excludes scopes ({len(excluded)}), promised none", "notScopes", [])
    # Both are optional: an override can turn the refusal into a note, a selector can leave resources out.
    for path in ("overrides", "resourceSelectors"):
        if assignment.read(path, list, absent=[]):
            yield _fault(assignment, f"has {path}, promised none", path, [])


def _fault(assignment: Resource, reason: str, path: str, value: str | list[str]) -> Ruling:
    """Rule that the assignment is broken, with the one property to change."""
    return broken(f"{assignment.name} {reason}", change={path: value}, subject=assignment)


_UK = {"geo.regions": ["uksouth", "ukwest"]}
_GOOD = {
    "scope": "/subscriptions/00000000-0000-0000-0000-000000000000",
    "policyDefinitionId": f"/providers/Microsoft.Authorization/policyDefinitions/{ALLOWED_LOCATIONS}",
    "enforcementMode": "Default",
    "notScopes": [],
    "parameters": {"listOfAllowedLocations": {"value": ["uksouth", "ukwest"]}},
}


def _example(verdict: Verdict, change: dict[str, object], note: str = "") -> Example:
    return Example(verdict, {}, (Neighbour(POLICY_ASSIGNMENT, {**_GOOD, **change}, name="regions"),), _UK, note)


def _exempted(assignment: object) -> Example:
    exemption = Neighbour(POLICY_EXEMPTION, {"scope": _GOOD["scope"], "policyAssignmentId": assignment}, name="let-out")
    regions = Neighbour(POLICY_ASSIGNMENT, {**_GOOD, "policyAssignmentName": "uk-only"}, name="regions")
    verdict = Verdict.UNPROVEN if assignment == {"$unknown": True} else Verdict.BROKEN
    return Example(verdict, {}, (regions, exemption), _UK, "an exemption lets a scope out")


_HERE = Neighbour(RESOURCE_GROUP, {}, f"{_GOOD['scope']}/resourceGroups/here")
_THERE = Neighbour(RESOURCE_GROUP, {}, "/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/there")
_ABOVE = {**_GOOD, "scope": "/providers/Microsoft.Management/managementGroups/all"}
_ONE = Neighbour(POLICY_ASSIGNMENT, _GOOD, "regions")

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_HERE, _ONE), _UK, "the one subscription"),
    Example(Verdict.BROKEN, {}, (_HERE, _THERE, _ONE), _UK, "another subscription has none"),
    Example(Verdict.KEPT, {}, (_HERE, _THERE, Neighbour(POLICY_ASSIGNMENT, _ABOVE, "all")), _UK, "above both"),
    _exempted({"$reference": "regions"}),
    _exempted(f"{_GOOD['scope']}/providers/Microsoft.Authorization/policyAssignments/UK-only"),
    _exempted({"$unknown": True}),
    _example(Verdict.KEPT, {}),
    _example(Verdict.KEPT, {"parameters": {"listOfAllowedLocations": {"value": ["UK South"]}}}, "narrower"),
    _example(Verdict.BROKEN, {"parameters": {"listOfAllowedLocations": {"value": ["uksouth", "northeurope"]}}}),
    _example(Verdict.BROKEN, {"enforcementMode": "DoNotEnforce"}, "it only takes notes"),
    _example(Verdict.BROKEN, {"notScopes": ["/subscriptions/x/resourceGroups/y"]}, "a group is left out"),
    _example(Verdict.BROKEN, {"overrides": [{"kind": "policyEffect", "value": "audit"}]}, "the refusal is overridden"),
    _example(Verdict.BROKEN, {"scope": f"{_GOOD['scope']}/resourceGroups/y"}, "one group only"),
    _example(Verdict.BROKEN, {"policyDefinitionId": "/providers/x/policyDefinitions/y"}, "another policy"),
    Example(Verdict.BROKEN, {}, targets=_UK, note="no assignment"),
    _example(Verdict.UNPROVEN, {"enforcementMode": None}),
    _example(Verdict.UNPROVEN, {"notScopes": {"$unknown": True}}),
)
