"""The one way out of each region: a NAT gateway, whose address the mail filter knows."""

import pulumi
from config import Region, Settings
from public_address import public_address
from pulumi_azure_native import network, resources


def nat_gateway(
    settings: Settings, *, region: Region, group: resources.ResourceGroup, parent: pulumi.Resource
) -> network.NatGateway:
    """Declare the NAT gateway of `region` with its public address."""
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
