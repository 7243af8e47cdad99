"""Bastion: the only way for administrators to reach a machine, without links that could be passed on."""

import pulumi
from pulumi_azure_native import network, resources

from addresses import BASTION
from config import Region, Settings
from public_address import public_address


def bastion(
    settings: Settings,
    *,
    region: Region,
    group: resources.ResourceGroup,
    net: network.VirtualNetwork,
    after: pulumi.Resource,
    parent: pulumi.Resource,
) -> network.BastionHost:
    """Declare the Bastion host of `region` in its own subnet, made once the subnet `after` stands.

    Machines have no public address and no rule that admits anybody: this host is how they are administered.
    """
    subnet = _subnet(region, group=group, net=net, after=after, parent=parent)
    address = public_address(settings, "bastion", region=region, group=group, parent=parent)
    return network.BastionHost(
        f"{region}-bastion",
        resource_group_name=group.name,
        bastion_host_name=f"{settings.prefix}-{region}-bastion",
        location=region,
        sku=network.SkuArgs(name="Standard"),
        scale_units=2,
        # A link opens a machine to whoever holds it, with or without an account of ours.
        enable_shareable_link=False,
        # Only through the browser: a tunnel or a copied file would pass by everything that is watched.
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
    """Declare Bastion's subnet, whose name Azure prescribes.

    It alone has no security group: the service guards its own traffic, and a group that lacked one of the rules it
    needs would lock every administrator out. A network takes one change at a time, hence `after`.

    The name is AzureBastionSubnet: https://learn.microsoft.com/azure/bastion/configuration-settings
    """
    return network.Subnet(
        f"{region}-bastion-subnet",
        resource_group_name=group.name,
        virtual_network_name=net.name,
        subnet_name="AzureBastionSubnet",
        address_prefix=BASTION[region],
        default_outbound_access=False,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[after]),
    )
