"""A phone gets in only if it is managed, or the app on it is.

Catalogue: IDN-02.

## Why we promise this
A phone is lost more easily than anything else that holds mail. One that is managed can be wiped, and an app that is
protected keeps its data from the rest of the phone.

## How to keep it
For each platform of the target `identity.phone_platforms`, enable a conditional access policy for all users and all
applications that grants access to a compliant device, an approved app or a protected app only.
"""

from typing import Any

from audit.kinds.graph import CONDITIONAL_ACCESS_POLICY
from audit.kinds.signin import UNSET, holding
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    every,
    kept,
    missing,
)

NEEDS = (CONDITIONAL_ACCESS_POLICY,)
SEVERITY = Severity.HIGH
PLANES = (Plane.LIVE,)
ABSENT = UNSET
GRANTS = ("compliantDevice", "approvedApplication", "compliantApplication")


def judge(estate: Estate, targets: Targets) -> Ruling:
    policies = estate.of(CONDITIONAL_ACCESS_POLICY)
    platforms = targets.names("identity.phone_platforms")
    return every(lambda platform: _judge_platform(platform, policies, targets), platforms)


def _judge_platform(platform: str, policies: tuple[Resource, ...], targets: Targets) -> Ruling:
    """Rule on one platform: one policy that holds there is enough; raises `Unseen` where none is known to."""
    if holding(policies, targets, *GRANTS, platform=platform) is not None:
        return kept("each platform must be managed, or its apps protected")
    return missing(
        f"no conditional access policy asks a phone with {platform} to be managed, or its app to be protected",
        declare=f"a conditional access policy: all users, all applications, {platform}, require a compliant device",
    )


_CONDITIONS: dict[str, Any] = {
    "users": {"includeUsers": ["All"], "excludeUsers": [], "excludeGroups": [], "excludeRoles": []},
    "applications": {"includeApplications": ["All"], "excludeApplications": []},
    "clientAppTypes": ["browser", "mobileAppsAndDesktopClients"],
}
_PHONES = ["iOS", "android"]


def _policy(*grants: str, on: Any = _PHONES, excluding: tuple[str, ...] = (), **changes: Any) -> Neighbour:
    platforms = {"includePlatforms": on, "excludePlatforms": list(excluding)} if on else None
    granted = {"operator": "OR", "builtInControls": list(grants), "termsOfUse": [], "customAuthenticationFactors": []}
    conditions = {**_CONDITIONS, "platforms": platforms}
    return Neighbour(
        CONDITIONAL_ACCESS_POLICY, {"state": "enabled", "conditions": conditions, "grantControls": granted, **changes}
    )


def _example(verdict: Verdict, *policies: Neighbour, note: str = "") -> Example:
    targets = {"identity.phone_platforms": _PHONES, "identity.break_glass": []}
    return Example(verdict, {}, policies, targets, note)


EXAMPLES = (
    _example(Verdict.KEPT, _policy("compliantDevice")),
    _example(Verdict.KEPT, _policy("compliantApplication", "approvedApplication", on=["all"])),
    _example(Verdict.KEPT, _policy("compliantDevice", on=None), note="on every platform"),
    _example(
        Verdict.KEPT, _policy("compliantDevice", on=["iOS"]), _policy("compliantDevice", on=["android"]), note="two"
    ),
    _example(Verdict.BROKEN, _policy("compliantDevice", on=["iOS"]), note="nothing holds for android"),
    _example(Verdict.BROKEN, _policy("compliantDevice", on=["all"], excluding=("android",))),
    _example(Verdict.BROKEN, _policy("compliantDevice", "mfa"), note="a second factor will do instead"),
    _example(Verdict.BROKEN, _policy("mfa")),
    _example(Verdict.BROKEN, _policy("compliantDevice", state="disabled")),
    _example(Verdict.BROKEN, note="no policy"),
    _example(Verdict.UNPROVEN, _policy("compliantDevice", state=None)),
    _example(Verdict.UNPROVEN, _policy("compliantDevice", on={"$unknown": True})),
)
