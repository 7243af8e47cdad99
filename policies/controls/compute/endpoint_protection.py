"""Every machine runs endpoint protection.

Catalogue: CMP-11.

## Why we promise this
What gets past every other guard is found on the machine itself or not at all.

## How to keep it
Declare `compute.VirtualMachineExtension(publisher="Microsoft.Azure.AzureDefenderForServers", type="MDE.Windows",
vm_name=machine.name, …)` for each machine. That it runs and is well is seen by the live audit, and the paths that
Exchange needs left out of scans are attested.
"""

from audit.kinds.compute import VIRTUAL_MACHINE, VIRTUAL_MACHINE_EXTENSION
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, kept, missing, same

ON = VIRTUAL_MACHINE
NEEDS = (VIRTUAL_MACHINE_EXTENSION,)
SEVERITY = Severity.HIGH

# Told apart by publisher, which has no other extension for machines in Azure. Azure's Security agent only watches the
# configuration, and does not count.
DEFENDER = "Microsoft.Azure.AzureDefenderForServers"


def judge(machine: Resource, estate: Estate) -> Ruling:
    publishers = [one.read("publisher", str) for one in estate.children(machine, VIRTUAL_MACHINE_EXTENSION)]
    if any(same(publisher, DEFENDER) for publisher in publishers):
        return kept("Defender for Endpoint is declared")
    seen = ", ".join(sorted(publishers)) or "none"
    declare = f'compute.VirtualMachineExtension(publisher="{DEFENDER}", type="MDE.Windows", …)'
    return missing(f"no extension is endpoint protection; seen: {seen}", declare=declare)


def _extension(publisher: object, machine: object = "it", name: str = "extension") -> Neighbour:
    return Neighbour(VIRTUAL_MACHINE_EXTENSION, {"vmName": {"$reference": machine}, "publisher": publisher}, name=name)


_OTHER = _extension("Microsoft.Azure.Monitor", name="monitoring")

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_extension(DEFENDER), _OTHER)),
    Example(Verdict.BROKEN, {}, (_OTHER,), note="another extension"),
    Example(
        Verdict.BROKEN,
        {},
        (_extension("Microsoft.Azure.Security.Monitoring"),),
        note="it watches, and does not protect",
    ),
    Example(Verdict.BROKEN, {}, note="no extension at all"),
    Example(
        Verdict.BROKEN,
        {},
        (_extension(DEFENDER, "other"), Neighbour(VIRTUAL_MACHINE, {}, name="other")),
        note="the neighbour's protection",
    ),
    Example(Verdict.UNPROVEN, {}, (_extension({"$unknown": True}),)),
    Example(
        Verdict.UNPROVEN,
        {},
        (Neighbour(VIRTUAL_MACHINE_EXTENSION, {"vmName": {"$unknown": True}, "publisher": DEFENDER}),),
        note="whose extension?",
    ),
)
