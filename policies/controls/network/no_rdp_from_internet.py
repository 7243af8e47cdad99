"""Machines cannot be reached by RDP from the Internet.

Catalogue: NET-03.

## Why we promise this
A desktop that anyone may knock at falls to the first guessed or stolen password.

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
    return opened(estate, group, inbound(3389), tags=tags) or kept("TCP 3389 is closed to the Internet")


_TARGETS: dict[str, list[str]] = {"network.trusted_service_tags": []}
_RULE = {
    "networkSecurityGroupName": {"$reference": "it"},
    "priority": 200,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefix": "VirtualNetwork",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "3389",
}
_DENY = {**_RULE, "priority": 100, "access": "Deny", "protocol": "*", "sourceAddressPrefix": "Internet"}


def _rule(**changed: object) -> Neighbour:
    return Neighbour(SECURITY_RULE, {**_RULE, **changed}, name="allow-rdp")


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_rule(),), _TARGETS, note="from our own networks only"),
    Example(Verdict.KEPT, {}, (), _TARGETS, note="Azure denies what no rule allows"),
    Example(Verdict.KEPT, {}, (_rule(protocol="Udp", sourceAddressPrefix="*"),), _TARGETS, note="another protocol"),
    Example(
        Verdict.KEPT,
        {},
        (_rule(sourceAddressPrefix="*"), Neighbour(SECURITY_RULE, _DENY, name="deny")),
        _TARGETS,
        note="an earlier rule denies the Internet",
    ),
    Example(Verdict.BROKEN, {}, (_rule(sourceAddressPrefix="0.0.0.0/0"),), _TARGETS, note="anyone"),
    Example(
        Verdict.BROKEN,
        {"securityRules": [{**_RULE, "name": "allow-all", "protocol": "*", "sourceAddressPrefix": "Internet"}]},
        (),
        _TARGETS,
        note="declared inline, any protocol",
    ),
    Example(Verdict.BROKEN, {}, (_rule(sourceAddressPrefix="203.0.113.7"),), _TARGETS, note="one public address"),
    Example(
        Verdict.BROKEN,
        {},
        (
            _rule(sourceAddressPrefix="*"),
            Neighbour(SECURITY_RULE, {**_DENY, "sourceAddressPrefix": "203.0.113.0/24"}, name="deny"),
        ),
        _TARGETS,
        note="the earlier rule denies a part of the Internet",
    ),
    Example(Verdict.UNPROVEN, {}, (_rule(sourceAddressPrefix={"$unknown": True}),), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_rule(sourceAddressPrefix="AzureCloud"),), _TARGETS, note="whose tag is it?"),
    Example(Verdict.UNPROVEN, {"securityRules": {"$unknown": True}}, (), _TARGETS, note="rules not known yet"),
)
