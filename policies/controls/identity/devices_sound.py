"""Each supplied device is encrypted and compliant, and was seen of late.

Catalogue: IDN-04.

## Why we promise this
A phone that has not reported for a month may be lost, and nobody knows whether it still locks or encrypts. One that was
silent for three months is to be wiped, so that it holds nothing when it is found.

## How to keep it
Mend or replace what Intune reports as not compliant or not encrypted; retire or wipe what has not reported within the
days of the target `identity.device_retire_days`. A device that is being retired is out of this control.
"""

from audit.kinds.graph import MANAGED_DEVICE
from audit.kinds.moments import age
from audit.model import Example, Plane, Resource, Ruling, Severity, Targets, Verdict, broken, kept, not_applicable, same

ON = MANAGED_DEVICE
SEVERITY = Severity.HIGH
PLANES = (Plane.LIVE,)
LEAVING = ("retirePending", "retireIssued", "wipePending", "wipeIssued", "deletePending")
"""What Intune calls a device that has been told to forget everything."""


def judge(device: Resource, targets: Targets) -> Ruling:
    state = device.read("managementState", str)
    if any(same(state, leaving) for leaving in LEAVING):
        return not_applicable(f"the device is being removed ({state})")
    silent = age(device, "lastSyncDateTime").days
    limit, end = targets.number("identity.device_seen_days"), targets.number("identity.device_retire_days")
    if silent > end:
        return broken(f"silent for {silent} days, promised to be retired or wiped after {end}")
    if silent > limit:
        return broken(f"silent for {silent} days, promised {limit} at most")
    compliance = device.read("complianceState", str)
    if not same(compliance, "compliant"):
        return broken(f"it is {compliance}, promised compliant")
    if device.read("isEncrypted", bool) is not True:
        return broken("it is not encrypted")
    return kept(f"compliant, encrypted and seen {silent} days ago, promised {limit} at most")


_TARGETS = {"identity.device_seen_days": 30, "identity.device_retire_days": 90}
_SOUND = {
    "managementState": "managed",
    "lastSyncDateTime": "2026-01-10T12:00:00Z",
    "complianceState": "compliant",
    "isEncrypted": True,
}


def _example(verdict: Verdict, note: str = "", **changes: object) -> Example:
    return Example(verdict, {**_SOUND, **changes}, targets=_TARGETS, note=note)


# Examples are seen at noon on 15 January 2026.
EXAMPLES = (
    _example(Verdict.KEPT),
    _example(Verdict.KEPT, "30 days ago", lastSyncDateTime="2025-12-16T12:00:00Z"),
    _example(Verdict.BROKEN, "31 days ago", lastSyncDateTime="2025-12-15T12:00:00Z"),
    _example(Verdict.BROKEN, "91 days ago", lastSyncDateTime="2025-10-16T12:00:00Z"),
    _example(Verdict.NOT_APPLICABLE, "silent, and told to wipe itself", managementState="wipePending"),
    _example(Verdict.BROKEN, complianceState="noncompliant"),
    _example(Verdict.BROKEN, complianceState="inGracePeriod"),
    _example(Verdict.BROKEN, isEncrypted=False),
    _example(Verdict.UNPROVEN, isEncrypted=None),
    _example(Verdict.UNPROVEN, lastSyncDateTime=None),
    _example(Verdict.UNPROVEN, "later than the audit", lastSyncDateTime="2026-02-01T00:00:00Z"),
    _example(Verdict.UNPROVEN, managementState=None),
)
