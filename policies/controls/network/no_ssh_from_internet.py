"""Machines cannot be reached by SSH from the Internet.

Catalogue: NET-04.

## Why we promise this
A shell that anyone may knock at falls to the first guessed or stolen key.

## How to keep it
Give the rule `source_address_prefix="VirtualNetwork"`, or delete it, and let administrators come through Bastion. Every
security group is judged by itself, whatever else stands between it and the Internet.
"""

from audit.kinds.network import NETWORK_SECURITY_GROUP, SECURITY_RULE
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Targets, Verdict, kept
from audit.reachability import inbound, opened

ON = NETWORK_SECURITY_GROUP
NEEDS = (SECURITY_RULE,)
SEVERITY = Severity.CRITICAL


def judge(group: Resource, estate: Estate, targets: Targets) -> Ruling:
    tags = targets.names("network.trusted_service_tags", may_be_empty=True)
    return opened(estate, group, inbound(22), tags=tags) or kept("TCP 22 is closed to the Internet")


_TARGETS: dict[str, list[str]] = {"network.trusted_service_tags": []}


def _case(verdict: Verdict, note: str = "", *, source: object = "VirtualNetwork", ports: str = "22") -> Example:
    rule = {
        "networkSecurityGroupName": {"$reference": "it"},
        "priority": 200,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": source,
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": ports,
    }
    return Example(verdict, {}, (Neighbour(SECURITY_RULE, rule, name="allow-ssh"),), _TARGETS, note)


EXAMPLES = (
    _case(Verdict.KEPT, "from our own networks only"),
    Example(Verdict.KEPT, {}, (), _TARGETS, note="Azure denies what no rule allows"),
    _case(Verdict.KEPT, "the port above", source="Internet", ports="23"),
    _case(Verdict.BROKEN, "anyone", source="*"),
    _case(Verdict.BROKEN, "one public address", source="203.0.113.7"),
    _case(Verdict.BROKEN, "one of a range", source="Internet", ports="21-22"),
    _case(Verdict.UNPROVEN, source={"$unknown": True}),
    _case(Verdict.UNPROVEN, "whose tag is it?", source="AzureCloud"),
)
