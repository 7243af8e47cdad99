"""Nobody signs in by a protocol that knows no second factor.

Catalogue: IDN-01.

## Why we promise this
Old mail protocols send a password and nothing else, so a rule that demands a second factor does not reach them: whoever
tries stolen passwords uses those.

## How to keep it
Enable a conditional access policy for all users and all applications that blocks Exchange ActiveSync and other legacy
clients, and leaves nobody out but the accounts of the target `identity.break_glass`.
"""

from typing import Any

from audit.kinds.graph import CONDITIONAL_ACCESS_POLICY
from audit.kinds.signin import LEGACY, UNSET, holding
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
    policy = holding(estate.of(CONDITIONAL_ACCESS_POLICY), targets, "block", clients=LEGACY)
    clients = " and ".join(LEGACY)
    if policy is not None:
        return kept(f"{policy.name} blocks {clients}")
    return missing(
        f"no conditional access policy blocks {clients} for everybody",
        declare="a conditional access policy: all users, all applications, legacy clients, block access",
    )


_CONDITIONS: dict[str, Any] = {
    "users": {"includeUsers": ["All"], "excludeUsers": [], "excludeGroups": ["glass"], "excludeRoles": []},
    "applications": {"includeApplications": ["All"], "excludeApplications": []},
    "clientAppTypes": ["exchangeActiveSync", "other"],
}
_BLOCK = {"operator": "OR", "builtInControls": ["block"], "termsOfUse": [], "customAuthenticationFactors": []}


def _example(
    verdict: Verdict, note: str = "", *, state: object = "enabled", block: Any = _BLOCK, **conditions: Any
) -> Example:
    body = {"state": state, "conditions": {**_CONDITIONS, **conditions}, "grantControls": block}
    policy = Neighbour(CONDITIONAL_ACCESS_POLICY, body, "policy")
    return Example(verdict, {}, (policy,), {"identity.break_glass": ["glass"]}, note)


EXAMPLES = (
    _example(Verdict.KEPT),
    _example(Verdict.BROKEN, "other old clients may sign in", clientAppTypes=["exchangeActiveSync"]),
    _example(Verdict.BROKEN, "switched off", state="disabled"),
    _example(Verdict.BROKEN, "a second factor is no bar to them", block={**_BLOCK, "builtInControls": ["mfa"]}),
    _example(
        Verdict.BROKEN,
        "a group is left out",
        users={**_CONDITIONS["users"], "excludeGroups": ["scanners"]},
    ),
    Example(Verdict.BROKEN, {}, note="no policy"),
    _example(Verdict.UNPROVEN, clientAppTypes=None),
    _example(Verdict.UNPROVEN, block={**_BLOCK, "operator": None}),
    _example(Verdict.UNPROVEN, state=None),
)
