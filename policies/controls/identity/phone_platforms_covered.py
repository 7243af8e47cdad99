"""Every platform on which phones are supplied has a rule for what counts as sound.

Catalogue: IDN-03.

## Why we promise this
A phone whose platform has no rule is measured against nothing.

## How to keep it
Make a device compliance policy in Intune for each platform of the target `identity.phone_platforms`, and assign it.
"""

from audit.kinds.graph import DEVICE_COMPLIANCE_POLICY
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    kept,
    missing,
    same,
)

NEEDS = (DEVICE_COMPLIANCE_POLICY,)
SEVERITY = Severity.HIGH
PLANES = (Plane.LIVE,)
POLICIES = {
    "iOS": ("iosCompliancePolicy",),
    "android": ("androidCompliancePolicy", "androidWorkProfileCompliancePolicy"),
    "windows": ("windows10CompliancePolicy",),
    "macOS": ("macOSCompliancePolicy",),
}
"""Platform → Graph's types of a policy for it."""


def judge(estate: Estate, targets: Targets) -> Ruling:
    policies = estate.of(DEVICE_COMPLIANCE_POLICY)
    assigned = {one.read("odataType", str).rpartition(".")[2] for one in policies if one.each("assignments")}
    platforms = targets.names("identity.phone_platforms")
    for platform in platforms:
        types = next((types for name, types in POLICIES.items() if same(name, platform)), None)
        if types is None:
            raise Unseen(f"nothing is known of a platform {platform}")
        if not any(same(name, found) for name in types for found in assigned):
            return missing(
                f"no assigned compliance policy speaks of {platform}, promised {', '.join(platforms)}",
                declare=f"a device compliance policy for {platform} in Intune, and its assignment",
            )
    return kept(f"assigned compliance policies speak of {', '.join(platforms)}")


_TARGETS = {"identity.phone_platforms": ["iOS", "android"]}


def _policy(sort: object, *, to: object = ("staff",)) -> Neighbour:
    listed = [{"target": {"groupId": group}} for group in to] if isinstance(to, tuple) else to
    return Neighbour(DEVICE_COMPLIANCE_POLICY, {"odataType": sort, "assignments": listed})


_IOS = _policy("#microsoft.graph.iosCompliancePolicy")
_ANDROID = _policy("#microsoft.graph.androidWorkProfileCompliancePolicy")

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_IOS, _ANDROID), _TARGETS),
    Example(Verdict.BROKEN, {}, (_IOS,), _TARGETS),
    Example(
        Verdict.BROKEN, {}, (_ANDROID, _policy("#microsoft.graph.iosCompliancePolicy", to=())), _TARGETS, "to nobody"
    ),
    Example(Verdict.BROKEN, {}, (), _TARGETS, "no policy"),
    Example(Verdict.UNPROVEN, {}, (_IOS, _policy(None)), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_IOS, _policy("#microsoft.graph.androidCompliancePolicy", to=None)), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_IOS,), {"identity.phone_platforms": ["symbian"]}),
)
