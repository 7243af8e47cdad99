"""Machines start nothing that its maker did not sign, and keep a record of what they started.

Catalogue: CMP-07.

## Why we promise this
What starts below Windows is seen by nothing that runs in Windows.

## How to keep it
Set `security_profile=compute.SecurityProfileArgs(security_type="TrustedLaunch", uefi_settings=compute.UefiSettingsArgs(
secure_boot_enabled=True, v_tpm_enabled=True))` on the machine.
"""

from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = VIRTUAL_MACHINE
SEVERITY = Severity.MEDIUM

LAUNCH, TYPE = "TrustedLaunch", "securityProfile.securityType"
PARTS = {
    "securityProfile.uefiSettings.secureBootEnabled": "secure boot",
    "securityProfile.uefiSettings.vTpmEnabled": "the virtual TPM",
}


def judge(machine: Resource) -> Ruling:
    seen = machine.read(TYPE, str)
    if not same(seen, LAUNCH):
        return broken(f"the machine starts as {seen}, promised {LAUNCH}", change={TYPE: LAUNCH})
    off = {path: what for path, what in PARTS.items() if machine.read(path, bool) is not True}
    if off:
        return broken(f"off: {', '.join(off.values())}; promised on", change=dict.fromkeys(off, True))
    return kept(f"{LAUNCH} with {' and '.join(PARTS.values())}")


def _machine(kind: Any = LAUNCH, *, boot: Any = True, tpm: Any = True) -> dict[str, Any]:
    settings = {"secureBootEnabled": boot, "vTpmEnabled": tpm}
    return {"securityProfile": {"securityType": kind, "uefiSettings": settings}}


EXAMPLES = (
    Example(Verdict.KEPT, _machine()),
    Example(Verdict.BROKEN, _machine("Standard")),
    Example(Verdict.BROKEN, _machine(boot=False)),
    Example(Verdict.BROKEN, _machine(tpm=False)),
    Example(Verdict.BROKEN, _machine(boot=False, tpm=False)),
    Example(Verdict.UNPROVEN, _machine(None), note="Azure leaves the type out of older answers"),
    Example(Verdict.UNPROVEN, _machine(tpm=None)),
    Example(Verdict.UNPROVEN, {}),
)
