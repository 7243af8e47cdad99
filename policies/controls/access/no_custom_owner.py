"""No role of our own making is as wide as Owner.

Catalogue: ACC-03.

## Why we promise this
Who counts the owners of a subscription counts those of Azure's own role. A custom role that allows everything makes
owners whom nobody counts.

## How to keep it
Name the actions in `permissions` of `authorization.RoleDefinition`, and never allow `*` where `assignable_scopes` holds
a subscription, a management group or the root.
"""

from audit.kinds.authorization import ROLE_DEFINITION
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import demand_seen, is_wide
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, broken, every, kept, same

NEEDS = (ROLE_DEFINITION, RESOURCE_GROUP)
SEVERITY = Severity.HIGH


def judge(estate: Estate) -> Ruling:
    demand_seen(estate)
    roles = estate.of(ROLE_DEFINITION)
    if not roles:
        return kept("there is no role of our own making")
    return every(_judge_role, roles)


def _judge_role(role: Resource) -> Ruling:
    """Rule on one role; Azure's own are as wide as Azure made them."""
    if same(role.read("type", str), "BuiltInRole"):
        return kept("no role of our own making allows everything")
    for permission in role.each("permissions"):
        # `*/*` allows as much as `*`: https://learn.microsoft.com/azure/role-based-access-control/role-definitions
        everything = [action for action in permission.texts("actions") if not action.strip("*/")]
        wide = [scope for scope in role.texts("assignableScopes") if is_wide(scope)] if everything else []
        if wide:
            return broken(f"{role.name} allows {everything[0]} on {wide[0]}, promised named actions", subject=role)
    return kept("no role of our own making allows everything")


_SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000000"
_SEEN = Neighbour(RESOURCE_GROUP, {}, "group")


def _example(
    verdict: Verdict, actions: object, scope: object = _SCOPE, sort: object = "CustomRole", note: str = ""
) -> Example:
    body = {"type": sort, "permissions": [{"actions": actions}], "assignableScopes": [scope]}
    return Example(verdict, {}, (_SEEN, Neighbour(ROLE_DEFINITION, body, "role")), note=note)


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_SEEN,), note="no role of our own"),
    _example(Verdict.KEPT, ["Microsoft.Compute/*/read"]),
    _example(Verdict.KEPT, ["*/read"], note="everything may be read, nothing changed"),
    _example(Verdict.KEPT, ["*"], f"{_SCOPE}/resourceGroups/lab", note="everything in one group"),
    _example(Verdict.KEPT, ["*"], "/", "BuiltInRole", "Azure's own Owner"),
    _example(Verdict.BROKEN, ["Microsoft.Compute/*/read", "*"]),
    _example(Verdict.BROKEN, ["*/*"]),
    _example(Verdict.BROKEN, ["*"], "/", note="at the root"),
    _example(Verdict.BROKEN, ["*"], "/providers/Microsoft.Management/managementGroups/all"),
    _example(Verdict.UNPROVEN, None),
    _example(Verdict.UNPROVEN, ["*"], {"$unknown": True}),
    _example(Verdict.UNPROVEN, ["*"], sort=None),
    Example(Verdict.UNPROVEN, {}, (), note="nothing was seen"),
)
