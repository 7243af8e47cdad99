"""Machines have no way out of Azure's own making.

Catalogue: NET-11.

## Why we promise this
Azure lets machines out by an address of its own, which nobody here chose, logs or can name to a partner.

## How to keep it
Set `default_outbound_access=False` on each `network.Subnet` and give it a `nat_gateway`, or a route table whose route
for `0.0.0.0/0` leads to a firewall. It can be set when a subnet is made, and not later. A subnet that nothing leads out
of keeps the promise, too. Azure's own subnets for gateways, firewalls and Bastion are left out.
"""

from typing import Any

from audit.kinds.network import NAT_GATEWAY, SUBNET
from audit.model import Example, Neighbour, Resource, Ruling, Severity, Verdict, broken, kept, not_applicable, same

ON = SUBNET
SEVERITY = Severity.MEDIUM

EXEMPT = (
    "GatewaySubnet",
    "AzureFirewallSubnet",
    "AzureFirewallManagementSubnet",
    "AzureBastionSubnet",
    "RouteServerSubnet",
)


def judge(subnet: Resource) -> Ruling:
    name = subnet.read("name", str)
    if any(same(name, exempt) for exempt in EXEMPT):
        return not_applicable(f"{name} is one of Azure's own subnets")
    # Azure's default changed with an API version, so absence proves nothing.
    if subnet.read("defaultOutboundAccess", bool) is not False:
        return broken(
            f"machines in {name} get out by an address of Azure's choice", change={"defaultOutboundAccess": False}
        )
    return kept(f"nothing leaves {name} but by a way of our own")


_GATEWAY = Neighbour(NAT_GATEWAY, {}, name="gateway")
_OUT = {"natGateway": {"id": {"$reference": "gateway"}}}


def _subnet(*, access: Any, name: Any = "exchange", **changed: Any) -> dict[str, Any]:
    return {"name": name, "defaultOutboundAccess": access, **changed}


EXAMPLES = (
    Example(Verdict.KEPT, _subnet(access=False, **_OUT), (_GATEWAY,)),
    Example(Verdict.KEPT, _subnet(access=False), note="nothing leads out at all"),
    Example(Verdict.BROKEN, _subnet(access=True, **_OUT), (_GATEWAY,), note="a gateway beside Azure's own way out"),
    Example(Verdict.BROKEN, _subnet(access=True)),
    Example(Verdict.NOT_APPLICABLE, _subnet(access=True, name="GatewaySubnet")),
    Example(Verdict.BROKEN, _subnet(access=True, name="GatewaySubnet-2"), note="not one of Azure's own"),
    Example(Verdict.UNPROVEN, _subnet(access=None, **_OUT), (_GATEWAY,)),
    Example(Verdict.UNPROVEN, _subnet(access={"$unknown": True})),
    Example(Verdict.UNPROVEN, _subnet(access=False, name=None), note="unnamed"),
)
