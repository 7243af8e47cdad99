"""Nothing filters what mailbox servers and domain controllers say to each other.

Catalogue: NET-18.

## Why we promise this
Microsoft does not support Exchange with a filter between its servers, or between them and the directory: an outage
then has nobody to help.

## How to keep it
In every security group of machines tagged `role=mailbox` or `role=domain-controller`, allow all protocols and ports
between their subnets, both ways, before any rule that denies: `network.SecurityRuleArgs(protocol="*",
destination_port_range="*", priority=100, access="Allow", …)`.
"""

from collections.abc import Iterator
from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.network import NETWORK_INTERFACE, NETWORK_SECURITY_GROUP, SECURITY_RULE, SUBNET
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    broken,
    kept,
    not_applicable,
    same,
)
from audit.reachability import Direction, Ends, ends_of, listed

ON = VIRTUAL_MACHINE
NEEDS = (NETWORK_INTERFACE, SUBNET, NETWORK_SECURITY_GROUP, SECURITY_RULE)
SEVERITY = Severity.MEDIUM
_ONE_OR_NONE = "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview"
# ARM takes a rule's ends and ports, and a subnet's range, singly or as a list; a machine's card has one group or none.
ABSENT = {
    "networkSecurityGroup.id": _ONE_OR_NONE,
    **{
        f"{side}{what}": _ONE_OR_NONE
        for side in ("source", "destination")
        for what in ("AddressPrefix", "AddressPrefixes", "PortRange", "PortRanges", "ApplicationSecurityGroups")
    },
    "addressPrefix": "azure-native 3.29 docstring of network.Subnet: one range, or a list of them",
    "addressPrefixes": "azure-native 3.29 docstring of network.Subnet: one range, or a list of them",
}

ROLES = ("mailbox", "domain-controller")
EVERY_PORT = ("*", "0-65535")
ANY = "*"
OWN = ends_of(("VirtualNetwork",)).names


def judge(machine: Resource, estate: Estate) -> Ruling:
    if not _belongs(machine):
        return not_applicable("the machine is neither mailbox server nor domain controller")
    own = _ranges(machine, estate)
    others = [other for other in estate.of(VIRTUAL_MACHINE) if other.id != machine.id and _belongs(other)]
    if not others:
        raise Unseen("no other mailbox server or domain controller was seen")
    peers = own
    for other in others:
        peers = peers.and_also(_ranges(other, estate))
    for group in _groups(machine, estate):
        for direction in Direction:
            rule = _filter(estate, group, direction, own, peers)
            if rule is not None:
                return broken(
                    f"{rule.name} comes between it and {len(others)} others, promised nothing {direction.lower()}",
                    subject=rule,
                )
    return kept(f"nothing is filtered between it and {len(others)} others")


def _belongs(machine: Resource) -> bool:
    return any(same(machine.tag("role"), role) for role in ROLES)


def _subnets(machine: Resource, estate: Estate) -> Iterator[tuple[Resource, Resource]]:
    """Yield each card of a machine with each subnet it stands in; raises `Unseen` where one was not seen."""
    for part in machine.each("networkProfile.networkInterfaces"):
        card = estate.target(part, "id")
        for address in card.each("ipConfigurations"):
            yield card, estate.target(address, "subnet.id")


def _ranges(machine: Resource, estate: Estate) -> Ends:
    """Return the addresses among which a machine's own lie; raises `Unseen` where they were not seen."""
    subnets = [subnet for _, subnet in _subnets(machine, estate)]
    texts = [text for subnet in subnets for text in listed(subnet, "addressPrefix", "addressPrefixes")]
    if not texts:
        raise Unseen(f"the addresses of {machine.name} were not seen")
    return ends_of(texts)


def _groups(machine: Resource, estate: Estate) -> list[Resource]:
    """Return the security groups that a machine stands behind, its cards' own and its subnets'."""
    guarded = {one.id: one for pair in _subnets(machine, estate) for one in pair}
    named = (one for one in guarded.values() if one.link("networkSecurityGroup.id", absent=None) is not None)
    return [estate.target(one, "networkSecurityGroup.id") for one in named]


def _filter(estate: Estate, group: Resource, direction: Direction, own: Ends, peers: Ends) -> Resource | None:
    """Find the rule that denies something between a machine and its peers before all of it is allowed.

    None where an Allow for everything comes first: at the latest Azure's own for the virtual network.
    """
    far, near = ("source", "destination") if direction is Direction.INBOUND else ("destination", "source")
    rules = estate.children(group, SECURITY_RULE)
    concerned = [rule for rule in rules if same(rule.read("direction", str), direction)]
    for rule in sorted(concerned, key=lambda rule: rule.read("priority", int)):
        ends, machines = _side(rule, far), _side(rule, near)
        access = rule.read("access", str)
        if same(access, "Deny"):
            if _meets(ends, peers) and _meets(machines, own):
                return rule
        elif same(access, "Allow") and _lets_all_pass(rule) and not _left(own, machines):
            peers = _left(peers, ends)
    return None


def _lets_all_pass(rule: Resource) -> bool:
    """Tell whether an Allow is for every protocol and every port."""
    ports = (listed(rule, f"{side}PortRange", f"{side}PortRanges") for side in ("source", "destination"))
    return rule.read("protocol", str) == ANY and all(any(text in EVERY_PORT for text in texts) for texts in ports)


def _side(rule: Resource, side: str) -> Ends:
    """Read one side of a rule; raises `Unseen` for an application security group, whose members are not in it."""
    if rule.each(f"{side}ApplicationSecurityGroups", absent=()):
        raise Unseen(f"whom the application security group of {rule.name} holds was not seen")
    texts = listed(rule, f"{side}AddressPrefix", f"{side}AddressPrefixes")
    if not texts:
        raise Unseen(f"the {side} of rule {rule.name} was not seen")
    return ends_of(texts)


def _covers(ends: Ends) -> bool:
    """Tell whether an end holds all of our own networks, in which every machine lies."""
    return ends.every or ends.names >= OWN


def _left(addresses: Ends, ends: Ends) -> Ends:
    return Ends() if _covers(ends) else addresses.but_not(ends)


def _meets(ends: Ends, addresses: Ends) -> bool:
    return bool(addresses) and (_covers(ends) or bool(addresses.and_in(ends)))


_RULE = {
    "networkSecurityGroupName": {"$reference": "guard"},
    "protocol": "*",
    "sourcePortRange": "*",
    "destinationPortRange": "*",
}
_BETWEEN = {"sourceAddressPrefixes": ["10.0.1.0/24", "10.0.2.0/24"], "destinationAddressPrefix": "VirtualNetwork"}
_ALL = {"sourceAddressPrefix": "*", "destinationAddressPrefix": "*"}


def _allow(**changed: Any) -> dict[str, Any]:
    return {**_RULE, **_BETWEEN, "direction": "Inbound", "access": "Allow", "priority": 100, **changed}


def _deny(**changed: Any) -> dict[str, Any]:
    return {**_RULE, **_ALL, "direction": "Inbound", "access": "Deny", "priority": 4000, **changed}


def _machine(card: str, role: Any = "mailbox") -> dict[str, Any]:
    cards = [{"id": {"$reference": card}}]
    return {"tags": {"role": role}, "networkProfile": {"networkInterfaces": cards}}


def _place(subnet: str, prefix: Any, *, guarded: bool) -> tuple[Neighbour, ...]:
    group = {"networkSecurityGroup": {"id": {"$reference": "guard"}}} if guarded else {}
    address = {"subnet": {"id": {"$reference": subnet}}}
    return (
        Neighbour(SUBNET, {"name": subnet, "addressPrefix": prefix, **group}, name=subnet),
        Neighbour(NETWORK_INTERFACE, {"ipConfigurations": [address]}, name=f"{subnet}-card"),
    )


def _mail(*rules: dict[str, Any], prefix: Any = "10.0.1.0/24") -> tuple[Neighbour, ...]:
    return (
        *_place("exchange", prefix, guarded=True),
        *_place("directory", "10.0.2.0/24", guarded=False),
        Neighbour(NETWORK_SECURITY_GROUP, {}, name="guard"),
        Neighbour(VIRTUAL_MACHINE, _machine("directory-card", "domain-controller"), name="directory-1"),
        *(Neighbour(SECURITY_RULE, rule, name=f"rule-{number}") for number, rule in enumerate(rules)),
    )


_IT = _machine("exchange-card")
_WEB = {"direction": "Outbound", "destinationAddressPrefix": "Internet"}

EXAMPLES = (
    Example(Verdict.KEPT, _IT, _mail(_allow(), _deny())),
    Example(Verdict.KEPT, _IT, _mail(), note="Azure's own rules let our networks speak"),
    Example(Verdict.KEPT, _IT, _mail(_deny(**_WEB)), note="what goes to the Internet is another matter"),
    Example(Verdict.BROKEN, _IT, _mail(_deny())),
    Example(Verdict.BROKEN, _IT, _mail(_allow(), _deny(priority=99)), note="the Deny comes first"),
    Example(Verdict.BROKEN, _IT, _mail(_allow(protocol="Tcp"), _deny()), note="TCP alone"),
    Example(Verdict.BROKEN, _IT, _mail(_allow(destinationPortRange="443"), _deny()), note="one port"),
    Example(
        Verdict.BROKEN, _IT, _mail(_allow(sourceAddressPrefixes=["10.0.1.0/24"]), _deny()), note="not the directory"
    ),
    Example(Verdict.BROKEN, _IT, _mail(_allow(), _deny(direction="Outbound", protocol="Udp")), note="on the way out"),
    Example(Verdict.NOT_APPLICABLE, _machine("exchange-card", "management"), _mail()),
    Example(Verdict.UNPROVEN, _IT, _mail(_allow(), _deny(priority={"$unknown": True}))),
    Example(Verdict.UNPROVEN, _IT, _mail(_allow(), prefix=None), note="where the machine stands was not seen"),
    Example(Verdict.UNPROVEN, _IT, _place("exchange", "10.0.1.0/24", guarded=False), note="no other server"),
)
