"""The subnets of one region, each behind its own security group and with no way out but the NAT gateway."""

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import network, resources

from addresses import SUBNETS
from config import Region, Settings
from security_groups import security_group

# The portal's service takes part in the network through a subnet that is handed over to it.
_DELEGATED = {"web": [network.DelegationArgs(name="web", service_name="Microsoft.Web/serverFarms")]}


def subnets_of(
    settings: Settings,
    *,
    region: Region,
    group: resources.ResourceGroup,
    net: network.VirtualNetwork,
    gateway: network.NatGateway,
    parent: pulumi.Resource,
) -> Mapping[str, network.Subnet]:
    """Declare every subnet that the address plan gives `region`.

    Each has its security group and its way out from the first moment: machines come later and never without. Whether
    Azure gives machines a way out of its own can be said at a subnet's making only.
    """
    subnets: dict[str, network.Subnet] = {}
    for use, prefix in SUBNETS[region].items():
        guard = security_group(settings, use, region=region, group=group, parent=parent)
        subnets[use] = network.Subnet(
            f"{region}-{use}",
            resource_group_name=group.name,
            virtual_network_name=net.name,
            subnet_name=use,
            address_prefix=prefix,
            default_outbound_access=False,
            network_security_group=network.NetworkSecurityGroupArgs(id=guard.id),
            nat_gateway=network.SubResourceArgs(id=gateway.id),
            # Without this the security group is not asked about traffic to private endpoints.
            private_endpoint_network_policies="Enabled",
            delegations=_DELEGATED.get(use, []),
            # A network takes one change at a time: each subnet waits for the one before.
            opts=pulumi.ResourceOptions(parent=parent, depends_on=list(subnets.values())),
        )
    return subnets
