"""Mail comes in from the filtering partner and from nobody else.

Catalogue: NET-01.

## Why we promise this
A server that takes mail from anyone can be reached around the filter that every message is promised to pass.

## How to keep it
Allow TCP 25 from the partner's ranges only (`source_address_prefixes=[…]`); our own networks may speak to each other.
The ranges are the target `smtp.partner_ranges`. A network interface is judged by what passes its subnet's security
group and its own; where neither has one, everything passes.
"""

from typing import Any

from audit.kinds.network import NETWORK_INTERFACE, NETWORK_SECURITY_GROUP, SECURITY_RULE, SUBNET
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Targets, Verdict, broken, kept, missing
from audit.reachability import ends_of, inbound, interface_openings, strangers, told

ON = NETWORK_INTERFACE
NEEDS = (SUBNET, NETWORK_SECURITY_GROUP, SECURITY_RULE)
SEVERITY = Severity.CRITICAL
# A subnet or an interface has one group or none, and one that names none lets everything through.
ABSENT = {
    "networkSecurityGroup.id": "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works"
}


def judge(interface: Resource, estate: Estate, targets: Targets) -> Ruling:
    partner = targets.names("smtp.partner_ranges")
    ways = strangers(interface_openings(estate, interface, inbound(25)), known=ends_of(partner))
    if not ways:
        return kept(f"TCP 25 is open to no public address but the partner's {', '.join(partner)}")
    reason = f"TCP 25 is open to {told(ways)}, promised only {', '.join(partner)}"
    if ways[0].rule is None:
        return missing(reason, declare="network.NetworkSecurityGroup(…) and name it in the subnet")
    change: dict[str, Any] = {"sourceAddressPrefix": None, "sourceAddressPrefixes": list(partner)}
    return broken(reason, change=change, subject=ways[0].rule)


_TARGETS = {"smtp.partner_ranges": ["203.0.113.0/24", "198.51.100.0/25"]}
_INTERFACE = {"ipConfigurations": [{"name": "first", "subnet": {"id": {"$reference": "exchange"}}}]}
_SUBNET = {"networkSecurityGroup": {"id": {"$reference": "guard"}}}
_RULE = {
    "networkSecurityGroupName": {"$reference": "guard"},
    "priority": 110,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefixes": ["203.0.113.0/24", "198.51.100.0/25"],
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "25",
}


def _guarded(*rules: Neighbour, subnet: dict[str, Any] = _SUBNET) -> tuple[Neighbour, ...]:
    guard = Neighbour(NETWORK_SECURITY_GROUP, {}, name="guard")
    return (Neighbour(SUBNET, subnet, name="exchange"), guard, *rules)


def _rule(**changed: object) -> Neighbour:
    return Neighbour(SECURITY_RULE, {**_RULE, **changed}, name="mail-in")


_CLOSED = {**_INTERFACE, "networkSecurityGroup": {"id": {"$reference": "own"}}}
_OWN = Neighbour(NETWORK_SECURITY_GROUP, {}, name="own")

EXAMPLES = (
    Example(Verdict.KEPT, _INTERFACE, _guarded(_rule()), _TARGETS),
    Example(Verdict.KEPT, _INTERFACE, _guarded(), _TARGETS, note="no mail from outside at all"),
    Example(
        Verdict.KEPT,
        _INTERFACE,
        _guarded(_rule(sourceAddressPrefixes=["198.51.100.64/26", "10.10.1.0/24"])),
        _TARGETS,
        note="a part of the partner's range, and our own servers",
    ),
    Example(
        Verdict.KEPT,
        _CLOSED,
        (*_guarded(_rule(sourceAddressPrefixes=["0.0.0.0/0"])), _OWN),
        _TARGETS,
        note="the subnet lets mail in and the interface's own group does not",
    ),
    Example(
        Verdict.BROKEN,
        _INTERFACE,
        _guarded(_rule(sourceAddressPrefixes=None, sourceAddressPrefix="Internet")),
        _TARGETS,
        note="anyone may deliver",
    ),
    Example(
        Verdict.BROKEN,
        _INTERFACE,
        _guarded(_rule(sourceAddressPrefixes=["203.0.113.0/24", "198.51.100.0/24"])),
        _TARGETS,
        note="half of one range is not the partner's",
    ),
    Example(Verdict.BROKEN, _INTERFACE, _guarded(subnet={}), _TARGETS, note="no group at either end"),
    Example(Verdict.UNPROVEN, _INTERFACE, _guarded(_rule(sourceAddressPrefixes={"$unknown": True})), _TARGETS),
    Example(Verdict.UNPROVEN, _INTERFACE, (), _TARGETS, note="the subnet was not seen"),
)
