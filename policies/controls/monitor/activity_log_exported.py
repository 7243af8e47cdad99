"""What happens in the subscription is sent to our own workspace, every category of it.

Catalogue: MON-01.

## Why we promise this
A breach is noticed, dated and explained from the activity log, and the platform forgets its own copy before a year
is out.

## How to keep it
In each subscription declare a `monitor.SubscriptionDiagnosticSetting` with `workspace_id` of the log workspace and one
`logs` entry, with `enabled=True`, for each category of the target `monitor.activity_log_categories`.
"""

from collections.abc import Sequence

from audit.kinds.insights import SUBSCRIPTION_DIAGNOSTIC_SETTING
from audit.kinds.operationalinsights import WORKSPACE
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import covers, subscriptions, where
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    every,
    kept,
    missing,
    same,
)

NEEDS = (SUBSCRIPTION_DIAGNOSTIC_SETTING, WORKSPACE, RESOURCE_GROUP)
SEVERITY = Severity.HIGH

ABSENT = {
    "workspaceId": "azure-native 3.29 docstring of SubscriptionDiagnosticSetting.workspace_id",
    "category": "azure-native 3.29 docstring of SubscriptionLogSettings.category",
}
GROUP = "a group"
"""Stands for a log entry that names no category."""


def judge(estate: Estate, targets: Targets) -> Ruling:
    promised = targets.names("monitor.activity_log_categories")
    settings = [found for found in estate.of(SUBSCRIPTION_DIAGNOSTIC_SETTING) if to_own_workspace(found, estate)]
    return every(lambda subscription: of_subscription(subscription, settings, promised), subscriptions(estate))


def of_subscription(subscription: str, found: Sequence[Resource], promised: tuple[str, ...]) -> Ruling:
    """Rule on one subscription by the settings that write to a workspace of ours."""
    settings = [setting for setting in found if covers(setting.id, subscription)]
    if not settings:
        return missing(
            f"nothing sends the subscription's activity log to a workspace{where(subscription)}",
            declare="monitor.SubscriptionDiagnosticSetting(workspace_id=…, logs=[…])",
        )
    sent = {name for setting in settings for name in categories(setting)}
    lacking = [name for name in promised if name.lower() not in sent]
    if lacking and GROUP in sent:
        raise Unseen(f"whether {', '.join(lacking)} is in a group of categories is Azure's to say: name it by itself")
    if lacking:
        logs = [{"category": name, "enabled": True} for name in promised]
        return broken(
            f"not sent{where(subscription)}: {', '.join(lacking)}", change={"logs": logs}, subject=settings[0]
        )
    return kept(f"sent: {', '.join(promised)}")


def to_own_workspace(setting: Resource, estate: Estate) -> bool:
    """Tell whether a setting writes to a workspace of ours; raises `Unseen` where that is not in the estate."""
    # A setting without a workspace writes elsewhere (an account, an event hub), which is not what was promised.
    if setting.link("workspaceId", absent=None) is None:
        return False
    return same(estate.target(setting, "workspaceId").type, WORKSPACE.arm)


def categories(setting: Resource) -> set[str]:
    """Return the categories a setting sends, in lower case; `a group` stands for one that Azure puts together."""
    # A log entry names either a category or a group of categories: without a category it is a group's.
    sent = [log for log in setting.each("logs") if log.read("enabled", bool) is True]
    return {log.read("category", str, absent=GROUP).lower() for log in sent}


_WORKSPACE = Neighbour(WORKSPACE, {"retentionInDays": 365}, "logs")
_TARGETS = {"monitor.activity_log_categories": ["Administrative", "Security"]}


def _setting(*names: str, enabled: object = True, workspace: object = "logs") -> Neighbour:
    logs = [{"category": name, "enabled": enabled} for name in names]
    link = {"$reference": workspace} if workspace else None
    return Neighbour(SUBSCRIPTION_DIAGNOSTIC_SETTING, {"workspaceId": link, "logs": logs})


_SOME = _setting("Administrative", "Policy")
_REST = _setting("security")
_GROUP = Neighbour(
    SUBSCRIPTION_DIAGNOSTIC_SETTING,
    {"workspaceId": {"$reference": "logs"}, "logs": [{"categoryGroup": "allLogs", "enabled": True}]},
)

_HERE = "/subscriptions/00000000-0000-0000-0000-00000000000a"
_OURS = Neighbour(
    SUBSCRIPTION_DIAGNOSTIC_SETTING,
    _setting("Administrative", "Security").body,
    f"{_HERE}/providers/microsoft.insights/diagnosticsettings/logs",
)
_GROUPS = tuple(Neighbour(RESOURCE_GROUP, {}, f"{one}/resourceGroups/g") for one in (_HERE, f"{_HERE[:-1]}b"))

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_WORKSPACE, _GROUPS[0], _OURS), _TARGETS, "the one subscription"),
    Example(Verdict.BROKEN, {}, (_WORKSPACE, *_GROUPS, _OURS), _TARGETS, "another subscription has none"),
    Example(Verdict.KEPT, {}, (_WORKSPACE, _setting("Administrative", "Security", "Policy")), _TARGETS),
    Example(Verdict.KEPT, {}, (_WORKSPACE, _SOME, _REST), _TARGETS, "two settings between them"),
    Example(Verdict.BROKEN, {}, (_WORKSPACE, _SOME), _TARGETS, "one category is missing"),
    Example(Verdict.BROKEN, {}, (_WORKSPACE, _setting("Administrative", "Security", enabled=False)), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_WORKSPACE, _GROUP), _TARGETS, "a group names no category"),
    Example(Verdict.BROKEN, {}, (_setting("Administrative", "Security", workspace=None),), _TARGETS, "sent elsewhere"),
    Example(Verdict.BROKEN, {}, (), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_setting("Administrative", "Security", workspace="theirs"),), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_WORKSPACE, _setting("Administrative", "Security", enabled=None)), _TARGETS),
)
