"""Few people are global administrators.

Catalogue: IDN-05.

## Why we promise this
A global administrator can take any account and any subscription. Each one more is one more account to steal.

## How to keep it
Keep the role to as many as the target `identity.global_admins_most` says, and give others a narrower role. Members of
groups that hold the role count one by one. Who is merely eligible for it is not counted: he must activate it first.
"""

from audit.kinds.graph import DIRECTORY_ROLE, GROUP, SERVICE_PRINCIPAL, USER, holders
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    kept,
    same,
)

NEEDS = (DIRECTORY_ROLE, USER, GROUP, SERVICE_PRINCIPAL)
SEVERITY = Severity.HIGH
PLANES = (Plane.LIVE,)
# https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference#global-administrator
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"


def judge(estate: Estate, targets: Targets) -> Ruling:
    most = targets.number("identity.global_admins_most")
    roles = [role for role in estate.of(DIRECTORY_ROLE) if same(role.read("roleTemplateId", str), GLOBAL_ADMINISTRATOR)]
    administrators = {holder.id for role in roles for holder in holders(estate, role)}
    # Every directory has one, so none at all means that they were not shown.
    if not administrators:
        raise Unseen("no global administrator was seen, though every directory has one")
    reason = f"{len(administrators)} are global administrators, promised {most} at most"
    return kept(reason) if len(administrators) <= most else broken(reason)


_PEOPLE = tuple(Neighbour(USER, {"id": name}, f"microsoft.graph.user/{name}") for name in "abcde")


def _listed(members: str) -> list[dict[str, object]]:
    return [{"id": member, "odataType": "#microsoft.graph.user"} for member in members]


def _role(members: str, template: object = GLOBAL_ADMINISTRATOR) -> Neighbour:
    return Neighbour(DIRECTORY_ROLE, {"roleTemplateId": template, "members": _listed(members)})


def _group(members: str) -> Neighbour:
    return Neighbour(GROUP, {"id": "g", "members": _listed(members)}, "microsoft.graph.group/g")


def _example(verdict: Verdict, *neighbours: Neighbour, note: str = "") -> Example:
    return Example(verdict, {}, (*_PEOPLE, *neighbours), {"identity.global_admins_most": 4}, note)


EXAMPLES = (
    _example(Verdict.KEPT, _role("abcd")),
    _example(Verdict.BROKEN, _role("abcde")),
    _example(Verdict.KEPT, _role("ab"), _role("abcde", "another"), note="other roles do not count"),
    _example(Verdict.KEPT, _role("abg"), _group("bcd"), note="four, two of them in a group"),
    _example(Verdict.BROKEN, _role("abg"), _group("cde")),
    _example(Verdict.UNPROVEN, _role("az"), note="a member that no listing holds"),
    _example(Verdict.UNPROVEN, _role(""), note="nobody was shown"),
    _example(Verdict.UNPROVEN, _role("a" * 20), note="the list may be cut"),
    _example(Verdict.UNPROVEN, _role("ab", None)),
)
