"""No rule silences alerts for good.

Catalogue: MON-09.

## Why we promise this
A rule that was meant for one noisy night and has no end hides the breach that comes a year later.

## How to keep it
Give every `security.AlertsSuppressionRule` an `expiration_date_utc`, and every
`alertsmanagement.AlertProcessingRuleByName` that takes action groups off an `effective_until` in its `schedule`;
or declare none.
"""

from audit.kinds.alertsmanagement import ALERT_PROCESSING_RULE
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import demand_seen
from audit.kinds.security import ALERTS_SUPPRESSION_RULE
from audit.model import Estate, Example, Kind, Neighbour, Resource, Ruling, Severity, Verdict, broken, every, kept, same

NEEDS = (ALERTS_SUPPRESSION_RULE, ALERT_PROCESSING_RULE, RESOURCE_GROUP)
SEVERITY = Severity.MEDIUM

ABSENT = {
    "expirationDateUtc": "azure-native 3.29 docstring of AlertsSuppressionRule.expiration_date_utc",
    "schedule.effectiveUntil": "azure-native 3.29 docstring of Schedule.effective_until",
}
SILENCES = "RemoveAllActionGroups"


def judge(estate: Estate) -> Ruling:
    demand_seen(estate)
    rules = (*estate.of(ALERTS_SUPPRESSION_RULE), *estate.of(ALERT_PROCESSING_RULE))
    if not rules:
        return kept("no rule silences any alert")
    return every(of_one, rules)


def of_one(rule: Resource) -> Ruling:
    """Rule on one rule: one that is on and silences alerts must end."""
    suppresses = same(rule.type, ALERTS_SUPPRESSION_RULE.arm)
    if not (is_on(rule) if suppresses else is_on_and_silences(rule)):
        return kept(f"{rule.name} silences nothing")
    end = rule.read("expirationDateUtc" if suppresses else "schedule.effectiveUntil", str, absent="")
    if end == "":
        return broken(f"{rule.name} silences alerts for good, promised an end", subject=rule)
    return kept(f"{rule.name} silences alerts until {end}")


def is_on(rule: Resource) -> bool:
    """Tell whether a suppression rule of Defender is on."""
    return not same(rule.read("state", str), "Disabled")


def is_on_and_silences(rule: Resource) -> bool:
    """Tell whether a processing rule is on and takes action groups off; one that adds a group silences nothing."""
    silences = any(same(action.read("actionType", str), SILENCES) for action in rule.each("actions"))
    return silences and rule.read("enabled", bool) is not False


def _example(verdict: Verdict, kind: Kind, body: dict[str, object], note: str = "") -> Example:
    return Example(verdict, {}, (_GROUP, Neighbour(kind, body, name="quiet"), _OTHER), {}, note)


_NIGHT = "2026-12-01T00:00:00Z"
_OTHER = Neighbour(ALERT_PROCESSING_RULE, {"enabled": False, "actions": [{"actionType": SILENCES}]}, "once")
_GROUP = Neighbour(RESOURCE_GROUP, {}, "group")
_ON = {"enabled": True, "actions": [{"actionType": SILENCES}]}

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_GROUP,), note="no rule at all"),
    Example(Verdict.UNPROVEN, {}, note="nothing was seen"),
    _example(Verdict.KEPT, ALERTS_SUPPRESSION_RULE, {"state": "Enabled", "expirationDateUtc": _NIGHT}),
    _example(Verdict.KEPT, ALERTS_SUPPRESSION_RULE, {"state": "Disabled"}, "off"),
    _example(Verdict.KEPT, ALERT_PROCESSING_RULE, {**_ON, "schedule": {"effectiveUntil": _NIGHT}}),
    _example(Verdict.KEPT, ALERT_PROCESSING_RULE, {**_ON, "actions": [{"actionType": "AddActionGroups"}]}, "adds"),
    _example(Verdict.BROKEN, ALERTS_SUPPRESSION_RULE, {"state": "Enabled"}),
    _example(Verdict.BROKEN, ALERTS_SUPPRESSION_RULE, {"state": "Enabled", "expirationDateUtc": None}),
    _example(Verdict.BROKEN, ALERT_PROCESSING_RULE, _ON),
    _example(Verdict.UNPROVEN, ALERTS_SUPPRESSION_RULE, {"expirationDateUtc": None}, "on or off is unsaid"),
    _example(Verdict.UNPROVEN, ALERT_PROCESSING_RULE, {**_ON, "actions": None}),
    _example(Verdict.UNPROVEN, ALERT_PROCESSING_RULE, {**_ON, "enabled": None}),
)
