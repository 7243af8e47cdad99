"""An alert of a breach reaches the people who answer for it, in more than one way.

Catalogue: MON-06.

## Why we promise this
The clock of a breach starts when we could have known. One mailbox that nobody opened is no excuse.

## How to keep it
Declare a `monitor.ActionGroup` with `enabled=True`, e-mail receivers named as in the target
`monitor.breach_receivers`, and at least one more kind of receiver that is a person (SMS, voice, app push, or an
Azure role such as Owner), and name it in the actions of the alerts. That a test notification arrived is attested by
a person.
"""

from audit.kinds.insights import ACTION_GROUP, ACTIVITY_LOG_ALERT
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
    kept,
    missing,
)

NEEDS = (ACTION_GROUP, ACTIVITY_LOG_ALERT)
SEVERITY = Severity.HIGH

WAYS = ("emailReceivers", "smsReceivers", "voiceReceivers", "azureAppPushReceivers", "armRoleReceivers")
"""The receivers that are people; webhooks, runbooks and the like are not."""
LEAST_WAYS = 2
ABSENT = dict.fromkeys(WAYS, "azure-native 3.29 docstring of ActionGroup: the receivers that are part of this group")
OFF = "is off"
UNNAMED = "is named by no alert"


def judge(estate: Estate, targets: Targets) -> Ruling:
    promised = targets.names("monitor.breach_receivers")
    groups = estate.of(ACTION_GROUP)
    if not groups:
        return missing("no action group is declared", declare="monitor.ActionGroup(enabled=True, email_receivers=[…])")
    best, wrong = min(((group, faults(group, estate, promised)) for group in groups), key=lambda pair: len(pair[1]))
    if wrong == [UNNAMED]:
        # That there is no alert is only true where all alerts were seen.
        return missing(f"the action group {best.name} {UNNAMED}", declare="monitor.ActivityLogAlert(actions=…)")
    if wrong:
        change = {"enabled": True} if wrong == [OFF] else None
        return broken(f"the action group {best.name} {' and '.join(wrong)}", change=change, subject=best)
    return kept(f"{best.name} writes to {', '.join(promised)}, and reaches people in {len(ways(best))} ways")


def faults(group: Resource, estate: Estate, promised: tuple[str, ...]) -> list[str]:
    """Say why the group does not reach the people promised; nothing where it does."""
    lacking = [name for name in promised if name.lower() not in mailboxes(group)]
    told = estate.referrers(group, ACTIVITY_LOG_ALERT, "actions.actionGroups[].actionGroupId")
    checks = {
        OFF: group.read("enabled", bool) is not True,
        f"does not write to {', '.join(lacking)}": lacking != [],
        f"reaches people in {len(ways(group))} ways, promised {LEAST_WAYS}": len(ways(group)) < LEAST_WAYS,
        UNNAMED: told == (),
    }
    return [reason for reason, wrong in checks.items() if wrong]


def mailboxes(group: Resource) -> set[str]:
    """Give the names of the e-mail receivers that have an address."""
    # A group without a list of receivers has none of them; that can only lose it ways, never gain one.
    receivers = group.each("emailReceivers", absent=())
    return {found.read("name", str).lower() for found in receivers if "@" in found.read("emailAddress", str)}


def ways(group: Resource) -> list[str]:
    """Return the kinds of receivers that the group has any of and that are people; a webhook or a function is not."""
    return [way for way in WAYS if len(group.each(way, absent=())) > 0]


_TARGETS = {"monitor.breach_receivers": ["data-protection", "accountable"]}
_ALERT = Neighbour(ACTIVITY_LOG_ALERT, {"actions": {"actionGroups": [{"actionGroupId": {"$reference": "breach"}}]}})
_FIRST = {"name": "data-protection", "emailAddress": "dataprotection@hosting.example"}
_SECOND = {"name": "Accountable", "emailAddress": "accountable@hosting.example"}
_OWNERS = [{"name": "owners", "roleId": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}]
_CALL = [{"name": "duty", "countryCode": "44", "phoneNumber": "7700900000"}]


def _group(*people: object, enabled: object = True, name: str = "breach", **others: object) -> Neighbour:
    return Neighbour(ACTION_GROUP, {"enabled": enabled, "emailReceivers": list(people), **others}, name)


_GOOD = _group(_FIRST, _SECOND, armRoleReceivers=_OWNERS)
_NOBODY = _group({**_FIRST, "emailAddress": ""}, _SECOND, armRoleReceivers=_OWNERS)
_HIDDEN = _group({**_FIRST, "emailAddress": {"$unknown": True}}, _SECOND, armRoleReceivers=_OWNERS)
_ROBOT = _group(_FIRST, _SECOND, webhookReceivers=[{"name": "ticket"}])

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_GOOD, _ALERT), _TARGETS),
    Example(Verdict.KEPT, {}, (_group(_FIRST, _SECOND, smsReceivers=_CALL), _ALERT), _TARGETS),
    Example(Verdict.KEPT, {}, (_group(name="builds"), _GOOD, _ALERT), _TARGETS, "another group has other work"),
    Example(Verdict.BROKEN, {}, (_group(_FIRST, _SECOND, enabled=False, smsReceivers=_CALL), _ALERT), _TARGETS),
    Example(Verdict.BROKEN, {}, (_group(_FIRST, smsReceivers=_CALL), _ALERT), _TARGETS, "one of two people"),
    Example(Verdict.BROKEN, {}, (_group(_FIRST, _SECOND), _ALERT), _TARGETS, "mail only"),
    Example(Verdict.BROKEN, {}, (_ROBOT, _ALERT), _TARGETS, "a webhook is not a person"),
    Example(Verdict.BROKEN, {}, (_NOBODY, _ALERT), _TARGETS, "a name without an address"),
    Example(Verdict.BROKEN, {}, (_GOOD,), _TARGETS, "no alert names it"),
    Example(Verdict.BROKEN, {}, (), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_HIDDEN, _ALERT), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_group(_FIRST, _SECOND, enabled=None, smsReceivers=_CALL), _ALERT), _TARGETS),
)
