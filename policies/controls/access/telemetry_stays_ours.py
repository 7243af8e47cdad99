"""Logs and metrics are sent to destinations of our own.

Catalogue: ACC-09.

## Why we promise this
Logs say who wrote to whom, when and from where. A setting that sends them to another company's workspace, account,
event hub or monitoring product is a leak that looks like housekeeping. Where it runs, each resource is asked for its
settings by itself: a resource of a type that was not asked leaves this unproven. Not asked, and not judged, are what
sends metrics alone and no logs (network interfaces, private endpoints, NAT gateways, zones, disks), the malware
scanner of a storage account, and the settings of the directory and of management groups.

## How to keep it
Let `monitor.DiagnosticSetting`, `monitor.SubscriptionDiagnosticSetting` and `operationalinsights.DataExport` name
destinations that the stack declares, or that lie in a subscription of the target `access.own_subscriptions`, and leave
`marketplace_partner_id` unset.
"""

from audit.kinds import UNKNOWN_TYPE
from audit.kinds.insights import DIAGNOSTIC_SETTING, SILENT, SUBSCRIPTION_DIAGNOSTIC_SETTING
from audit.kinds.operationalinsights import DATA_EXPORT, WORKSPACE
from audit.kinds.scopes import is_ours
from audit.model import (
    Estate,
    Example,
    Kind,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    kept,
    not_applicable,
    same,
)

SETTINGS = (DIAGNOSTIC_SETTING, SUBSCRIPTION_DIAGNOSTIC_SETTING, DATA_EXPORT)
ON = (*SETTINGS, UNKNOWN_TYPE)
SEVERITY = Severity.HIGH
PARTNER = "marketplacePartnerId"
DESTINATIONS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "serviceBusRuleId")
ABSENT = {
    "workspaceId": "azure-native 3.29 docstring of DiagnosticSetting.workspace_id",
    "storageAccountId": "azure-native 3.29 docstring of DiagnosticSetting.storage_account_id",
    "eventHubAuthorizationRuleId": "azure-native 3.29 docstring of DiagnosticSetting.event_hub_authorization_rule_id",
    "serviceBusRuleId": "azure-native 3.29 docstring of DiagnosticSetting.service_bus_rule_id",
    PARTNER: "azure-native 3.29 docstring of DiagnosticSetting.marketplace_partner_id",
}


def judge(setting: Resource, estate: Estate, targets: Targets) -> Ruling:
    if not any(same(setting.type, kind.arm) for kind in SETTINGS):
        return _judge_stranger(setting)
    if same(setting.type, DATA_EXPORT.arm):
        return _judge_places(setting, ("destination.resourceId",), estate, targets)
    if (partner := setting.link(PARTNER, absent=None)) is not None:
        return broken(f"sends to the partner product {partner}, promised none")
    used = tuple(path for path in DESTINATIONS if setting.link(path, absent=None) is not None)
    return _judge_places(setting, used, estate, targets)


def _judge_stranger(resource: Resource) -> Ruling:
    """Rule on a resource of a type that no row knows; raises `Unseen` where it may send what nobody asked for."""
    if resource.type.lower() in SILENT:
        return not_applicable("a resource of this type has neither logs nor metrics to send")
    if resource.plane is Plane.LIVE:
        raise Unseen(f"nobody asks a {resource.type} where it sends its logs")
    return not_applicable("where it sends its logs is declared by a setting of its own")


def _judge_places(setting: Resource, paths: tuple[str, ...], estate: Estate, targets: Targets) -> Ruling:
    """Rule on where a setting sends to; raises `Unseen` where it names no place, or one that was not seen."""
    if not paths:
        raise Unseen("where it sends to was not seen")
    strange = [path for path in paths if not is_ours(setting, path, estate, targets)]
    if strange:
        return broken(f"{strange[0]} is {setting.link(strange[0])}, which lies in no subscription of ours")
    return kept(f"sends to our own {' and '.join(paths)}")


_TARGETS = {"access.own_subscriptions": ["00000000-0000-0000-0000-00000000000a"]}
_PLACE = "/subscriptions/00000000-0000-0000-0000-00000000000{}/resourceGroups/g/providers/Microsoft.X/places/p"
_OURS, _THEIRS = _PLACE.format("A"), _PLACE.format("B")
_WORKSPACE = Neighbour(WORKSPACE, {}, "logs")


def _example(verdict: Verdict, body: dict[str, object], note: str = "", kind: Kind = DIAGNOSTIC_SETTING) -> Example:
    return Example(verdict, body, (_WORKSPACE,), _TARGETS, note, kind)


EXAMPLES = (
    _example(Verdict.KEPT, {"workspaceId": {"$reference": "logs"}}),
    _example(Verdict.KEPT, {"storageAccountId": _OURS, "workspaceId": _OURS}),
    _example(Verdict.BROKEN, {"workspaceId": _THEIRS}),
    _example(Verdict.BROKEN, {"workspaceId": _OURS, "eventHubAuthorizationRuleId": _THEIRS}, "ours and theirs"),
    _example(Verdict.BROKEN, {"workspaceId": _OURS, PARTNER: _OURS}, "a partner product"),
    _example(Verdict.UNPROVEN, {"workspaceId": {"$unknown": True}}),
    _example(Verdict.UNPROVEN, {}, "no destination was seen"),
    _example(Verdict.UNPROVEN, {"workspaceId": "logs"}, "no id"),
    _example(Verdict.KEPT, {"workspaceId": _OURS}, kind=SUBSCRIPTION_DIAGNOSTIC_SETTING),
    _example(Verdict.BROKEN, {"storageAccountId": _THEIRS}, kind=SUBSCRIPTION_DIAGNOSTIC_SETTING),
    _example(Verdict.KEPT, {"destination": {"resourceId": _OURS}}, kind=DATA_EXPORT),
    _example(Verdict.BROKEN, {"destination": {"resourceId": _THEIRS}}, kind=DATA_EXPORT),
    _example(Verdict.UNPROVEN, {"destination": {}}, kind=DATA_EXPORT),
    _example(Verdict.NOT_APPLICABLE, {}, "a type that no row knows, declared", UNKNOWN_TYPE),
)
