"""Public addresses: few, Standard, spread over the zones, guarded against floods."""

import pulumi
from config import PRIMARY, Region, Settings
from pulumi_azure_native import network, resources


def public_address(
    settings: Settings, use: str, *, region: Region, group: resources.ResourceGroup, parent: pulumi.Resource
) -> network.PublicIPAddress:
    """Declare the public address that serves one `use` (mail, outbound, bastion) in `region`."""
    return network.PublicIPAddress(
        f"{region}-{use}-address",
        resource_group_name=group.name,
        public_ip_address_name=f"{settings.prefix}-{region}-{use}",
        location=region,
        sku=network.PublicIPAddressSkuArgs(name="Standard", tier="Regional"),
        public_ip_address_version="IPv4",
        public_ip_allocation_method="Static",
        ddos_settings=network.DdosSettingsArgs(protection_mode="Enabled"),
        # The secondary region has no zones to spread over.
        zones=["1", "2", "3"] if region == PRIMARY else None,
        tags={"data": "platform"},
        opts=pulumi.ResourceOptions(parent=parent),
    )
