"""The one way out of each region: a NAT gateway, whose address the mail filter knows."""

import pulumi
from pulumi_azure_native import network, resources

from config import Region, Settings
from public_address import public_address


def nat_gateway(
    settings: Settings, *, region: Region, group: resources.ResourceGroup, parent: pulumi.Resource
) -> network.NatGateway:
    """Declare the NAT gateway of `region` with its public address.

    Subnets have no way out of Azure's own making, so it must stand before the first machine: Windows is activated and
    updated through it. The filter takes mail from this address: it is entered in the filter's portal by hand, and must
    not change.
    """
    address = public_address(settings, "outbound", region=region, group=group, parent=parent)
    return network.NatGateway(
        f"{region}-nat",
        resource_group_name=group.name,
        nat_gateway_name=f"{settings.prefix}-{region}-nat",
        location=region,
        sku=network.NatGatewaySkuArgs(name="Standard"),
        public_ip_addresses=[network.SubResourceArgs(id=address.id)],
        idle_timeout_in_minutes=10,
        tags={"data": "platform"},
        opts=pulumi.ResourceOptions(parent=parent),
    )
