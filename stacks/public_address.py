"""Public addresses: few, Standard, spread over the zones, guarded against floods."""

import pulumi
from pulumi_azure_native import network, resources

from config import PRIMARY, Region, Settings


def public_address(
    settings: Settings, use: str, *, region: Region, group: resources.ResourceGroup, parent: pulumi.Resource
) -> network.PublicIPAddress:
    """Declare the public address that serves one `use` (mail, outbound, bastion) in `region`.

    No machine has one: these three uses in each region are all that the Internet can see of it.
    """
    return network.PublicIPAddress(
        f"{region}-{use}-address",
        resource_group_name=group.name,
        public_ip_address_name=f"{settings.prefix}-{region}-{use}",
        location=region,
        sku=network.PublicIPAddressSkuArgs(name="Standard", tier="Regional"),
        public_ip_address_version="IPv4",
        # They are entered in the portal of the mail filter, which nothing here can change.
        public_ip_allocation_method="Static",
        # Address by address; a plan for whole networks costs more than these few.
        ddos_settings=network.DdosSettingsArgs(protection_mode="Enabled"),
        # The secondary region has no zones to spread over.
        zones=["1", "2", "3"] if region == PRIMARY else None,
        tags={"data": "platform"},
        opts=pulumi.ResourceOptions(parent=parent),
    )
