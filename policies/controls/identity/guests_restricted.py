"""Guests see nothing of the directory, and few people may invite them.

Catalogue: IDN-05.

## Why we promise this
A guest is another company's account. Where anybody may invite one, and a guest may list who works here, the directory
tells strangers whom to write to.

## How to keep it
In Entra, under *External collaboration settings*, choose the most restricted guest access, and let only administrators
and guest inviters invite, or nobody.
"""

from audit.kinds.graph import AUTHORIZATION_POLICY
from audit.model import Example, Plane, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = AUTHORIZATION_POLICY
SEVERITY = Severity.HIGH
PLANES = (Plane.LIVE,)
INVITERS = ("none", "adminsAndGuestInviters")
# https://learn.microsoft.com/entra/identity/users/users-restrict-guest-permissions
RESTRICTED_GUEST = "2af84b1e-32c8-42b7-82bc-daa82404023b"


def judge(policy: Resource) -> Ruling:
    inviters = policy.read("allowInvitesFrom", str)
    if not any(same(inviters, few) for few in INVITERS):
        reason = f"{inviters} may invite guests, promised {' or '.join(INVITERS)}"
        return broken(reason, change={"allowInvitesFrom": INVITERS[-1]})
    role = policy.read("guestUserRoleId", str)
    if not same(role, RESTRICTED_GUEST):
        return broken(
            f"guests have role {role}, promised {RESTRICTED_GUEST}", change={"guestUserRoleId": RESTRICTED_GUEST}
        )
    return kept(f"{inviters} may invite guests, who see nothing but themselves")


def _example(verdict: Verdict, inviters: object, role: object = RESTRICTED_GUEST) -> Example:
    return Example(verdict, {"allowInvitesFrom": inviters, "guestUserRoleId": role})


EXAMPLES = (
    _example(Verdict.KEPT, "adminsAndGuestInviters"),
    _example(Verdict.KEPT, "none"),
    _example(Verdict.BROKEN, "everyone"),
    _example(Verdict.BROKEN, "adminsGuestInvitersAndAllMembers"),
    _example(Verdict.BROKEN, "none", "10dae51f-b6af-4016-8d66-8c2a99b929b3"),
    _example(Verdict.UNPROVEN, None),
    _example(Verdict.UNPROVEN, "none", None),
)
