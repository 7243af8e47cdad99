"""Machines encrypt their temporary disks and caches on the host too.

Catalogue: CMP-02.

## Why we promise this
Without it, mail that a machine swaps out or caches lies in clear on the host, however well its disks are encrypted.

## How to keep it
Set `security_profile=compute.SecurityProfileArgs(encryption_at_host=True)` on the machine; the subscription must have
the feature `Microsoft.Compute/EncryptionAtHost` registered.
"""

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = VIRTUAL_MACHINE
SEVERITY = Severity.HIGH


def judge(machine: Resource) -> Ruling:
    if machine.read("securityProfile.encryptionAtHost", bool) is True:
        return kept("temporary disks and caches are encrypted on the host")
    return broken("temporary disks and caches lie in clear", change={"securityProfile.encryptionAtHost": True})


EXAMPLES = (
    Example(Verdict.KEPT, {"securityProfile": {"encryptionAtHost": True}}),
    Example(Verdict.BROKEN, {"securityProfile": {"encryptionAtHost": False}}),
    Example(Verdict.UNPROVEN, {"securityProfile": {"encryptionAtHost": None}}),
    Example(Verdict.UNPROVEN, {}, note="no security profile at all"),
)
