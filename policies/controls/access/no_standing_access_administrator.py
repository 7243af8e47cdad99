"""Nobody may hand out access for good.

Catalogue: ACC-05.

## Why we promise this
A User Access Administrator can make anybody, himself included, an owner. The role is for the minute in which it is
needed: Azure gives it at the root to a global administrator who asks, and leaves it there.

## How to keep it
Declare no `authorization.RoleAssignment` of User Access Administrator on a subscription, a management group or the
root. Make people eligible for it, and remove what was left at the root. One that was activated for a while counts
as none.
"""

from audit.kinds.authorization import ROLE_ASSIGNMENT, ROLE_ASSIGNMENT_SCHEDULE_INSTANCE
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import USER_ACCESS_ADMINISTRATOR, demand_seen, holds_widely, role_of
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, broken, every, kept, same

NEEDS = (ROLE_ASSIGNMENT, RESOURCE_GROUP)
SEVERITY = Severity.HIGH
NONE = kept("nobody holds User Access Administrator for good on a subscription or above")


def judge(estate: Estate) -> Ruling:
    demand_seen(estate)
    assignments = estate.of(ROLE_ASSIGNMENT)
    return every(lambda assignment: _judge_one(assignment, estate), assignments) if assignments else NONE


def _judge_one(assignment: Resource, estate: Estate) -> Ruling:
    """Rule on one role held; raises `Unseen` where the role or its scope was not seen."""
    if role_of(assignment) != USER_ACCESS_ADMINISTRATOR or not holds_widely(assignment, estate):
        return NONE
    if any(_activates(instance, assignment) for instance in estate.of(ROLE_ASSIGNMENT_SCHEDULE_INSTANCE)):
        return NONE
    scope = assignment.link("scope")
    return broken(f"{assignment.name} makes a User Access Administrator for good on {scope}", subject=assignment)


def _activates(instance: Resource, assignment: Resource) -> bool:
    """Tell whether a role is held because somebody activated it, for a while."""
    return same(instance.read("assignmentType", str), "Activated") and all(
        same(str(instance.link(path)), str(assignment.link(path)))
        for path in ("principalId", "roleDefinitionId", "scope")
    )


_SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
_ROLES = f"{_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
_SEEN = Neighbour(RESOURCE_GROUP, {}, "group")
_HELD = {
    "principalId": "ann",
    "roleDefinitionId": f"{_ROLES}/{USER_ACCESS_ADMINISTRATOR}",
    "scope": _SUBSCRIPTION,
}


def _example(verdict: Verdict, change: dict[str, object], *others: Neighbour, note: str = "") -> Example:
    return Example(verdict, {}, (_SEEN, Neighbour(ROLE_ASSIGNMENT, {**_HELD, **change}, "held"), *others), note=note)


def _instance(sort: object) -> Neighbour:
    return Neighbour(ROLE_ASSIGNMENT_SCHEDULE_INSTANCE, {**_HELD, "assignmentType": sort})


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_SEEN,), note="nobody holds any role"),
    _example(Verdict.KEPT, {"roleDefinitionId": f"{_ROLES}/acdd72a7-3385-48ef-bd42-f606fba81ae7"}, note="a reader"),
    _example(Verdict.KEPT, {"scope": f"{_SUBSCRIPTION}/resourceGroups/lab"}, note="in one group alone"),
    _example(Verdict.KEPT, {"scope": {"$reference": "group"}}, note="in one group that is declared"),
    _example(Verdict.KEPT, {}, _instance("Activated"), note="activated for a while"),
    _example(Verdict.BROKEN, {}),
    _example(Verdict.BROKEN, {"scope": "/"}, note="left at the root"),
    _example(Verdict.BROKEN, {}, _instance("Assigned")),
    _example(Verdict.UNPROVEN, {}, _instance(None)),
    _example(Verdict.UNPROVEN, {"roleDefinitionId": None}),
    _example(Verdict.UNPROVEN, {"scope": {"$unknown": True}}),
    Example(Verdict.UNPROVEN, {}, (), note="nothing was seen"),
)
