"""Endpoint protection was put on every machine, and stands there.

Catalogue: CMP-11.

## Why we promise this
Protection that was declared and never arrived finds nothing, and looks as if it did.

## How to keep it
See on the machine why the extension did not install, mend it, and run `pulumi up` again. That endpoint protection is
declared is what compute-endpoint-protection says.
"""

from audit.kinds.compute import VIRTUAL_MACHINE, VIRTUAL_MACHINE_EXTENSION
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    every,
    kept,
    missing,
    same,
)

ON = VIRTUAL_MACHINE
NEEDS = (VIRTUAL_MACHINE_EXTENSION,)
SEVERITY = Severity.HIGH
# Azure keeps the state of an extension, and no stack sets it.
PLANES = (Plane.LIVE,)

DEFENDER, READY = "Microsoft.Azure.AzureDefenderForServers", "Succeeded"


def judge(machine: Resource, estate: Estate) -> Ruling:
    extensions = estate.children(machine, VIRTUAL_MACHINE_EXTENSION)
    protecting = [one for one in extensions if same(one.read("publisher", str), DEFENDER)]
    if not protecting:
        return missing(
            "no extension of the machine is endpoint protection",
            declare=f'compute.VirtualMachineExtension(publisher="{DEFENDER}", type="MDE.Windows", …)',
        )
    return every(_judge_state, protecting)


def _judge_state(extension: Resource) -> Ruling:
    state = extension.read("provisioningState", str)
    if same(state, READY):
        return kept(f"endpoint protection is installed: {state}")
    return broken(f"endpoint protection is {state}, promised {READY}")


def _extension(state: object, publisher: object = DEFENDER) -> Neighbour:
    body = {"vmName": {"$reference": "it"}, "publisher": publisher, "provisioningState": state}
    return Neighbour(VIRTUAL_MACHINE_EXTENSION, body, name="extension")


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_extension(READY),)),
    Example(Verdict.BROKEN, {}, (_extension("Failed"),)),
    Example(Verdict.BROKEN, {}, (_extension("Creating"),), note="on its way"),
    Example(Verdict.BROKEN, {}, (_extension(READY, "Microsoft.Azure.Monitor"),), note="another extension"),
    Example(Verdict.BROKEN, {}, note="no extension"),
    Example(Verdict.UNPROVEN, {}, (_extension(None),)),
)
