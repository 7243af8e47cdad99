"""Defender for Cloud writes to our security contact and to the subscription's owners.

Catalogue: MON-07.

## Why we promise this
Defender sees attacks that no alert of ours looks for; its warning is worth nothing in a mailbox that was never named.

## How to keep it
In each subscription declare `security.SecurityContact(security_contact_name="default")` with `is_enabled=True`,
`emails`, `notifications_by_role` with `state="On"` and the role `"Owner"`, and a
`security.NotificationsSourceAlertArgs` with a `minimal_severity` of High or lower.
"""

from typing import Any

from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import covers, subscriptions, where
from audit.kinds.security import SECURITY_CONTACT
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Part,
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

NEEDS = (SECURITY_CONTACT, RESOURCE_GROUP)
SEVERITY = Severity.HIGH

SEVERITIES = ("low", "medium", "high")
"""Each takes in those above it, so any of them lets a high one through."""


def judge(estate: Estate) -> Ruling:
    return every(lambda subscription: of_subscription(subscription, estate), subscriptions(estate))


def of_subscription(subscription: str, estate: Estate) -> Ruling:
    """Rule on one subscription: one contact of it that is as promised is enough."""
    contacts = [contact for contact in estate.of(SECURITY_CONTACT) if covers(contact.id, subscription)]
    if not contacts:
        return missing(
            f"no security contact is declared{where(subscription)}",
            declare="security.SecurityContact(emails=…, is_enabled=True)",
        )
    return any_of(of_contact, contacts)


def of_contact(contact: Resource) -> Ruling:
    """Rule on one contact; the change keeps the roles and the other notifications that it has already."""
    if "@" not in contact.read("emails", str):
        return broken("the security contact has no mail address", subject=contact)
    roles = contact.texts("notificationsByRole.roles")
    sources = contact.each("notificationsSources")
    others = [dict(source.body) for source in sources if not same(source.read("sourceType", str), "Alert")]
    changes: dict[str, Any] = {}
    if contact.read("isEnabled", bool) is not True:
        changes["isEnabled"] = True
    if not same(contact.read("notificationsByRole.state", str), "On"):
        changes["notificationsByRole.state"] = "On"
    if not any(same(role, "Owner") for role in roles):
        changes["notificationsByRole.roles"] = [*roles, "Owner"]
    if not any(is_alert(source) for source in sources):
        changes["notificationsSources"] = [*others, {"sourceType": "Alert", "minimalSeverity": "High"}]
    if changes:
        return broken(
            f"the security contact is not as promised in {', '.join(changes)}", change=changes, subject=contact
        )
    return kept("Defender writes to the security contact and to owners")


def is_alert(source: Part) -> bool:
    """Tell whether a source has Defender write about alerts; attack paths are another source, and not promised."""
    if not same(source.read("sourceType", str), "Alert"):
        return False
    return source.read("minimalSeverity", str).lower() in SEVERITIES


_ALERTS = {"sourceType": "Alert", "minimalSeverity": "Medium"}
_PATHS = {"sourceType": "AttackPath", "minimalRiskLevel": "High"}
_GOOD = {
    "emails": "dataprotection@hosting.example;accountable@hosting.example",
    "isEnabled": True,
    "notificationsByRole": {"state": "On", "roles": ["Owner"]},
    "notificationsSources": [_ALERTS, _PATHS],
}


def _contact(**changed: object) -> tuple[Neighbour, ...]:
    return (Neighbour(SECURITY_CONTACT, {**_GOOD, **changed}, "default"),)


_SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-00000000000a"
_HERE = Neighbour(SECURITY_CONTACT, _GOOD, f"{_SUBSCRIPTION}/providers/microsoft.security/securitycontacts/default")
_THERE = Neighbour(RESOURCE_GROUP, {}, f"{_SUBSCRIPTION[:-1]}b/resourceGroups/there")

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_HERE,), note="the one subscription"),
    Example(Verdict.BROKEN, {}, (_HERE, _THERE), note="another subscription has none"),
    Example(Verdict.KEPT, {}, _contact()),
    Example(Verdict.KEPT, {}, _contact(notificationsSources=[{**_ALERTS, "minimalSeverity": "High"}])),
    Example(Verdict.BROKEN, {}, _contact(emails="")),
    Example(Verdict.BROKEN, {}, _contact(isEnabled=False)),
    Example(Verdict.BROKEN, {}, _contact(notificationsByRole={"state": "Off", "roles": ["Owner"]})),
    Example(Verdict.BROKEN, {}, _contact(notificationsByRole={"state": "On", "roles": ["Contributor"]})),
    Example(Verdict.BROKEN, {}, _contact(notificationsSources=[_PATHS]), note="attack paths, and no alerts"),
    Example(Verdict.BROKEN, {}, note="no contact at all"),
    Example(Verdict.UNPROVEN, {}, _contact(isEnabled=None)),
    Example(Verdict.UNPROVEN, {}, _contact(notificationsByRole=None)),
    Example(Verdict.UNPROVEN, {}, _contact(emails={"$unknown": True})),
)
