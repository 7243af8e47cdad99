"""Machines are given no data at their making that a password could hide in.

Catalogue: CMP-16.

## Why we promise this
What is given to a machine at its making stays readable on its disk, for every program and every backup.

## How to keep it
Leave `custom_data` out of the machine's `os_profile`, and `user_data` out of the machine; fetch secrets from a key
vault with the machine's own identity. Azure never gives custom data back, so only what is declared can show it.
"""

from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.model import Example, Plane, Resource, Ruling, Severity, Verdict, broken, kept

ON = VIRTUAL_MACHINE
SEVERITY = Severity.MEDIUM
PLANES = (Plane.PROGRAM, Plane.PREVIEW, Plane.STATE, Plane.TEMPLATE)
# A machine for which neither is written is given nothing.
ABSENT = {
    "osProfile.customData": "azure-native 3.29 docstring of compute.OSProfileArgs.custom_data",
    "userData": "azure-native 3.29 docstring of compute.VirtualMachine.user_data",
}


def judge(machine: Resource) -> Ruling:
    # What is not seen at all was not written: without a profile nothing could be said.
    machine.read("osProfile.computerName", str)
    for path in ABSENT:
        if machine.look(path) is not None:
            machine.read(path, str)
            return broken(f"{path} is set, promised none", change={path: None})
    return kept("no data is given to the machine at its making")


def _machine(**profile: Any) -> dict[str, Any]:
    return {"osProfile": {"computerName": "mailbox-1", **profile}}


EXAMPLES = (
    Example(Verdict.KEPT, _machine()),
    Example(Verdict.BROKEN, _machine(customData="ZWNobyBoZWxsbw==")),
    Example(Verdict.BROKEN, {**_machine(), "userData": "ZWNobyBoZWxsbw=="}),
    Example(Verdict.UNPROVEN, _machine(customData={"$unknown": True})),
    Example(Verdict.UNPROVEN, {}, note="no profile was seen"),
)
