"""Machines pass on nobody else's packets.

Catalogue: NET-08.

## Why we promise this
A machine that forwards packets is a way around the security groups between the networks it stands in.

## How to keep it
Set `enable_ip_forwarding=False` on every `network.NetworkInterface`.
"""

from audit.kinds.network import NETWORK_INTERFACE
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = NETWORK_INTERFACE
SEVERITY = Severity.MEDIUM


def judge(interface: Resource) -> Ruling:
    if interface.read("enableIPForwarding", bool) is False:
        return kept("packets for others are dropped")
    return broken("packets for others are passed on", change={"enableIPForwarding": False})


EXAMPLES = (
    Example(Verdict.KEPT, {"enableIPForwarding": False}),
    Example(Verdict.BROKEN, {"enableIPForwarding": True}),
    Example(Verdict.UNPROVEN, {"enableIPForwarding": None}),
)
