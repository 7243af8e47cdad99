"""Somebody is told when Azure itself fails under us.

Catalogue: MON-05.

## Why we promise this
Customers are told of a fault by us, and a recovery begins when somebody knows: not when a customer rings.

## How to keep it
In each subscription declare a `monitor.ActivityLogAlert` with `enabled=True`, the whole subscription in `scopes`, the
one condition `category` equals `ServiceHealth`, and an enabled `monitor.ActionGroup` in `actions`. A further condition
would leave out faults.
"""

import re

from audit.kinds.insights import ACTION_GROUP, ACTIVITY_LOG_ALERT
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import covers, subscriptions, where
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Part,
    Resource,
    Ruling,
    Severity,
    Verdict,
    every,
    kept,
    missing,
    same,
)

NEEDS = (ACTIVITY_LOG_ALERT, ACTION_GROUP, RESOURCE_GROUP)
SEVERITY = Severity.MEDIUM

ABSENT = {
    "anyOf": "azure-native 3.29 docstring of AlertRuleAnyOfOrLeafCondition.any_of",
    "field": "azure-native 3.29 docstring of AlertRuleAnyOfOrLeafCondition.field",
    "equals": "azure-native 3.29 docstring of AlertRuleAnyOfOrLeafCondition.equals",
}
SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+/?", re.IGNORECASE)


def judge(estate: Estate) -> Ruling:
    return every(lambda subscription: of_subscription(subscription, estate), subscriptions(estate))


def of_subscription(subscription: str, estate: Estate) -> Ruling:
    """Rule on one subscription: one alert that tells of all of its faults is enough."""
    for alert in estate.of(ACTIVITY_LOG_ALERT):
        if on_every_fault(alert, subscription) and reaches_somebody(alert, estate):
            return kept(f"{alert.name} tells of every ServiceHealth event")
    return missing(
        f"nobody is told of the platform's own faults{where(subscription)}",
        declare="monitor.ActivityLogAlert(enabled=True, scopes=[…], condition=…(ServiceHealth), actions=…)",
    )


def on_every_fault(alert: Resource, subscription: str) -> bool:
    """Tell whether an alert is on and fires on every service health event of a whole subscription."""
    if not any(SUBSCRIPTION.fullmatch(scope) and covers(scope, subscription) for scope in alert.texts("scopes")):
        return False
    # Every condition must hold: one that speaks of anything else leaves out faults.
    told = [is_service_health(condition) for condition in alert.each("condition.allOf")]
    return told != [] and all(told) and alert.read("enabled", bool) is True


def is_service_health(condition: Part) -> bool:
    """Tell whether a condition holds for all service health events and asks nothing else."""
    leaves = condition.each("anyOf", absent=()) or (condition,)
    return any(
        same(leaf.read("field", str, absent=""), "category")
        and same(leaf.read("equals", str, absent=""), "ServiceHealth")
        for leaf in leaves
    )


def reaches_somebody(alert: Resource, estate: Estate) -> bool:
    """Tell whether an alert calls an action group that is on; raises `Unseen` where a group is not in the estate."""
    groups = [estate.target(action, "actionGroupId") for action in alert.each("actions.actionGroups")]
    return any(group.read("enabled", bool) is True for group in groups)


_SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000000"
_HEALTH = {"field": "category", "equals": "ServiceHealth"}
_GROUP = Neighbour(ACTION_GROUP, {"enabled": True}, "people")
_MUTE = Neighbour(ACTION_GROUP, {"enabled": False}, "people")


def _alert(*conditions: object, enabled: object = True, scope: object = _SCOPE, group: str = "people") -> Neighbour:
    body = {
        "enabled": enabled,
        "scopes": [scope],
        "condition": {"allOf": list(conditions)},
        "actions": {"actionGroups": [{"actionGroupId": {"$reference": group}}] if group else []},
    }
    return Neighbour(ACTIVITY_LOG_ALERT, body)


_INCIDENTS = {"field": "properties.incidentType", "equals": "Incident"}

_HERE = Neighbour(RESOURCE_GROUP, {}, f"{_SCOPE}/resourceGroups/here")
_THERE = Neighbour(RESOURCE_GROUP, {}, f"{_SCOPE[:-1]}b/resourceGroups/there")
_OTHER = _alert(_HEALTH, scope=f"{_SCOPE[:-1]}b")

EXAMPLES = (
    Example(Verdict.BROKEN, {}, (_HERE, _THERE, _GROUP, _alert(_HEALTH)), note="one of two subscriptions"),
    Example(Verdict.KEPT, {}, (_HERE, _THERE, _GROUP, _alert(_HEALTH), _OTHER), note="both subscriptions"),
    Example(Verdict.KEPT, {}, (_GROUP, _alert(_HEALTH))),
    Example(Verdict.KEPT, {}, (_GROUP, _alert({"anyOf": [_HEALTH]})), note="a list of one"),
    Example(Verdict.BROKEN, {}, (_GROUP, _alert({"field": "category", "equals": "Administrative"}))),
    Example(Verdict.BROKEN, {}, (_GROUP, _alert(_HEALTH, _INCIDENTS)), note="maintenance is left out"),
    Example(Verdict.BROKEN, {}, (_GROUP, _alert()), note="no condition"),
    Example(Verdict.BROKEN, {}, (_GROUP, _alert(_HEALTH, enabled=False))),
    Example(Verdict.BROKEN, {}, (_GROUP, _alert(_HEALTH, scope=f"{_SCOPE}/resourceGroups/one")), note="one group"),
    Example(Verdict.BROKEN, {}, (_GROUP, _alert(_HEALTH, group="")), note="tells nobody"),
    Example(Verdict.BROKEN, {}, (_MUTE, _alert(_HEALTH)), note="tells a group that is off"),
    Example(Verdict.UNPROVEN, {}, (_GROUP, _alert(_HEALTH, enabled=None))),
    Example(Verdict.UNPROVEN, {}, (_alert(_HEALTH, group="people"),), note="the group was not seen"),
)
