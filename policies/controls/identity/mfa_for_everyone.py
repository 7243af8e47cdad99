"""Everybody signs in with a second factor.

Catalogue: IDN-01.

## Why we promise this
A password alone is guessed, reused or phished. The directory lets nobody in without a second factor, so that one
that was lost opens nothing.

## How to keep it
Enable a conditional access policy for all users and all applications that demands multifactor authentication, with no
condition that narrows it and nobody left out but the accounts of the target `identity.break_glass`. Security defaults
are not read: they admit no exception and show no scope.
"""

from typing import Any

from audit.kinds.graph import CONDITIONAL_ACCESS_POLICY
from audit.kinds.signin import UNSET, holding
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Ruling,
    Severity,
    Targets,
    Verdict,
    kept,
    missing,
)

NEEDS = (CONDITIONAL_ACCESS_POLICY,)
SEVERITY = Severity.CRITICAL
PLANES = (Plane.LIVE,)
ABSENT = UNSET


def judge(estate: Estate, targets: Targets) -> Ruling:
    policy = holding(estate.of(CONDITIONAL_ACCESS_POLICY), targets, "mfa")
    if policy is not None:
        return kept(f"{policy.name} demands a second factor of everybody")
    return missing(
        "no conditional access policy demands a second factor of everybody, for every application",
        declare="a conditional access policy: all users, all applications, grant: require multifactor authentication",
    )


_GOOD: dict[str, Any] = {
    "state": "enabled",
    "conditions": {
        "users": {"includeUsers": ["All"], "excludeUsers": ["glass"], "excludeGroups": [], "excludeRoles": []},
        "applications": {"includeApplications": ["All"], "excludeApplications": []},
        "clientAppTypes": ["all"],
    },
    "grantControls": {
        "operator": "OR",
        "builtInControls": ["mfa"],
        "termsOfUse": [],
        "customAuthenticationFactors": [],
    },
}


def _example(verdict: Verdict, note: str = "", **changes: Any) -> Example:
    body: dict[str, Any] = {name: dict(part) if isinstance(part, dict) else part for name, part in _GOOD.items()}
    for name, value in changes.items():
        body[name] = {**body[name], **value} if isinstance(value, dict) else value
    policy = Neighbour(CONDITIONAL_ACCESS_POLICY, body, "policy")
    return Example(verdict, {}, (policy,), {"identity.break_glass": ["glass"]}, note)


_USERS = _GOOD["conditions"]["users"]
_STRENGTH = {"requirementsSatisfied": "mfa"}
_RISKY = {"signInRiskLevels": ["high"]}
_ABROAD = {"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}
_ANYWHERE = {"locations": {"includeLocations": ["All"], "excludeLocations": []}}

EXAMPLES = (
    _example(Verdict.KEPT),
    _example(Verdict.KEPT, "by strength", grantControls={"builtInControls": [], "authenticationStrength": _STRENGTH}),
    _example(
        Verdict.KEPT, "among others", grantControls={"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]}
    ),
    _example(Verdict.KEPT, "all locations are no condition", conditions=_ANYWHERE),
    _example(Verdict.BROKEN, "it only reports", state="enabledForReportingButNotEnforced"),
    _example(Verdict.BROKEN, "some users", conditions={"users": {**_USERS, "includeUsers": ["ann"]}}),
    _example(Verdict.BROKEN, "one is left out", conditions={"users": {**_USERS, "excludeUsers": ["ann"]}}),
    _example(Verdict.BROKEN, "some applications", conditions={"applications": {"includeApplications": ["Office365"]}}),
    _example(Verdict.BROKEN, "risky sign-ins alone", conditions=_RISKY),
    _example(Verdict.BROKEN, "not from the office", conditions=_ABROAD),
    _example(
        Verdict.BROKEN,
        "on one platform",
        conditions={"platforms": {"includePlatforms": ["iOS"], "excludePlatforms": []}},
    ),
    _example(Verdict.BROKEN, "browsers alone", conditions={"clientAppTypes": ["browser"]}),
    _example(Verdict.BROKEN, "or a device instead", grantControls={"builtInControls": ["mfa", "compliantDevice"]}),
    _example(Verdict.BROKEN, "it only limits the session", grantControls=None),
    Example(Verdict.BROKEN, {}, note="no policy"),
    _example(Verdict.UNPROVEN, state=None),
    _example(Verdict.UNPROVEN, conditions={"clientAppTypes": None}),
    _example(Verdict.UNPROVEN, conditions={"users": {**_USERS, "excludeGroups": None}}),
    _example(Verdict.UNPROVEN, conditions={"devices": {"$unknown": True}}),
)
