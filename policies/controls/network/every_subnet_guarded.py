"""Every subnet stands behind a security group.

Catalogue: NET-06.

## Why we promise this
In a subnet without a security group every machine can be spoken to by whatever finds a way there.

## How to keep it
Set `network_security_group=network.NetworkSecurityGroupArgs(id=group.id)` on the subnet. Azure's own subnets for
gateways, firewalls, Bastion and route servers are left out: a security group cannot stand there, or is not needed.
"""

from audit.kinds.network import NETWORK_SECURITY_GROUP, SUBNET
from audit.model import Example, Neighbour, Resource, Ruling, Severity, Verdict, kept, missing, not_applicable, same

ON = SUBNET
SEVERITY = Severity.HIGH
# A subnet has one group or none, so none named is none: "zero, or one" on the page below. It is never kept by it.
ABSENT = {
    "networkSecurityGroup.id": "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview"
}

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
    if subnet.link("networkSecurityGroup.id", absent=None) is None:
        return missing(
            f"the subnet {name} has no security group",
            declare="network.NetworkSecurityGroup(…) and name it in the subnet's network_security_group",
        )
    return kept(f"the subnet {name} has a security group")


_GROUP = Neighbour(NETWORK_SECURITY_GROUP, {}, name="guard")

EXAMPLES = (
    Example(Verdict.KEPT, {"name": "exchange", "networkSecurityGroup": {"id": {"$reference": "guard"}}}, (_GROUP,)),
    Example(Verdict.BROKEN, {"name": "exchange"}),
    Example(Verdict.BROKEN, {"name": "exchange", "networkSecurityGroup": None}, (_GROUP,), note="a group nobody uses"),
    Example(Verdict.NOT_APPLICABLE, {"name": "AzureBastionSubnet"}),
    Example(Verdict.BROKEN, {"name": "AzureBastionSubnet-2"}, note="not one of Azure's own"),
    Example(Verdict.UNPROVEN, {"name": "exchange", "networkSecurityGroup": {"id": {"$unknown": True}}}),
    Example(Verdict.UNPROVEN, {"networkSecurityGroup": {"id": {"$reference": "guard"}}}, (_GROUP,), note="unnamed"),
)
