"""Defender for Cloud watches every kind of resource that holds or guards personal data.

Catalogue: MON-08.

## Why we promise this
To tell of a breach in time, one has to notice it; an attack on a machine, an account or a key leaves signs that the
paid plans look for and the free ones do not.

## How to keep it
Declare a `security.Pricing` on each subscription for each plan of the target `monitor.defender_plans`, with
`pricing_tier="Standard"`; `sub_plan="P2"` for VirtualMachines; `sub_plan="DefenderForStorageV2"` and the extensions
OnUploadMalwareScanning and SensitiveDataDiscovery for StorageAccounts.
"""

from collections.abc import Sequence
from typing import Any

from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import covers, subscriptions, where
from audit.kinds.security import DEFENDER_PRICING
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
    every,
    kept,
    missing,
    same,
)

NEEDS = (DEFENDER_PRICING, RESOURCE_GROUP)
SEVERITY = Severity.HIGH

ABSENT = {"scopeId": "azure-native 3.29 docstring of Pricing.scope_id"}
SUB_PLANS = {"VirtualMachines": "P2", "StorageAccounts": "DefenderForStorageV2"}
"""Plans that exist in a lesser and a fuller form, with the one promised."""
EXTENSIONS = {"StorageAccounts": ("OnUploadMalwareScanning", "SensitiveDataDiscovery")}
SUBSCRIPTION_STEPS = 2
"""`subscriptions/{id}`: a plan with a longer scope is for one resource only."""


def judge(estate: Estate, targets: Targets) -> Ruling:
    promised = targets.names("monitor.defender_plans")
    plans = [(plan.read("name", str), plan) for plan in estate.of(DEFENDER_PRICING) if whole(plan)]
    return every(lambda subscription: of_subscription(subscription, plans, promised), subscriptions(estate))


def of_subscription(subscription: str, found: Sequence[tuple[str, Resource]], promised: tuple[str, ...]) -> Ruling:
    """Rule on one subscription by the plans that were found, each with its name."""
    plans = [(called, plan) for called, plan in found if covers(plan.id, subscription)]
    lacking = [name for name in promised if not any(same(name, called) for called, _ in plans)]
    if lacking:
        return missing(
            f"no Defender plan is declared for {', '.join(lacking)}{where(subscription)}",
            declare='security.Pricing(scope_id="subscriptions/…", pricing_name=…, pricing_tier="Standard")',
        )
    for name, plan in ((name, plan) for name in promised for called, plan in plans if same(name, called)):
        changes = lesser(name, plan)
        if changes:
            reason = f"the plan {name} is not as promised in {', '.join(changes)}{where(subscription)}"
            return broken(reason, change=changes, subject=plan)
    return kept(f"plans on: {', '.join(promised)}")


def whole(plan: Resource) -> bool:
    """Tell whether a plan covers the whole subscription and not one resource in it."""
    # Azure's answer has no scope of its own: it is the address that was asked, and the audit asks for the subscription.
    scope = plan.read("scopeId", str, absent="")
    return scope == "" or len(scope.strip("/").split("/")) == SUBSCRIPTION_STEPS


def lesser(name: str, plan: Resource) -> dict[str, Any]:
    """Give what a plan must change to be the one promised.

    Property path → value promised; empty where the plan is as promised.
    """
    changes: dict[str, Any] = {}
    if not same(plan.read("pricingTier", str), "Standard"):
        changes["pricingTier"] = "Standard"
    if name in SUB_PLANS and (changes or not same(plan.read("subPlan", str), SUB_PLANS[name])):
        changes["subPlan"] = SUB_PLANS[name]
    wanted = EXTENSIONS.get(name, ())
    if wanted and (changes or not set(wanted) <= running(plan)):
        changes["extensions"] = [{"name": extension, "isEnabled": "True"} for extension in wanted]
    return changes


def running(plan: Resource) -> set[str]:
    """Return the names of the extensions that are switched on."""
    # Azure spells this boolean as the text `True`.
    on = [extension for extension in plan.each("extensions") if same(extension.read("isEnabled", str), "True")]
    return {extension.read("name", str) for extension in on}


_TARGETS = {"monitor.defender_plans": ["KeyVaults", "VirtualMachines"]}
_STORAGE = {"monitor.defender_plans": ["StorageAccounts"]}
_SCANNING = [
    {"name": "OnUploadMalwareScanning", "isEnabled": "True"},
    {"name": "SensitiveDataDiscovery", "isEnabled": "True"},
]


def _plan(name: object, tier: object = "Standard", scope: object = "subscriptions/0000", **more: object) -> Neighbour:
    return Neighbour(DEFENDER_PRICING, {"name": name, "pricingTier": tier, "scopeId": scope, **more})


_VAULTS = _plan("KeyVaults")
_MACHINES = _plan("VirtualMachines", subPlan="P2")
_ACCOUNTS = _plan("StorageAccounts", subPlan="DefenderForStorageV2", extensions=_SCANNING)
_BLIND = _plan("StorageAccounts", subPlan="DefenderForStorageV2", extensions=_SCANNING[:1])
_ONE_MACHINE = "subscriptions/0000/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m"

_SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-00000000000a"
_HERE = tuple(
    Neighbour(DEFENDER_PRICING, plan.body, f"{_SUBSCRIPTION}/providers/microsoft.security/pricings/{plan.body['name']}")
    for plan in (_VAULTS, _MACHINES)
)
_GROUPS = tuple(
    Neighbour(RESOURCE_GROUP, {}, f"{one}/resourceGroups/g") for one in (_SUBSCRIPTION, f"{_SUBSCRIPTION[:-1]}b")
)

EXAMPLES = (
    Example(Verdict.KEPT, {}, (*_HERE, _GROUPS[0]), _TARGETS, "the one subscription"),
    Example(Verdict.BROKEN, {}, (*_HERE, *_GROUPS), _TARGETS, "another subscription has none"),
    Example(Verdict.KEPT, {}, (_VAULTS, _MACHINES), _TARGETS),
    Example(Verdict.KEPT, {}, (_plan("KeyVaults", scope=None), _MACHINES), _TARGETS, "as Azure answers"),
    Example(Verdict.KEPT, {}, (_ACCOUNTS,), _STORAGE),
    Example(Verdict.BROKEN, {}, (_BLIND,), _STORAGE, "sensitive data is not looked for"),
    Example(Verdict.BROKEN, {}, (_VAULTS, _plan("VirtualMachines", subPlan="P1")), _TARGETS),
    Example(Verdict.BROKEN, {}, (_plan("KeyVaults", "Free"), _MACHINES), _TARGETS),
    Example(Verdict.BROKEN, {}, (_plan("keyvaults", "Free"), _VAULTS, _MACHINES), _TARGETS, "declared twice"),
    Example(Verdict.BROKEN, {}, (_plan("StorageAccounts", "Free"),), _STORAGE),
    Example(Verdict.BROKEN, {}, (_MACHINES,), _TARGETS, "one plan is missing"),
    Example(Verdict.BROKEN, {}, (_VAULTS, _plan("VirtualMachines", scope=_ONE_MACHINE, subPlan="P2")), _TARGETS),
    Example(Verdict.BROKEN, {}, (), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_VAULTS, _plan("VirtualMachines")), _TARGETS, "which form of the plan is unsaid"),
    Example(Verdict.UNPROVEN, {}, (_plan("KeyVaults", None), _MACHINES), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_plan("StorageAccounts", subPlan="DefenderForStorageV2"),), _STORAGE),
)
