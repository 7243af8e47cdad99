"""No machine has a public address of its own.

Catalogue: NET-07.

## Why we promise this
A mailbox server, a domain controller or a backup server with a public address is one wrong rule away from everyone.

## How to keep it
Leave `public_ip_address` out of every address of a `network.NetworkInterface`. Mail comes in by the load balancer,
administrators by Bastion, and machines go out by the NAT gateway.
"""

from typing import Any

from audit.kinds.network import NETWORK_INTERFACE, PUBLIC_IP_ADDRESS
from audit.model import Example, Neighbour, Part, Resource, Ruling, Severity, Unseen, Verdict, broken, every, kept

ON = NETWORK_INTERFACE
SEVERITY = Severity.CRITICAL
# It is optional: a configuration that names no public address has none.
ABSENT = {
    "publicIPAddress": "https://learn.microsoft.com/azure/virtual-network/ip-services/"
    "virtual-network-network-interface-addresses#public",
}


def judge(interface: Resource) -> Ruling:
    addresses = interface.each("ipConfigurations")
    if not addresses:
        raise Unseen("the addresses of the interface were not seen")
    return every(_judge_address, addresses)


def _judge_address(address: Part) -> Ruling:
    if address.look("publicIPAddress") is None:
        return kept("it has private addresses only")
    # Raises where what is there cannot be read: an address that nobody knows is no proof of one.
    address.link("publicIPAddress.id")
    path = address.path("publicIPAddress")
    return broken(f"{path} gives it a public address, promised none", change={path: None})


def _card(*addresses: dict[str, Any]) -> dict[str, Any]:
    return {"ipConfigurations": list(addresses)}


_PRIVATE = {"name": "private", "privateIPAllocationMethod": "Dynamic"}
_PUBLIC = {"name": "public", "publicIPAddress": {"id": {"$reference": "address"}}}
_ADDRESS = (Neighbour(PUBLIC_IP_ADDRESS, {}, name="address"),)

EXAMPLES = (
    Example(Verdict.KEPT, _card(_PRIVATE)),
    Example(Verdict.KEPT, _card(_PRIVATE, {**_PRIVATE, "publicIPAddress": None}), note="as Azure answers"),
    Example(Verdict.BROKEN, _card(_PUBLIC), _ADDRESS),
    Example(Verdict.BROKEN, _card(_PRIVATE, _PUBLIC), _ADDRESS, note="the second address"),
    Example(Verdict.UNPROVEN, _card({"name": "public", "publicIPAddress": {"$unknown": True}})),
    Example(Verdict.UNPROVEN, _card(), note="no address seen"),
    Example(Verdict.UNPROVEN, {}),
)
