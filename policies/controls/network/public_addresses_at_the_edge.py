"""Public addresses serve a load balancer, a NAT gateway or a Bastion host, and are Standard ones over several zones.

Catalogue: NET-12.

## Why we promise this
Every public address is a door. These three kinds are guarded and watched; a Basic address is open until closed.

## How to keep it
Give each `network.PublicIPAddress` `sku=network.PublicIPAddressSkuArgs(name="Standard")` and, in a region of the target
`exchange.zoned_regions`, `zones=["1", "2", "3"]`; name it in a load balancer, a NAT gateway or a Bastion host, or
delete it. An address that no stack declares is found by the live audit.
"""

from typing import Any

from audit.kinds.network import BASTION_HOST, LOAD_BALANCER, NAT_GATEWAY, NETWORK_INTERFACE, PUBLIC_IP_ADDRESS
from audit.model import (
    Estate,
    Example,
    Kind,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    kept,
    missing,
    same,
)

ON = PUBLIC_IP_ADDRESS
NEEDS = (LOAD_BALANCER, NAT_GATEWAY, BASTION_HOST)
SEVERITY = Severity.HIGH

USES: tuple[tuple[Kind, str], ...] = (
    (LOAD_BALANCER, "frontendIPConfigurations[].publicIPAddress.id"),
    (NAT_GATEWAY, "publicIpAddresses[].id"),
    (BASTION_HOST, "ipConfigurations[].publicIPAddress.id"),
)
SKU = "Standard"
LEAST = 2


def judge(address: Resource, estate: Estate, targets: Targets) -> Ruling:
    sku = address.read("sku.name", str)
    if not same(sku, SKU):
        return broken(f"the address is {sku}, promised {SKU}", change={"sku.name": SKU})
    region = address.region
    if any(same(region, zoned) for zoned in targets.names("exchange.zoned_regions")):
        zones = sorted(set(address.texts("zones")))
        if len(zones) < LEAST:
            seen = f"zone {zones[0]}" if zones else "no zone"
            return broken(f"the address lies in {seen}, promised {LEAST} or more", change={"zones": ["1", "2", "3"]})
    users = [user.name for kind, path in USES for user in estate.referrers(address, kind, path)]
    if not users:
        return missing(
            "the address serves no load balancer, NAT gateway or Bastion host",
            declare="the use of it in one of them, or delete the address",
        )
    return kept(f"a {SKU} address of {', '.join(users)}")


_TARGETS = {"exchange.zoned_regions": ["uksouth"]}
_LINK = {"id": {"$reference": "it"}}
_BALANCER = (Neighbour(LOAD_BALANCER, {"frontendIPConfigurations": [{"publicIPAddress": _LINK}]}, name="mail"),)
_GATEWAY = (Neighbour(NAT_GATEWAY, {"publicIpAddresses": [_LINK]}, name="outbound"),)
_BASTION = (Neighbour(BASTION_HOST, {"ipConfigurations": [{"publicIPAddress": _LINK}]}, name="bastion"),)
_CARD = (Neighbour(NETWORK_INTERFACE, {"ipConfigurations": [{"publicIPAddress": _LINK}]}, name="card"),)


def _address(sku: Any = "Standard", zones: Any = ("1", "2", "3"), region: Any = "uksouth") -> dict[str, Any]:
    return {"sku": {"name": sku}, "zones": list(zones) if isinstance(zones, tuple) else zones, "location": region}


EXAMPLES = (
    Example(Verdict.KEPT, _address(), _BALANCER, _TARGETS),
    Example(Verdict.KEPT, _address(zones=("1", "2")), _GATEWAY, _TARGETS),
    Example(Verdict.KEPT, _address(zones=None, region="ukwest"), _BASTION, _TARGETS, note="a region without zones"),
    Example(Verdict.BROKEN, _address("Basic"), _BALANCER, _TARGETS),
    Example(Verdict.BROKEN, _address(zones=("1",)), _BALANCER, _TARGETS, note="one zone"),
    Example(Verdict.BROKEN, _address(zones=()), _BALANCER, _TARGETS, note="no zone"),
    Example(Verdict.BROKEN, _address(), (), _TARGETS, note="nobody uses it"),
    Example(Verdict.BROKEN, _address(), _CARD, _TARGETS, note="a machine's own"),
    Example(Verdict.UNPROVEN, _address(zones=None), _BALANCER, _TARGETS),
    Example(Verdict.UNPROVEN, _address(None), _BALANCER, _TARGETS),
    Example(
        Verdict.UNPROVEN,
        _address(),
        (Neighbour(NAT_GATEWAY, {"publicIpAddresses": [{"id": {"$unknown": True}}]}, name="outbound"),),
        _TARGETS,
        note="whose address does the gateway use?",
    ),
)
