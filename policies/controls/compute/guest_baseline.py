"""Windows itself is set as hard as promised, and speaks TLS 1.2 or newer only.

Catalogue: CMP-12.

## Why we promise this
A platform can be closed and its machines still speak protocols that were broken years ago.

## How to keep it
Assign the guest configurations of the target `compute.guest_baselines` to every machine by Azure Policy, and mend on
the machine what its report says. A report may be `compute.assessment_hours` old.
"""

from datetime import timedelta
from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.guestconfiguration import GUEST_ASSIGNMENT
from audit.kinds.moments import age
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
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

ON = VIRTUAL_MACHINE
NEEDS = (GUEST_ASSIGNMENT,)
SEVERITY = Severity.MEDIUM
PLANES = (Plane.LIVE,)


def judge(machine: Resource, estate: Estate, targets: Targets) -> Ruling:
    promised = targets.names("compute.guest_baselines")
    limit = timedelta(hours=targets.number("compute.assessment_hours"))
    assigned = estate.children(machine, GUEST_ASSIGNMENT)
    named = {one.id: one.read("guestConfiguration.name", str) for one in assigned}
    for baseline in promised:
        found = [one for one in assigned if same(named[one.id], baseline)]
        if not found:
            return missing(
                f"{baseline} is not looked at on the machine",
                declare="authorization.PolicyAssignment(…) of the policy that assigns it",
            )
        ruling = every(lambda one: _judge_report(one, limit), found)
        if ruling.verdict is not Verdict.KEPT:
            return ruling
    return kept(f"as promised inside: {', '.join(promised)}")


def _judge_report(assignment: Resource, limit: timedelta) -> Ruling:
    """Rule on one report; raises `Unseen` where there is none yet, or it is of a day to come."""
    baseline = assignment.read("guestConfiguration.name", str)
    state = assignment.read("complianceStatus", str)
    if same(state, "Pending"):
        raise Unseen(f"{baseline} has not been looked at yet")
    if not same(state, "Compliant"):
        return broken(f"{baseline} is {state}, promised Compliant")
    passed, hour = age(assignment, "lastComplianceStatusChecked"), timedelta(hours=1)
    if passed > limit:
        return broken(f"{baseline} was last looked at {passed // hour} hours ago, promised within {limit // hour}")
    return kept(f"{baseline} is Compliant")


_TARGETS = {"compute.guest_baselines": ["AzureWindowsBaseline", "AuditSecureProtocol"], "compute.assessment_hours": 48}


def _report(
    baseline: Any, state: Any = "Compliant", at: Any = "2026-01-15T06:00:00Z", machine: str = "it"
) -> Neighbour:
    body = {
        "vmName": {"$reference": machine},
        "guestConfiguration": {"name": baseline},
        "complianceStatus": state,
        "lastComplianceStatusChecked": at,
    }
    return Neighbour(GUEST_ASSIGNMENT, body, name=f"{baseline}-{machine}")


_BASELINE, _TLS = _report("AzureWindowsBaseline"), _report("AuditSecureProtocol")
_OTHER = Neighbour(VIRTUAL_MACHINE, {}, name="other")

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_BASELINE, _TLS), _TARGETS),
    Example(Verdict.BROKEN, {}, (_BASELINE, _report("AuditSecureProtocol", "NonCompliant")), _TARGETS),
    Example(Verdict.BROKEN, {}, (_BASELINE,), _TARGETS, note="TLS is not looked at"),
    Example(
        Verdict.BROKEN,
        {},
        (_BASELINE, _report("AuditSecureProtocol", machine="other"), _OTHER),
        _TARGETS,
        note="another machine's report",
    ),
    Example(
        Verdict.KEPT,
        {},
        (_BASELINE, _report("AuditSecureProtocol", at="2026-01-13T12:00:00Z")),
        _TARGETS,
        note="48 hours",
    ),
    Example(Verdict.BROKEN, {}, (_BASELINE, _report("AuditSecureProtocol", at="2026-01-13T11:59:59Z")), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_BASELINE, _report("AuditSecureProtocol", "Pending")), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_BASELINE, _report("AuditSecureProtocol", None)), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_BASELINE, _report("AuditSecureProtocol", at=None)), _TARGETS, note="how old?"),
    Example(Verdict.UNPROVEN, {}, (_BASELINE, _report("AuditSecureProtocol", at="2026-01-16T12:00:00Z")), _TARGETS),
)
