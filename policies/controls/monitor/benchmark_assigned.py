"""The estate is measured against Microsoft's security benchmark without end.

Catalogue: MON-09.

## Why we promise this
As well as is practicable can only be said of what is measured, and the benchmark is what others measure by.

## How to keep it
Declare `authorization.PolicyAssignment` of the initiative *Microsoft cloud security benchmark* on each subscription (or
a management group above it) with `enforcement_mode="Default"` and `not_scopes=[]`.
"""

import re
from collections.abc import Sequence

from audit.kinds.authorization import POLICY_ASSIGNMENT
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import covers, subscriptions, where
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Verdict,
    any_of,
    broken,
    every,
    kept,
    missing,
    same,
)

NEEDS = (POLICY_ASSIGNMENT, RESOURCE_GROUP)
SEVERITY = Severity.MEDIUM

# The built-in initiative "Microsoft cloud security benchmark".
BENCHMARK = "1f3afdf9-d0c9-4c3d-847f-89da613e70a8"
WIDE = re.compile(r"/subscriptions/[^/]+|/providers/Microsoft\.Management/managementGroups/[^/]+", re.IGNORECASE)


def judge(estate: Estate) -> Ruling:
    found = [assignment for assignment in estate.of(POLICY_ASSIGNMENT) if measures_all(assignment)]
    return every(lambda subscription: of_subscription(subscription, found), subscriptions(estate))


def of_subscription(subscription: str, found: Sequence[Resource]) -> Ruling:
    """Rule on one subscription by the assignments of the benchmark that were found."""
    here = [assignment for assignment in found if covers(str(assignment.link("scope")), subscription)]
    if not here:
        return missing(
            f"the security benchmark is not assigned{where(subscription)}",
            declare='authorization.PolicyAssignment(scope="/subscriptions/…", enforcement_mode="Default", '
            f'not_scopes=[], policy_definition_id="/providers/…/policySetDefinitions/{BENCHMARK}")',
        )
    # Azure takes several assignments, each measuring for itself: one that leaves nothing out is enough.
    return any_of(of_one, here)


def measures_all(assignment: Resource) -> bool:
    """Tell whether an assignment is of the benchmark, and of a whole subscription or management group."""
    definition, scope = assignment.link("policyDefinitionId"), assignment.link("scope")
    if not isinstance(definition, str) or not isinstance(scope, str):
        return False
    return same(definition.rpartition("/")[2], BENCHMARK) and WIDE.fullmatch(scope.rstrip("/")) is not None


def of_one(assignment: Resource) -> Ruling:
    """Rule on one assignment of the benchmark: that it is in force, and leaves no scope out."""
    mode = assignment.read("enforcementMode", str)
    if not same(mode, "Default"):
        reason = f"{assignment.name} is in mode {mode}, promised Default"
        return broken(reason, change={"enforcementMode": "Default"}, subject=assignment)
    excluded = assignment.read("notScopes", list)
    if excluded:
        reason = f"{assignment.name} excludes scopes ({len(excluded)}), promised none"
        return broken(reason, change={"notScopes": []}, subject=assignment)
    return kept(f"{assignment.name} measures everything against the benchmark")


_GOOD = {
    "scope": "/subscriptions/00000000-0000-0000-0000-000000000000",
    "policyDefinitionId": f"/providers/Microsoft.Authorization/policySetDefinitions/{BENCHMARK}",
    "enforcementMode": "Default",
    "notScopes": [],
}


def _example(verdict: Verdict, change: dict[str, object], note: str = "") -> Example:
    return Example(verdict, {}, (Neighbour(POLICY_ASSIGNMENT, {**_GOOD, **change}, name="benchmark"),), {}, note)


_HERE = Neighbour(RESOURCE_GROUP, {}, f"{_GOOD['scope']}/resourceGroups/here")
_THERE = Neighbour(RESOURCE_GROUP, {}, "/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/there")
_ONE = Neighbour(POLICY_ASSIGNMENT, _GOOD, "benchmark")
_ABOVE = Neighbour(
    POLICY_ASSIGNMENT, {**_GOOD, "scope": "/providers/Microsoft.Management/managementGroups/all"}, "benchmark"
)

EXAMPLES = (
    Example(Verdict.BROKEN, {}, (_HERE, _THERE, _ONE), note="another subscription has none"),
    Example(Verdict.KEPT, {}, (_HERE, _THERE, _ABOVE), note="above both subscriptions"),
    _example(Verdict.KEPT, {}),
    _example(Verdict.KEPT, {"scope": "/providers/Microsoft.Management/managementGroups/all"}, "above the subscription"),
    _example(Verdict.BROKEN, {"enforcementMode": "DoNotEnforce"}),
    _example(Verdict.BROKEN, {"notScopes": ["/subscriptions/x/resourceGroups/y"]}, "a group is left out"),
    _example(Verdict.BROKEN, {"scope": "/subscriptions/x/resourceGroups/y"}, "one group only"),
    _example(Verdict.BROKEN, {"policyDefinitionId": "/providers/Microsoft.Authorization/policySetDefinitions/other"}),
    _example(Verdict.UNPROVEN, {"enforcementMode": None}),
    _example(Verdict.UNPROVEN, {"notScopes": None}),
    _example(Verdict.UNPROVEN, {"policyDefinitionId": {"$unknown": True}}),
)
