"""An exemption from a policy says why and ends soon.

Catalogue: ACC-12.

## Why we promise this
An exemption is a promise suspended. With no end it is a promise dropped, and with no reason nobody dares to remove it.

## How to keep it
Give `authorization.PolicyExemption` a `description` and an `expires_on` no more than the days of the target
`access.exemption_days` ahead.
"""

from datetime import UTC, datetime, timedelta

from audit.kinds.authorization import POLICY_EXEMPTION
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import demand_seen
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
)

NEEDS = (POLICY_EXEMPTION, RESOURCE_GROUP)
SEVERITY = Severity.MEDIUM
ABSENT = {
    "expiresOn": "https://learn.microsoft.com/azure/governance/policy/concepts/exemption-structure",
    "description": "https://learn.microsoft.com/azure/governance/policy/concepts/exemption-structure",
}


def judge(estate: Estate, targets: Targets) -> Ruling:
    demand_seen(estate)
    exemptions = estate.of(POLICY_EXEMPTION)
    if not exemptions:
        return kept("nothing is exempt from a policy")
    longest = targets.number("access.exemption_days")
    return every(lambda exemption: _judge_one(exemption, longest), exemptions)


def _judge_one(exemption: Resource, longest: int) -> Ruling:
    """Rule on one exemption; raises `ValueError` for an end that is no moment."""
    if not exemption.read("description", str, absent="").strip():
        return broken(f"{exemption.name} says nothing of why, promised a reason", subject=exemption)
    text = exemption.read("expiresOn", str, absent="")
    if not text:
        return broken(f"{exemption.name} never ends, promised {longest} days at most", subject=exemption)
    end = datetime.fromisoformat(text)
    # Azure writes and reads this moment in UTC, whether or not it says so.
    left = (end if end.tzinfo else end.replace(tzinfo=UTC)) - exemption.seen_at
    reason = f"{exemption.name} ends in {left.days} days, promised {longest} at most"
    return kept(reason) if left <= timedelta(days=longest) else broken(reason, subject=exemption)


_GROUP = Neighbour(RESOURCE_GROUP, {}, "group")


def _example(verdict: Verdict, until: object, why: object = "The move ends then.", note: str = "") -> Example:
    exemption = Neighbour(POLICY_EXEMPTION, {"expiresOn": until, "description": why}, "let-out")
    return Example(verdict, {}, (_GROUP, exemption), {"access.exemption_days": 90}, note)


# Examples are seen at noon on 15 January 2026.
EXAMPLES = (
    Example(Verdict.KEPT, {}, (_GROUP,), note="no exemption"),
    _example(Verdict.KEPT, "2026-04-15T11:59:59Z", note="a second less than 90 days"),
    _example(Verdict.KEPT, "2026-04-15T12:00:00", note="90 days, in UTC without saying so"),
    _example(Verdict.BROKEN, "2026-04-15T12:00:01Z", note="a second more"),
    _example(Verdict.KEPT, "2025-12-31T00:00:00Z", note="it has ended"),
    _example(Verdict.BROKEN, None, note="it never ends"),
    _example(Verdict.BROKEN, "2026-02-01T00:00:00Z", " "),
    _example(Verdict.UNPROVEN, "soon"),
    _example(Verdict.UNPROVEN, {"$unknown": True}),
    Example(Verdict.UNPROVEN, {}, (), note="nothing was seen"),
)
