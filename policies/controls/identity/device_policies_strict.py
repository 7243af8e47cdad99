"""What counts as a sound device has a lock and encryption, and the rule is given to somebody.

Catalogue: IDN-03.

## Why we promise this
"Compliant" means what the policy says. One that asks for nothing calls every phone sound, and one that is assigned to
nobody is asked of no phone.

## How to keep it
In each device compliance policy of Intune require a password, encryption where the platform has a switch for it, and on
phones that the system was not broken open; and assign the policy to a group. iOS encrypts once it has a passcode.
"""

from typing import Any

from audit.kinds.graph import DEVICE_COMPLIANCE_POLICY
from audit.model import Example, Plane, Resource, Ruling, Severity, Unseen, Verdict, broken, kept, same

ON = DEVICE_COMPLIANCE_POLICY
SEVERITY = Severity.HIGH
PLANES = (Plane.LIVE,)
_ANDROID = ("passwordRequired", "storageRequireEncryption", "securityBlockJailbrokenDevices")
_COMPUTER = ("passwordRequired", "storageRequireEncryption")
PROMISED = {
    "#microsoft.graph.iosCompliancePolicy": ("passcodeRequired", "securityBlockJailbrokenDevices"),
    "#microsoft.graph.androidCompliancePolicy": _ANDROID,
    "#microsoft.graph.androidWorkProfileCompliancePolicy": _ANDROID,
    "#microsoft.graph.windows10CompliancePolicy": _COMPUTER,
    "#microsoft.graph.macOSCompliancePolicy": _COMPUTER,
}
"""Graph's type of a policy → what it must demand."""


def judge(policy: Resource) -> Ruling:
    sort = policy.read("odataType", str)
    promised = next((paths for name, paths in PROMISED.items() if same(sort, name)), None)
    if promised is None:
        raise Unseen(f"nothing is known of what a {sort} can demand")
    lax = [path for path in promised if policy.read(path, bool) is not True]
    if lax:
        return broken(f"it does not demand {', '.join(lax)}", change=dict.fromkeys(lax, True))
    assigned = len(policy.each("assignments"))
    if not assigned:
        return broken("it is assigned to nobody")
    return kept(f"it demands {', '.join(promised)} and is assigned {assigned} times")


_TO = [{"target": {"groupId": "staff"}}]


def _example(verdict: Verdict, platform: str, to: object = _TO, note: str = "", **settings: Any) -> Example:
    return Example(verdict, {"odataType": f"#microsoft.graph.{platform}", "assignments": to, **settings}, note=note)


def _ios(verdict: Verdict, to: object = _TO, note: str = "", *, code: object = True, jail: object = True) -> Example:
    settings: dict[str, Any] = {"passcodeRequired": code, "securityBlockJailbrokenDevices": jail}
    return _example(verdict, "iosCompliancePolicy", to, note, **settings)


_SOUND: dict[str, Any] = {"passwordRequired": True, "storageRequireEncryption": True}
_PHONE: dict[str, Any] = {**_SOUND, "securityBlockJailbrokenDevices": True}

EXAMPLES = (
    _ios(Verdict.KEPT),
    _example(Verdict.KEPT, "androidWorkProfileCompliancePolicy", **_PHONE),
    _example(Verdict.KEPT, "windows10CompliancePolicy", **_SOUND),
    _example(Verdict.KEPT, "macOSCompliancePolicy", **_SOUND),
    _ios(Verdict.BROKEN, code=False),
    _ios(Verdict.BROKEN, jail=False),
    _ios(Verdict.BROKEN, [], "assigned to nobody"),
    _example(Verdict.BROKEN, "androidCompliancePolicy", **{**_PHONE, "storageRequireEncryption": False}),
    _ios(Verdict.UNPROVEN, code=None),
    _ios(Verdict.UNPROVEN, None),
    _example(Verdict.UNPROVEN, "windowsPhone81CompliancePolicy", **_SOUND, note="a platform that nobody knows"),
)
