"""Privileged roles are activated for a while, not held for good.

Catalogue: ACC-06.

## Why we promise this
A stolen account is worth what it may do at that hour. Who must activate a role first, with a second factor and a
reason, has none of it most of the time, and leaves a trace when he has.

## How to keep it
In privileged identity management, make people eligible for the roles of the target `access.privileged_roles`, and give
every assignment that is active an end: at most the hours of the target `access.activation_hours` ahead where it was
activated, at most the days of `access.assignment_days` where it was given. Azure itself knows which roles were
activated, so this is judged on what is live. An emergency account of the target `identity.break_glass` may hold a role
for good.
"""

from datetime import timedelta

from audit.kinds.authorization import ROLE_ASSIGNMENT_SCHEDULE_INSTANCE
from audit.kinds.moments import moment, words
from audit.kinds.scopes import OWNER, role_of
from audit.model import Example, Plane, Resource, Ruling, Severity, Targets, Verdict, broken, kept, not_applicable, same

ON = ROLE_ASSIGNMENT_SCHEDULE_INSTANCE
SEVERITY = Severity.HIGH
PLANES = (Plane.LIVE,)
ABSENT = {"endDateTime": "https://learn.microsoft.com/azure/role-based-access-control/pim-integration"}


def judge(instance: Resource, targets: Targets) -> Ruling:
    if role_of(instance) not in (role.lower() for role in targets.names("access.privileged_roles")):
        return not_applicable("the role is not a privileged one")
    held = instance.read("assignmentType", str)
    if same(held, "Activated"):
        return _until(instance, timedelta(hours=targets.number("access.activation_hours")))
    # Azure gives no end where a role is held for good.
    if instance.read("endDateTime", str, absent=""):
        return _until(instance, timedelta(days=targets.number("access.assignment_days")))
    holder = instance.read("principalId", str)
    if any(same(holder, spared) for spared in targets.names("identity.break_glass", may_be_empty=True)):
        return kept(f"the emergency account {holder} holds the role for good, as promised")
    return broken(f"{holder} holds the role for good ({held}), promised for a while")


def _until(instance: Resource, longest: timedelta) -> Ruling:
    """Rule on how far ahead the end is: one in a thousand years is as good as none."""
    end = moment(instance, "endDateTime")
    reason = f"the role is held until {end.isoformat()}, promised for {words(longest)} at most"
    return kept(reason) if end - instance.seen_at <= longest else broken(reason)


_TARGETS = {
    "access.privileged_roles": [OWNER],
    "access.activation_hours": 8,
    "access.assignment_days": 90,
    "identity.break_glass": ["glass"],
}


def _example(
    verdict: Verdict, held: object, *, until: object = None, role: object = OWNER, who: str = "ann"
) -> Example:
    link = f"/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/{role}" if role else None
    body = {"roleDefinitionId": link, "assignmentType": held, "endDateTime": until, "principalId": who}
    return Example(verdict, body, targets=_TARGETS)


EXAMPLES = (
    _example(Verdict.KEPT, "Activated", until="2026-01-15T18:00:00Z"),
    _example(Verdict.KEPT, "Assigned", until="2026-03-31T00:00:00Z"),
    _example(Verdict.BROKEN, "Activated", until="2026-02-15T12:00:00Z"),
    _example(Verdict.BROKEN, "Assigned", until="9999-12-31T23:59:59Z"),
    _example(Verdict.UNPROVEN, "Activated"),
    _example(Verdict.UNPROVEN, "Assigned", until="soon"),
    _example(Verdict.KEPT, "Assigned", who="glass"),
    _example(Verdict.BROKEN, "Assigned"),
    _example(Verdict.BROKEN, "Assigned", role=OWNER.upper()),
    _example(Verdict.NOT_APPLICABLE, "Assigned", role="acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    _example(Verdict.UNPROVEN, None),
    _example(Verdict.UNPROVEN, "Assigned", role=None),
    _example(Verdict.UNPROVEN, "Assigned", until={"$unknown": True}),
)
