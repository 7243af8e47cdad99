"""The ports by which machines are administered open on request and for hours only, or not at all.

Catalogue: NET-10.

## Why we promise this
A port that stands open for administrators stands open for whoever has taken one machine of ours already.

## How to keep it
Name the machine in a `security.JitNetworkAccessPolicy` with `max_request_access_duration="PT3H"` (the hours of the
target `network.admin_request_hours`) for each of its ports. A machine whose security groups let nobody in to any of
`network.admin_ports` needs none.
"""

import re
from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.network import NETWORK_INTERFACE, NETWORK_SECURITY_GROUP, SECURITY_RULE, SUBNET
from audit.kinds.security import JIT_ACCESS_POLICY
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Part,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    every,
    kept,
    missing,
    same,
)
from audit.reachability import inbound, interface_openings, told

ON = VIRTUAL_MACHINE
NEEDS = (JIT_ACCESS_POLICY, NETWORK_INTERFACE, SUBNET, NETWORK_SECURITY_GROUP, SECURITY_RULE)
SEVERITY = Severity.MEDIUM
# A subnet or an interface has one group or none, and one that names none lets everything through.
ABSENT = {
    "networkSecurityGroup.id": "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works"
}


def judge(machine: Resource, estate: Estate, targets: Targets) -> Ruling:
    hours = targets.number("network.admin_request_hours")
    policies = estate.referrers(machine, JIT_ACCESS_POLICY, "virtualMachines[].id")
    if policies:
        return every(lambda policy: _judge_requests(machine, policy, hours, estate), policies)
    for port in targets.names("network.admin_ports"):
        ways = [
            way
            for card in machine.each("networkProfile.networkInterfaces")
            for way in interface_openings(estate, estate.target(card, "id"), inbound(int(port)))
        ]
        if ways:
            return missing(
                f"TCP {port} stands open to {told(ways)}, promised on request only",
                declare="security.JitNetworkAccessPolicy(virtual_machines=[…]) naming the machine",
            )
    return kept("no port for administrators is open to anybody")


def _judge_requests(machine: Resource, policy: Resource, hours: int, estate: Estate) -> Ruling:
    """Rule on a policy that names the machine: it may open no port for longer than promised."""
    ports = [port for part in _entries(machine, policy, estate) for port in part.each("ports")]
    if not ports:
        raise Unseen(f"which ports {policy.name} opens on request was not seen")
    for port in ports:
        path = "maxRequestAccessDuration"
        asked = port.read(path, str)
        if _minutes(asked) > hours * 60:
            return broken(
                f"{policy.name} opens port {port.read('number', int)} for {asked}, promised {hours} hours at most",
                change={port.path(path): f"PT{hours}H"},
                subject=policy,
            )
    return kept(f"{policy.name} opens its ports on request, for {hours} hours at most")


def _entries(machine: Resource, policy: Resource, estate: Estate) -> list[Part]:
    """Find what a policy says of one machine; a policy speaks of several."""
    return [part for part in policy.each("virtualMachines") if same(estate.target(part, "id").id, machine.id)]


def _minutes(duration: str) -> int:
    """Return the minutes of an ISO 8601 duration of days, hours and minutes; raises `Unseen` for any other text."""
    found = re.fullmatch(r"P(?=\d|T\d)(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", duration)
    if found is None:
        raise Unseen(f"{duration!r} is no duration of days, hours and minutes")
    days, hours, minutes = (int(group or 0) for group in found.groups())
    return (days * 24 + hours) * 60 + minutes


_TARGETS = {"network.admin_request_hours": 3, "network.admin_ports": ["3389", "5986"]}
_MACHINE = {"networkProfile": {"networkInterfaces": [{"id": {"$reference": "card"}}]}}
_RULE = {
    "networkSecurityGroupName": {"$reference": "guard"},
    "priority": 100,
    "direction": "Inbound",
    "access": "Deny",
    "protocol": "*",
    "sourceAddressPrefix": "*",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "*",
}


def _guarded(**rule: Any) -> tuple[Neighbour, ...]:
    return (
        Neighbour(NETWORK_INTERFACE, {"ipConfigurations": [{"subnet": {"id": {"$reference": "subnet"}}}]}, name="card"),
        Neighbour(SUBNET, {"networkSecurityGroup": {"id": {"$reference": "guard"}}}, name="subnet"),
        Neighbour(NETWORK_SECURITY_GROUP, {}, name="guard"),
        Neighbour(SECURITY_RULE, {**_RULE, **rule}, name="rule"),
    )


def _policy(duration: Any, machine: Any = "it", name: str = "on-request") -> Neighbour:
    ports = [{"number": 3389, "protocol": "TCP", "maxRequestAccessDuration": duration}]
    return Neighbour(
        JIT_ACCESS_POLICY, {"virtualMachines": [{"id": {"$reference": machine}, "ports": ports}]}, name=name
    )


_OTHER = Neighbour(VIRTUAL_MACHINE, {}, name="other")
_OPEN = _guarded(access="Allow", sourceAddressPrefix="VirtualNetwork", destinationPortRange="3389")

EXAMPLES = (
    Example(Verdict.KEPT, _MACHINE, (*_OPEN, _policy("PT3H")), _TARGETS),
    Example(Verdict.KEPT, _MACHINE, (*_OPEN, _policy("PT2H59M")), _TARGETS, note="shorter"),
    Example(Verdict.BROKEN, _MACHINE, (*_OPEN, _policy("PT3H1M")), _TARGETS, note="a minute longer"),
    Example(Verdict.BROKEN, _MACHINE, (*_OPEN, _policy("P1D")), _TARGETS, note="a day"),
    Example(
        Verdict.BROKEN,
        _MACHINE,
        (*_OPEN, _policy("PT3H"), _policy("P1D", name="second")),
        _TARGETS,
        note="a second policy opens it for longer",
    ),
    Example(Verdict.KEPT, _MACHINE, _guarded(), _TARGETS, note="nobody is let in at all"),
    Example(Verdict.BROKEN, _MACHINE, _OPEN, _TARGETS, note="open to our own networks all day"),
    Example(
        Verdict.BROKEN, _MACHINE, (*_OPEN, _OTHER, _policy("PT3H", "other")), _TARGETS, note="another machine's policy"
    ),
    Example(Verdict.UNPROVEN, _MACHINE, (*_OPEN, _policy({"$unknown": True})), _TARGETS),
    Example(Verdict.UNPROVEN, _MACHINE, (*_OPEN, _policy("three hours")), _TARGETS),
    Example(Verdict.UNPROVEN, {}, _guarded(), _TARGETS, note="no card was seen"),
)
