"""Machines sign in to Azure as themselves, without a stored password.

Catalogue: CMP-17.

## Why we promise this
A password on a machine is copied with its disk; an identity that Azure gives a machine cannot be taken away from it.

## How to keep it
Set `identity=compute.VirtualMachineIdentityArgs(type=compute.ResourceIdentityType.SYSTEM_ASSIGNED)`.
"""

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = VIRTUAL_MACHINE
SEVERITY = Severity.MEDIUM

OWN = ("SystemAssigned", "UserAssigned")


def judge(machine: Resource) -> Ruling:
    seen = machine.read("identity.type", str)
    # One that has both kinds names them with a comma in between.
    if any(same(part.strip(), own) for part in seen.split(",") for own in OWN):
        return kept(f"the machine's identity is {seen}")
    return broken(f"the machine's identity is {seen}, promised {' or '.join(OWN)}", change={"identity.type": OWN[0]})


EXAMPLES = (
    Example(Verdict.KEPT, {"identity": {"type": "SystemAssigned"}}),
    Example(Verdict.KEPT, {"identity": {"type": "UserAssigned"}}),
    Example(Verdict.KEPT, {"identity": {"type": "SystemAssigned, UserAssigned"}}),
    Example(Verdict.BROKEN, {"identity": {"type": "None"}}),
    Example(Verdict.UNPROVEN, {"identity": {"type": None}}),
    Example(Verdict.UNPROVEN, {}, note="a machine without one says nothing"),
)
