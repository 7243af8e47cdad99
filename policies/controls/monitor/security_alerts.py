"""Somebody is told when a change weakens the estate.

Catalogue: MON-04.

## Why we promise this
Rules of the firewall, locks, vaults and policies are what the other promises stand on: who loosens one must not do so
unseen.

## How to keep it
In each subscription declare one `monitor.ActivityLogAlert` for each operation of the target `monitor.alert_operations`,
with `enabled=True`, the whole subscription in `scopes`, a condition on `category` and `operationName` and on nothing
else, and an enabled `monitor.ActionGroup` in `actions`.
"""

import re
from collections.abc import Sequence

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
    Targets,
    Verdict,
    every,
    kept,
    missing,
)

NEEDS = (ACTIVITY_LOG_ALERT, ACTION_GROUP, RESOURCE_GROUP)
SEVERITY = Severity.HIGH

ABSENT = {
    "anyOf": "azure-native 3.29 docstring of AlertRuleAnyOfOrLeafCondition.any_of",
    "containsAny": "azure-native 3.29 docstring of AlertRuleAnyOfOrLeafCondition.contains_any",
    "field": "azure-native 3.29 docstring of AlertRuleAnyOfOrLeafCondition.field",
    "equals": "azure-native 3.29 docstring of AlertRuleAnyOfOrLeafCondition.equals",
}
SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+/?", re.IGNORECASE)
CATEGORIES = {"administrative", "security", "policy"}
"""The categories of the activity log that carry operations which somebody called."""


def judge(estate: Estate, targets: Targets) -> Ruling:
    promised = targets.names("monitor.alert_operations")
    ringing = [alert for alert in estate.of(ACTIVITY_LOG_ALERT) if rings(alert, estate)]
    return every(lambda subscription: of_subscription(subscription, ringing, promised), subscriptions(estate))


def of_subscription(subscription: str, ringing: Sequence[Resource], promised: tuple[str, ...]) -> Ruling:
    """Rule on one subscription by the alerts that are on, watch a whole subscription and reach somebody."""
    told = {name for alert in ringing if watches(alert, subscription) for name in operations(alert)}
    silent = [name for name in promised if name.lower() not in told]
    if silent:
        return missing(
            f"nobody is told of {', '.join(silent)}{where(subscription)}",
            declare="monitor.ActivityLogAlert(enabled=True, scopes=[…], condition=…, actions=…)",
        )
    return kept(f"somebody is told of all {len(promised)} operations promised")


def rings(alert: Resource, estate: Estate) -> bool:
    """Tell whether the alert is on, watches a whole subscription and reaches an action group that is on.

    Raises `Unseen` where an action group is not in the estate.
    """
    if alert.read("enabled", bool) is not True:
        return False
    if not watches(alert, ""):
        return False
    groups = [estate.target(action, "actionGroupId") for action in alert.each("actions.actionGroups")]
    return any(group.read("enabled", bool) is True for group in groups)


def watches(alert: Resource, subscription: str) -> bool:
    """Tell whether the alert watches the whole of a subscription; of any where it has no name."""
    return any(SUBSCRIPTION.fullmatch(scope) and covers(scope, subscription) for scope in alert.texts("scopes"))


def operations(alert: Resource) -> set[str]:
    """Give the operations the alert fires on; none where a further condition narrows it."""
    found: dict[str, set[str]] = {}
    for condition in alert.each("condition.allOf"):
        # A condition is a leaf (a field with `equals` or `containsAny`) or a list of leaves in `anyOf`.
        leaves = condition.each("anyOf", absent=()) or (condition,)
        fields = {leaf.read("field", str, absent="").lower() for leaf in leaves}
        field = fields.pop() if len(fields) == 1 else ""
        if field in found or field not in ("category", "operationname"):
            return set()
        found[field] = {value for leaf in leaves for value in values(leaf)}
    if not found.get("category", set()) & CATEGORIES:
        return set()
    return found.get("operationname", set())


def values(leaf: Part) -> set[str]:
    """Return what a leaf compares with, in lower case; empty where it says neither `equals` nor `containsAny`."""
    texts = (leaf.read("equals", str, absent=""), *leaf.texts("containsAny", absent=()))
    return {text.lower() for text in texts if text != ""}


_WRITE = "Microsoft.Network/networkSecurityGroups/write"
_DELETE = "Microsoft.Network/networkSecurityGroups/delete"
_ONE = {"monitor.alert_operations": [_WRITE]}
_TWO = {"monitor.alert_operations": [_WRITE, _DELETE]}
_SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000000"
_ADMINISTRATIVE = {"field": "category", "equals": "Administrative"}
_GROUP = Neighbour(ACTION_GROUP, {"enabled": True}, "people")
_MUTE = Neighbour(ACTION_GROUP, {"enabled": False}, "people")


def _alert(*conditions: object, enabled: object = True, scope: object = _SCOPE, group: str = "people") -> Neighbour:
    body = {
        "enabled": enabled,
        "scopes": [scope],
        "condition": {"allOf": [_ADMINISTRATIVE, *conditions]},
        "actions": {"actionGroups": [{"actionGroupId": {"$reference": group}}] if group else []},
    }
    return Neighbour(ACTIVITY_LOG_ALERT, body)


def _on(operation: object) -> dict[str, object]:
    return {"field": "operationName", "equals": operation}


_BOTH = {"anyOf": [_on(_WRITE), _on(_DELETE)]}
_EITHER = {"field": "operationName", "containsAny": [_WRITE, _DELETE]}
_FAILED = {"field": "status", "equals": "Failed"}

_HERE = Neighbour(RESOURCE_GROUP, {}, f"{_SCOPE}/resourceGroups/here")
_THERE = Neighbour(RESOURCE_GROUP, {}, f"{_SCOPE[:-1]}b/resourceGroups/there")
_OTHER = _alert(_on(_WRITE), scope=f"{_SCOPE[:-1]}b")

EXAMPLES = (
    Example(Verdict.BROKEN, {}, (_HERE, _THERE, _GROUP, _alert(_on(_WRITE))), _ONE, "one of two subscriptions"),
    Example(Verdict.KEPT, {}, (_HERE, _THERE, _GROUP, _alert(_on(_WRITE)), _OTHER), _ONE, "both subscriptions"),
    Example(Verdict.KEPT, {}, (_GROUP, _alert(_on(_WRITE.lower()))), _ONE, "case does not matter"),
    Example(Verdict.KEPT, {}, (_GROUP, _alert(_on(_WRITE)), _alert(_on(_DELETE))), _TWO),
    Example(Verdict.KEPT, {}, (_GROUP, _alert(_BOTH)), _TWO, "one alert on either"),
    Example(Verdict.KEPT, {}, (_GROUP, _alert(_EITHER)), _TWO, "one alert on a list"),
    Example(Verdict.BROKEN, {}, (_GROUP, _alert(_on(_WRITE))), _TWO, "one operation is not watched"),
    Example(Verdict.BROKEN, {}, (_GROUP, _alert(_on(_WRITE), enabled=False)), _ONE),
    Example(Verdict.BROKEN, {}, (_GROUP, _alert(_on(_WRITE), scope=f"{_SCOPE}/resourceGroups/one")), _ONE, "one group"),
    Example(Verdict.BROKEN, {}, (_GROUP, _alert(_on(_WRITE), group="")), _ONE, "tells nobody"),
    Example(Verdict.BROKEN, {}, (_MUTE, _alert(_on(_WRITE))), _ONE, "the action group is off"),
    Example(Verdict.BROKEN, {}, (_GROUP, _alert(_on(_WRITE), _FAILED)), _ONE, "only when the call failed"),
    Example(Verdict.BROKEN, {}, (_GROUP, _alert(_on(_WRITE), _on(_DELETE))), _ONE, "both at once never happens"),
    Example(Verdict.BROKEN, {}, (), _ONE),
    Example(Verdict.UNPROVEN, {}, (_GROUP, _alert(_on(_WRITE), enabled=None)), _ONE),
    Example(Verdict.UNPROVEN, {}, (_GROUP, _alert(_on(_WRITE), scope={"$unknown": True})), _ONE),
    Example(Verdict.UNPROVEN, {}, (_alert(_on(_WRITE)),), _ONE, "its action group was not seen"),
)
