"""Only people and services of our own directory hold a role.

Catalogue: ACC-02.

## Why we promise this
A guest signs in with another company's account, and an application registered elsewhere is run by whoever registered
it: both get at the data by a role here, and neither is ours. Only the directory knows which is which, so this is judged
on what is live.

## How to keep it
Remove roles of guests and of foreign applications, and remove guests from groups that hold roles. The services of
Azure itself are applications of Microsoft's tenant: the target `access.service_tenants` names those that may hold one.
A role left behind by an account that was deleted is in no listing either: remove it, too.
"""

from audit.kinds.authorization import ROLE_ASSIGNMENT
from audit.kinds.graph import GROUP, SERVICE_PRINCIPAL, USER, find, holders
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

ON = ROLE_ASSIGNMENT
NEEDS = (USER, GROUP, SERVICE_PRINCIPAL)
SEVERITY = Severity.CRITICAL
PLANES = (Plane.LIVE,)
LISTED = {"User": USER, "Group": GROUP, "ServicePrincipal": SERVICE_PRINCIPAL}
"""What Azure calls the holder of a role → where the directory lists it."""


def judge(assignment: Resource, estate: Estate, targets: Targets) -> Ruling:
    sort = assignment.read("principalType", str)
    if same(sort, "ForeignGroup"):
        return broken("a group of another tenant holds the role, promised none")
    kind = next((kind for name, kind in LISTED.items() if same(sort, name)), None)
    if kind is None:
        raise Unseen(f"nothing is known of a principal of type {sort}")
    identity = assignment.read("principalId", str)
    found = find(estate, identity, kind)
    if found is None:
        reason = f"{sort} {identity} holds the role and is not in our directory: foreign, or deleted since"
        return Ruling(verdict=Verdict.BROKEN, reason=reason, absence=True)
    behind = tuple(holders(estate, found))
    if not behind:
        return kept("a group without members holds the role")
    return every(lambda holder: _judge_holder(holder, targets), behind)


def _judge_holder(holder: Resource, targets: Targets) -> Ruling:
    """Rule on a user or a service principal behind a role; raises `Unseen` where it does not say whose it is."""
    if same(holder.type, USER.arm):
        sort = holder.read("userType", str)
        if same(sort, "Member"):
            return kept("everyone who holds the role is of our own directory")
        return broken(f"{holder.name} is a {sort}, promised members of our own directory alone")
    if same(holder.read("servicePrincipalType", str), "ManagedIdentity"):
        return kept("what holds the role is an identity of our own")
    owner = holder.read("appOwnerOrganizationId", str)
    trusted = (*targets.names("access.own_tenants"), *targets.names("access.service_tenants", may_be_empty=True))
    if any(same(owner, tenant) for tenant in trusted):
        return kept(f"the application behind the role is of {owner}, a tenant of ours or of Azure's own services")
    return broken(f"{holder.name} is an application of tenant {owner}, promised {', '.join(trusted)}")


_OURS = "00000000-0000-0000-0000-00000000000a"
_TARGETS = {"access.own_tenants": [_OURS], "access.service_tenants": []}


def _user(name: str, sort: object) -> Neighbour:
    return Neighbour(USER, {"id": name, "userType": sort}, f"microsoft.graph.user/{name}")


def _service(sort: str, owner: object = None) -> Neighbour:
    body = {"id": "app", "servicePrincipalType": sort, "appOwnerOrganizationId": owner}
    return Neighbour(SERVICE_PRINCIPAL, body, "microsoft.graph.serviceprincipal/app")


def _group(name: str, *members: str) -> Neighbour:
    listed = [{"id": member, "odataType": "#microsoft.graph.user"} for member in members]
    return Neighbour(GROUP, {"id": name, "members": listed}, f"microsoft.graph.group/{name}")


def _example(verdict: Verdict, sort: object, principal: str, *neighbours: Neighbour, note: str = "") -> Example:
    return Example(verdict, {"principalType": sort, "principalId": principal}, neighbours, _TARGETS, note)


_MEMBER = _user("ann", "Member")
_GUEST = _user("bob", "Guest")

EXAMPLES = (
    _example(Verdict.KEPT, "User", "ann", _MEMBER),
    _example(Verdict.KEPT, "Group", "all", _group("all", "ann"), _MEMBER),
    _example(Verdict.KEPT, "ServicePrincipal", "app", _service("ManagedIdentity")),
    _example(Verdict.KEPT, "ServicePrincipal", "app", _service("Application", _OURS)),
    _example(Verdict.BROKEN, "User", "bob", _GUEST, note="a guest"),
    _example(Verdict.BROKEN, "Group", "all", _group("all", "ann", "bob"), _MEMBER, _GUEST, note="a guest in a group"),
    _example(
        Verdict.BROKEN, "Group", "top", _group("top", "all"), _group("all", "bob"), _GUEST, note="two groups deep"
    ),
    _example(Verdict.BROKEN, "ServicePrincipal", "app", _service("Application", "another"), note="run by others"),
    _example(Verdict.BROKEN, "ForeignGroup", "theirs"),
    _example(Verdict.BROKEN, "User", "eve", _MEMBER, note="in no listing of ours"),
    _example(Verdict.UNPROVEN, "Group", "all", _group("all", "eve"), note="a member that no listing holds"),
    _example(Verdict.UNPROVEN, "Group", "all", _group("all", *(["ann"] * 20)), _MEMBER, note="the list may be cut"),
    _example(Verdict.UNPROVEN, "User", "ann", _user("ann", None)),
    _example(Verdict.UNPROVEN, "ServicePrincipal", "app", _service("Application")),
    _example(Verdict.UNPROVEN, "Device", "phone"),
    _example(Verdict.UNPROVEN, None, "ann", _MEMBER),
)
