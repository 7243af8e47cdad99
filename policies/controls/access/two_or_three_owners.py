"""A subscription has two or three owners.

Catalogue: ACC-04.

## Why we promise this
An owner can undo every other control. One alone locks everybody out by leaving; many are a crowd in which nobody
notices a stolen account. Members of groups count one by one, which only the directory can tell, so this is judged on
what is live. Who owns a management group owns the subscriptions below it, and is counted for each that was seen.

## How to keep it
Keep the role Owner to as many people as the targets `access.owners_least` and `access.owners_most` say, and give others
a narrower role.
"""

from audit.kinds.authorization import ROLE_ASSIGNMENT
from audit.kinds.graph import GROUP, SERVICE_PRINCIPAL, USER, find, holders
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import OWNER, demand_seen, holds_widely, role_of, subscription_of
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    every,
    kept,
    same,
)

NEEDS = (ROLE_ASSIGNMENT, USER, GROUP, SERVICE_PRINCIPAL, RESOURCE_GROUP)
SEVERITY = Severity.HIGH
PLANES = (Plane.LIVE,)


def judge(estate: Estate, targets: Targets) -> Ruling:
    demand_seen(estate)
    least, most = targets.number("access.owners_least"), targets.number("access.owners_most")
    owning = [found for found in estate.of(ROLE_ASSIGNMENT) if role_of(found) == OWNER and holds_widely(found, estate)]
    subscriptions = sorted({subscription_of(group.id) for group in estate.of(RESOURCE_GROUP)})
    return every(lambda subscription: _judge_one(subscription, owning, estate, (least, most)), subscriptions)


def _judge_one(subscription: str, owning: list[Resource], estate: Estate, bounds: tuple[int, int]) -> Ruling:
    """Rule on the owners of one subscription; raises `Unseen` where one is a group that was not seen."""
    own = [found for found in owning if subscription_of(str(found.link("scope"))) in (subscription, "")]
    owners = {owner for found in own for owner in _owners(found, estate)}
    least, most = bounds
    reason = f"{len(owners)} hold Owner on subscription {subscription}, promised {least} to {most}"
    return kept(reason) if least <= len(owners) <= most else broken(reason)


def _owners(assignment: Resource, estate: Estate) -> tuple[str, ...]:
    """Return the ids of those who own by one assignment, a group's members one by one."""
    identity = assignment.read("principalId", str)
    if not same(assignment.read("principalType", str), "Group"):
        return (identity.lower(),)
    group = find(estate, identity, GROUP)
    if group is None:
        raise Unseen(f"the group {identity} owns a subscription and is in no listing of the directory")
    return tuple(holder.read("id", str).lower() for holder in holders(estate, group))


_SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
_BOUNDS = {"access.owners_least": 2, "access.owners_most": 3}
_SEEN = Neighbour(RESOURCE_GROUP, {}, f"{_SUBSCRIPTION}/resourceGroups/any")
_PEOPLE = tuple(Neighbour(USER, {"id": name}, f"microsoft.graph.user/{name}") for name in ("ann", "ben", "cy", "dee"))


def _owner(principal: str, sort: str = "User", scope: object = _SUBSCRIPTION, role: str = OWNER) -> Neighbour:
    link = f"{_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    body = {"principalId": principal, "principalType": sort, "scope": scope, "roleDefinitionId": link}
    return Neighbour(ROLE_ASSIGNMENT, body)


def _group(*members: str) -> Neighbour:
    listed = [{"id": member, "odataType": "#microsoft.graph.user"} for member in members]
    return Neighbour(GROUP, {"id": "owners", "members": listed}, "microsoft.graph.group/owners")


def _example(verdict: Verdict, *owners: Neighbour, note: str = "") -> Example:
    return Example(verdict, {}, (_SEEN, *_PEOPLE, *owners), _BOUNDS, note)


_TWO = (_owner("ann"), _owner("ben"))

EXAMPLES = (
    _example(Verdict.BROKEN, _owner("ann"), note="one owner"),
    _example(Verdict.KEPT, *_TWO),
    _example(Verdict.KEPT, *_TWO, _owner("cy", "ServicePrincipal")),
    _example(Verdict.BROKEN, *_TWO, _owner("cy"), _owner("dee")),
    _example(Verdict.KEPT, *_TWO, _owner("ANN", scope="/"), note="one of them twice"),
    _example(Verdict.KEPT, *_TWO, _owner("cy", role="acdd72a7-3385-48ef-bd42-f606fba81ae7"), note="a reader"),
    _example(
        Verdict.KEPT, *_TWO, _owner("dee", scope=f"{_SUBSCRIPTION}/resourceGroups/any"), note="of one group alone"
    ),
    _example(Verdict.KEPT, _owner("owners", "Group"), _group("ann", "ben", "cy"), note="a group of three"),
    _example(Verdict.BROKEN, _owner("owners", "Group"), _group("ann", "ben", "cy", "dee")),
    _example(Verdict.BROKEN, *_TWO, _owner("cy"), _owner("dee", scope="/"), note="inherited from the root"),
    _example(Verdict.UNPROVEN, _owner("owners", "Group"), note="a group that was not seen"),
    _example(Verdict.UNPROVEN, *_TWO, _owner("cy", scope=None)),
    Example(Verdict.UNPROVEN, {}, _TWO, _BOUNDS, "no subscription was seen"),
)
