"""Mail leaves to the filtering partner and to nobody else.

Catalogue: NET-02.

## Why we promise this
A machine that may deliver mail to any server sends it around the filter, and a stolen one sends whatever it likes.

## How to keep it
Deny TCP 25, 465 and 587 to `Internet` in every security group, since Azure lets everything out by default, and before
it allow 25 and 587 to the partner's ranges (`smtp.partner_ranges`) where mail is sent. Our own networks may speak to
each other. A network interface is judged by what passes its own security group and its subnet's.
"""

from typing import Any

from audit.kinds.network import NETWORK_INTERFACE, NETWORK_SECURITY_GROUP, SECURITY_RULE, SUBNET
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Targets, Verdict, broken, kept, missing
from audit.reachability import Opening, ends_of, interface_openings, outbound, strangers, told

ON = NETWORK_INTERFACE
NEEDS = (SUBNET, NETWORK_SECURITY_GROUP, SECURITY_RULE)
SEVERITY = Severity.HIGH
# A subnet or an interface has one group or none, and one that names none lets everything through.
ABSENT = {
    "networkSecurityGroup.id": "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works"
}

PORTS = (25, 465, 587)


def judge(interface: Resource, estate: Estate, targets: Targets) -> Ruling:
    partner = targets.names("smtp.partner_ranges")
    ways: dict[int, tuple[Opening, ...]] = {}
    for port in PORTS:
        ways[port] = strangers(interface_openings(estate, interface, outbound(port)), known=ends_of(partner))
    open_ports = [port for port in PORTS if ways[port]]
    if not open_ports:
        return kept(f"mail may leave to no public address but the partner's {', '.join(partner)}")
    first = ways[open_ports[0]]
    named = ", ".join(map(str, open_ports))
    reason = f"TCP {named} may leave to {told(first)}, promised only {', '.join(partner)}"
    if first[0].rule is None:
        return missing(reason, declare=_deny())
    change: dict[str, Any] = {"destinationAddressPrefix": None, "destinationAddressPrefixes": list(partner)}
    return broken(reason, change=change, subject=first[0].rule)


def _deny() -> str:
    """Spell the rule to declare: every mail port to the Internet is refused."""
    ports = ", ".join(f'"{port}"' for port in PORTS)
    to = f'destination_address_prefix="Internet", destination_port_ranges=[{ports}]'
    return f'network.SecurityRule(direction="Outbound", access="Deny", protocol="Tcp", {to}, …)'


_TARGETS = {"smtp.partner_ranges": ["203.0.113.0/24"]}
_INTERFACE = {"ipConfigurations": [{"name": "first", "subnet": {"id": {"$reference": "exchange"}}}]}
_DENY = {
    "networkSecurityGroupName": {"$reference": "guard"},
    "priority": 200,
    "direction": "Outbound",
    "access": "Deny",
    "protocol": "Tcp",
    "sourceAddressPrefix": "*",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "Internet",
    "destinationPortRanges": ["25", "465", "587"],
}
_ALLOW = {
    **_DENY,
    "priority": 110,
    "access": "Allow",
    "destinationAddressPrefix": None,
    "destinationAddressPrefixes": ["203.0.113.0/24"],
    "destinationPortRanges": ["25", "587"],
}


def _guarded(*bodies: dict[str, Any], group: Any = None) -> tuple[Neighbour, ...]:
    rules = tuple(Neighbour(SECURITY_RULE, body, name=f"rule-{body['priority']}") for body in bodies)
    link = group or {"$reference": "guard"}
    subnet = Neighbour(SUBNET, {"networkSecurityGroup": {"id": link}}, name="exchange")
    return (subnet, Neighbour(NETWORK_SECURITY_GROUP, {}, name="guard"), *rules)


EXAMPLES = (
    Example(Verdict.KEPT, _INTERFACE, _guarded(_ALLOW, _DENY), _TARGETS),
    Example(Verdict.KEPT, _INTERFACE, _guarded(_DENY), _TARGETS, note="no mail leaves at all"),
    Example(
        Verdict.BROKEN,
        _INTERFACE,
        _guarded(_ALLOW),
        _TARGETS,
        note="the rest of the Internet is open by Azure's default rule",
    ),
    Example(
        Verdict.BROKEN,
        _INTERFACE,
        _guarded(_ALLOW, {**_DENY, "destinationPortRanges": ["25", "587"]}),
        _TARGETS,
        note="465 was forgotten",
    ),
    Example(
        Verdict.BROKEN,
        _INTERFACE,
        _guarded({**_ALLOW, "destinationAddressPrefixes": ["203.0.112.0/23"]}, _DENY),
        _TARGETS,
        note="twice the partner's range",
    ),
    Example(
        Verdict.BROKEN,
        _INTERFACE,
        _guarded(_ALLOW, {**_DENY, "priority": 100, "protocol": "Udp"}),
        _TARGETS,
        note="mail does not travel over UDP",
    ),
    Example(
        Verdict.UNPROVEN,
        _INTERFACE,
        _guarded({**_ALLOW, "destinationAddressPrefixes": {"$unknown": True}}, _DENY),
        _TARGETS,
    ),
    Example(
        Verdict.UNPROVEN,
        _INTERFACE,
        _guarded(_DENY, group={"$unknown": True}),
        _TARGETS,
        note="which group guards the subnet is not known yet",
    ),
)
