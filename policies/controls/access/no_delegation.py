"""No other company manages our subscriptions.

Catalogue: ACC-01.

## Why we promise this
Azure Lighthouse gives the people of another tenant roles on ours. None of them is in our directory, so no list of our
users, guests and roles shows them.

## How to keep it
Declare no `managedservices.RegistrationAssignment`, or one whose definition names a tenant of the target
`access.own_tenants` in `managed_by_tenant_id`.
"""

from audit.kinds.managedservices import REGISTRATION_ASSIGNMENT, REGISTRATION_DEFINITION
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import demand_seen
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    every,
    kept,
    same,
)

NEEDS = (REGISTRATION_ASSIGNMENT, REGISTRATION_DEFINITION, RESOURCE_GROUP)
SEVERITY = Severity.CRITICAL


def judge(estate: Estate, targets: Targets) -> Ruling:
    demand_seen(estate)
    delegations = estate.of(REGISTRATION_ASSIGNMENT)
    if not delegations:
        return kept("nothing is delegated to another tenant")
    return every(lambda delegation: _judge_one(delegation, estate, targets), delegations)


def _judge_one(delegation: Resource, estate: Estate, targets: Targets) -> Ruling:
    """Rule on one delegation; raises `Unseen` where its definition, which names the tenant, was not seen."""
    definition = estate.target(delegation, "registrationDefinitionId")
    tenant = definition.read("managedByTenantId", str)
    if any(same(tenant, own) for own in targets.names("access.own_tenants")):
        return kept(f"delegations go to tenants of ours alone, {tenant} among them")
    return broken(f"{delegation.name} lets tenant {tenant} manage our resources, promised none", subject=delegation)


_OURS = "00000000-0000-0000-0000-00000000000a"
_TARGETS = {"access.own_tenants": [_OURS]}
_GROUP = Neighbour(RESOURCE_GROUP, {}, "group")


def _delegated(tenant: object, definition: object = None) -> tuple[Neighbour, ...]:
    link = definition or {"$reference": "offer"}
    return (
        _GROUP,
        Neighbour(REGISTRATION_DEFINITION, {"managedByTenantId": tenant}, "offer"),
        Neighbour(REGISTRATION_ASSIGNMENT, {"registrationDefinitionId": link}, "delegation"),
    )


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_GROUP,), note="no delegation"),
    Example(Verdict.KEPT, {}, _delegated(_OURS.upper()), _TARGETS, "another tenant of ours"),
    Example(Verdict.BROKEN, {}, _delegated("00000000-0000-0000-0000-00000000000b"), _TARGETS),
    Example(Verdict.UNPROVEN, {}, _delegated(None), _TARGETS),
    Example(Verdict.UNPROVEN, {}, _delegated(_OURS, "/providers/x/registrationDefinitions/y"), _TARGETS, "not seen"),
    Example(Verdict.UNPROVEN, {}, (), note="nothing was seen"),
)
