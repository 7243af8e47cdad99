"""A device that does not say what it is gets nowhere.

Catalogue: IDN-02.

## Why we promise this
A rule for a platform is asked of who claims to run it. Whoever claims something that no rule names would pass them all.

## How to keep it
Enable a conditional access policy for all users and all applications that includes every platform, leaves out those
that Entra knows, and blocks.
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
SEVERITY = Severity.HIGH
PLANES = (Plane.LIVE,)
ABSENT = UNSET
UNKNOWN = "unknown"
"""Stands for a platform that no policy can name, and so only `all` includes."""


def judge(estate: Estate, targets: Targets) -> Ruling:
    policy = holding(estate.of(CONDITIONAL_ACCESS_POLICY), targets, "block", platform=UNKNOWN)
    if policy is not None:
        return kept(f"{policy.name} blocks platforms that nobody knows")
    return missing(
        "no conditional access policy blocks platforms that Entra does not know",
        declare="a conditional access policy: all users, all applications, every platform but the known, block",
    )


_CONDITIONS: dict[str, Any] = {
    "users": {"includeUsers": ["All"], "excludeUsers": [], "excludeGroups": [], "excludeRoles": []},
    "applications": {"includeApplications": ["All"], "excludeApplications": []},
    "clientAppTypes": ["all"],
}
_KNOWN = ["android", "iOS", "windows", "macOS", "linux", "windowsPhone"]
_BLOCK = {"operator": "OR", "builtInControls": ["block"], "termsOfUse": [], "customAuthenticationFactors": []}


def _example(verdict: Verdict, include: object, *, grant: Any = _BLOCK, note: str = "", **changes: Any) -> Example:
    conditions = {**_CONDITIONS, "platforms": {"includePlatforms": include, "excludePlatforms": _KNOWN}, **changes}
    body = {"state": "enabled", "conditions": conditions, "grantControls": grant}
    policy = Neighbour(CONDITIONAL_ACCESS_POLICY, body, "policy")
    return Example(verdict, {}, (policy,), {"identity.break_glass": []}, note)


EXAMPLES = (
    _example(Verdict.KEPT, ["all"]),
    _example(Verdict.BROKEN, ["android"], note="what it names is known"),
    _example(Verdict.BROKEN, ["all"], grant={**_BLOCK, "builtInControls": ["mfa"]}),
    _example(Verdict.BROKEN, ["all"], clientAppTypes=["exchangeActiveSync"], note="old clients alone"),
    Example(Verdict.BROKEN, {}, note="no policy"),
    _example(Verdict.UNPROVEN, None),
    _example(Verdict.UNPROVEN, ["all"], grant={**_BLOCK, "builtInControls": None}),
)
