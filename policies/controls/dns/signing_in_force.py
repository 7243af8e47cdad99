"""The signing of our domains is in force.

Catalogue: DNS-05.

## Why we promise this
A signature that Azure could not finish is none, and the zone answers without it.

## How to keep it
Look at the zone's DNSSEC page when the state is not `Succeeded`, and declare the `dns.DnssecConfig` anew.
"""

from audit.kinds.dns import DNSSEC_CONFIG
from audit.model import Example, Plane, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = DNSSEC_CONFIG
SEVERITY = Severity.MEDIUM
PLANES = (Plane.LIVE,)


def judge(signing: Resource) -> Ruling:
    state = signing.read("provisioningState", str)
    if not same(state, "Succeeded"):
        return broken(f"signing is {state}, promised Succeeded")
    return kept("signing is Succeeded")


EXAMPLES = (
    Example(Verdict.KEPT, {"provisioningState": "Succeeded"}),
    Example(Verdict.BROKEN, {"provisioningState": "Failed"}),
    Example(Verdict.UNPROVEN, {}),
)
