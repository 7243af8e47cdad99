"""Bastion: the only way for administrators to reach a machine, without links that could be passed on."""

import pulumi
from addresses import BASTION
from config import Region, Settings
from public_address import public_address
from pulumi_azure_native import network, resources


def bastion(
    settings: Settings,
    *,
    region: Region,
    group: resources.ResourceGroup,
    net: network.VirtualNetwork,
    after: pulumi.Resource,
    parent: pulumi.Resource,
) -> network.BastionHost:
    """Declare the Bastion host of `region` in its own subnet, made once the subnet `after` stands."""
    subnet = _subnet(region, group=group, net=net, after=after, parent=parent)
    address = public_address(settings, "bastion", region=region, group=group, parent=parent)
    return network.BastionHost(
        f"{region}-bastion",
        resource_group_name=group.name,
        bastion_host_name=f"{settings.prefix}-{region}-bastion",
        location=region,
        sku=network.SkuArgs(name="Standard"),
        scale_units=2,
        enable_shareable_link=False,
        enable_ip_connect=False,
        enable_tunneling=False,
        enable_file_copy=False,
        disable_copy_paste=True,
        ip_configurations=[
            network.BastionHostIPConfigurationArgs(
                name="bastion",
                subnet=network.SubResourceArgs(id=subnet.id),
                public_ip_address=network.SubResourceArgs(id=address.id),
                private_ip_allocation_method="Dynamic",
            )
        ],
        tags={"data": "platform"},
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _subnet(
    region: Region,
    *,
    group: resources.ResourceGroup,
    net: network.VirtualNetwork,
    after: pulumi.Resource,
    parent: pulumi.Resource,
) -> network.Subnet:
    return network.Subnet(
        f"{region}-bastion-subnet",
        resource_group_name=group.name,
        virtual_network_name=net.name,
        subnet_name="AzureBastionSubnet",
        address_prefix=BASTION[region],
        default_outbound_access=False,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[after]),
    )
