"""The network in which a copy wakes: nothing comes in, nothing goes out, and that is read before anything wakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit.azure import Refused
from audit.drill_record import Isolation
from audit.drills.drill import Drill
from audit.drills.outcomes import Inconclusive

NETWORK = "2024-05-01"
"""https://learn.microsoft.com/rest/api/virtualnetwork"""
SUBNET = "copy"
_SPACE = "10.255.0.0/24"
_ABOVE_ALL = 100
"""The priority of the rules that deny everything: no rule can stand before it."""
_NOT_ATTACHED = (400, 404, 409)
"""How Azure refuses to tell the effective rules of an interface whose machine does not run."""


def make(drill: Drill, region: str = "") -> str:
    """Make a network with one subnet, closed both ways and tied to nothing; returns the subnet's path.

    It lies in `region`, where one is given, else in that of the settings.
    """
    location = {"location": region or drill.settings.region}
    rules = [_deny("Inbound"), _deny("Outbound")]
    guard = f"{_network(drill, 'networkSecurityGroups')}/closed"
    drill.make("closed group", guard, NETWORK, {**location, "properties": {"securityRules": rules}})
    subnet = {
        "name": SUBNET,
        "properties": {
            "addressPrefix": _SPACE,
            "networkSecurityGroup": {"id": guard},
            # Without this Azure gives machines a way out of its own.
            "defaultOutboundAccess": False,
        },
    }
    network = f"{_network(drill, 'virtualNetworks')}/isolated"
    properties = {"addressSpace": {"addressPrefixes": [_SPACE]}, "subnets": [subnet]}
    drill.make("network", network, NETWORK, {**location, "properties": properties})
    return f"{network}/subnets/{SUBNET}"


def interface(drill: Drill, subnet: str, region: str = "") -> str:
    """Make an interface in the subnet, without a public address; returns its path."""
    path = f"{_network(drill, 'networkInterfaces')}/copy"
    address = {"privateIPAllocationMethod": "Dynamic", "subnet": {"id": subnet}}
    configurations = [{"name": "only", "properties": address}]
    body = {"location": region or drill.settings.region, "properties": {"ipConfigurations": configurations}}
    drill.make("interface", path, NETWORK, body)
    return path


def proof(drill: Drill, subnet: str) -> Isolation:
    """Return what a subnet proves of isolation, as it is read now; raises `Inconclusive` where it is not closed."""
    network = drill.actor.read(subnet.rpartition("/subnets/")[0], NETWORK)
    found = drill.actor.read(subnet, NETWORK)
    properties = found.get("properties") or {}
    guard = (properties.get("networkSecurityGroup") or {}).get("id")
    if not guard:
        raise Inconclusive("the subnet for the copy has no network security group")
    demand_closed_rules(drill, str(guard))
    peerings = list(drill.actor.listed(f"{subnet.rpartition('/subnets/')[0]}/virtualNetworkPeerings", NETWORK))
    if peerings:
        raise Inconclusive(f"the network for the copy has {len(peerings)} peerings")
    for way in ("routeTable", "natGateway"):
        if properties.get(way):
            raise Inconclusive(f"the subnet for the copy has a {way}")
    return Isolation(
        subscription=subnet.split("/")[2],
        region=place(network),
        residency_ok=place(network) in drill.settings.regions,
        egress_denied=True,
        public_ip=False,
        peerings=0,
        proof=(
            "security group: all denied, in and out, before any other rule",
            "peerings: listed, none",
            "no route table, no NAT gateway",
        ),
    )


def demand_closed_rules(drill: Drill, guard: str) -> None:
    """Raise `Inconclusive` unless the first rules of a security group deny everything, both ways."""
    properties = drill.actor.read(guard, NETWORK).get("properties") or {}
    rules = [rule.get("properties") or {} for rule in properties.get("securityRules") or ()]
    for way in ("Inbound", "Outbound"):
        first = min(
            (rule for rule in rules if rule.get("direction") == way),
            key=lambda rule: int(rule.get("priority", 0)),
            default={},
        )
        if not denies_all(first):
            raise Inconclusive(f"the security group for the copy does not deny everything {way.lower()}")


def demand_alone(drill: Drill, nic: str) -> None:
    """Raise `Inconclusive` where an interface has a public address or no group denies all that it could reach."""
    properties = drill.actor.read(nic, NETWORK).get("properties") or {}
    configurations = [one.get("properties") or {} for one in properties.get("ipConfigurations") or ()]
    if not configurations:
        raise Inconclusive("the addresses of the copy's interface cannot be seen")
    if any(one.get("publicIPAddress") for one in configurations):
        raise Inconclusive("the copy's interface has a public address")
    for subnet in {str((one.get("subnet") or {}).get("id", "")) for one in configurations}:
        if not subnet:
            raise Inconclusive("the subnet of the copy's interface cannot be seen")
        proof(drill, subnet)


def effective(drill: Drill, nic: str, *, running: bool) -> bool:
    """Tell whether the rules at work at an interface were read, and deny everything both ways.

    Azure tells them only of a machine that runs: before that, False means that it did not tell. Raises `Inconclusive`
    where anything is let through, and `Refused`.
    https://learn.microsoft.com/azure/virtual-network/diagnose-network-traffic-filter-problem
    """
    try:
        told = _asked(drill, f"{nic}/effectiveNetworkSecurityGroups")
        routes = _asked(drill, f"{nic}/effectiveRouteTable")
    except Refused as refused:
        if running or refused.status not in _NOT_ATTACHED:
            raise
        return False
    _demand_denied(told)
    _demand_no_way(routes)
    return True


def denies_all(rule: Mapping[str, Any]) -> bool:
    """Tell whether a rule denies every protocol from and to anywhere."""
    wanted = ("protocol", "sourceAddressPrefix", "sourcePortRange", "destinationAddressPrefix", "destinationPortRange")
    whole = ("*", "all", "0-65535")
    values = [str(rule.get(name, "")).lower() for name in wanted]
    # What is given as a list narrows the rule.
    narrowed = any(rule.get(f"{name}es") or rule.get(f"{name}s") for name in wanted[1:])
    groups = any(rule.get(f"{end}ApplicationSecurityGroups") for end in ("source", "destination"))
    return (
        str(rule.get("access", "")).lower() == "deny"
        and values[0] in whole
        and all(value in (*whole, "0.0.0.0/0", "any") for value in values[1:])
        and not narrowed
        and not groups
    )


def _demand_denied(told: Any) -> None:
    """Raise `Inconclusive` unless at some level of groups everything is denied first, each way."""
    groups = told.get("value") if isinstance(told, Mapping) else None
    if not groups:
        raise Inconclusive("the rules at work at the copy's interface were not told")
    for way in ("Inbound", "Outbound"):
        if not any(_first_denies(group, way) for group in groups):
            raise Inconclusive(f"the rules at work at the copy's interface let something through {way.lower()}")


def _first_denies(group: Mapping[str, Any], way: str) -> bool:
    """Tell whether the first rule of one group denies everything one way; a packet must pass every group."""
    rules = [rule for rule in group.get("effectiveSecurityRules") or () if rule.get("direction") == way]
    first: Mapping[str, Any] = min(rules, key=lambda rule: int(rule.get("priority", 0)), default={})
    # Effective rules name several prefixes and ports; one that is everything is enough.
    wide = {
        name: "*"
        for name in ("sourceAddressPrefix", "sourcePortRange", "destinationAddressPrefix", "destinationPortRange")
        if _wide(first, name)
    }
    plain = {"access": first.get("access"), "protocol": first.get("protocol"), **wide}
    return denies_all(plain)


def _wide(rule: Mapping[str, Any], name: str) -> bool:
    several = rule.get(f"{name}es") or rule.get(f"{name}s") or ()
    values = {str(value).lower() for value in (rule.get(name, ""), *several)}
    return bool(values & {"*", "0-65535", "0.0.0.0/0"})


def _demand_no_way(routes: Any) -> None:
    """Raise `Inconclusive` where a route leads to another network: by peering, gateway or appliance."""
    table = routes.get("value") if isinstance(routes, Mapping) else None
    if table is None:
        raise Inconclusive("the routes at work at the copy's interface were not told")
    ways = ("vnetpeering", "vnetglobalpeering", "virtualnetworkgateway", "virtualappliance")
    if any(str(route.get("nextHopType", "")).lower() in ways for route in table):
        raise Inconclusive("a route leads from the copy to another network")


def _asked(drill: Drill, path: str) -> Any:
    """Ask for what Azure works out, and wait for it."""
    begun = drill.actor.post(path, NETWORK, once=False)
    if begun.body.get("value") is not None or not begun.operation:
        return begun.body
    last = drill.work("rules at work", begun, limit_s=drill.settings.check_s)
    if last.get("value") is not None:
        return last
    properties = last.get("properties") or {}
    inner = properties.get("output") or properties
    return inner if inner.get("value") is not None or not begun.result else drill.actor.state(begun.result).body


def _deny(way: str) -> dict[str, Any]:
    rule = {
        "priority": _ABOVE_ALL,
        "direction": way,
        "access": "Deny",
        "protocol": "*",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "*",
    }
    return {"name": f"nothing-{way.lower()}", "properties": rule}


def place(resource: Mapping[str, Any]) -> str:
    """Return the region of a resource as rules spell it, empty where it says none."""
    return str(resource.get("location") or "").replace(" ", "").lower()


def _network(drill: Drill, kind: str) -> str:
    return f"{drill.group}/providers/Microsoft.Network/{kind}"
