"""Private zones: inside both networks, a service's name leads to its private endpoint."""

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import network, privatedns, resources

from config import PRIMARY, SECONDARY, Region

_BLOB = "privatelink.blob.core.windows.net"
_QUEUE = "privatelink.queue.core.windows.net"
_BACKUP: Mapping[Region, str] = {
    PRIMARY: "privatelink.uks.backup.windowsazure.com",
    SECONDARY: "privatelink.ukw.backup.windowsazure.com",
}
_ZONES: Mapping[str, tuple[str, ...]] = {
    "blob": (_BLOB,),
    "sqlServer": ("privatelink.database.windows.net",),
    "vault": ("privatelink.vaultcore.azure.net",),
    # Replicated disks go by way of our own cache account, whose blob endpoint has its zone above.
    "AzureSiteRecovery": ("privatelink.siterecovery.windowsazure.com",),
}


class PrivateDns(pulumi.ComponentResource):
    """The private zones of every service that we reach privately, linked to both networks.

    Linked to both, because after a failover machines of one region use services of the other. Backup keeps its data in
    storage of Azure's own and needs the zones of blobs and queues beside its own.
    """

    def __init__(
        self,
        name: str,
        *,
        group: resources.ResourceGroup,
        networks: Mapping[Region, network.VirtualNetwork],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:PrivateDns", name, None, opts)
        names = {zone for zones in _ZONES.values() for zone in zones} | set(_BACKUP.values()) | {_QUEUE}
        self._zones = {zone: self._zone(zone, group, networks) for zone in sorted(names)}
        self.register_outputs({})

    def publish(
        self,
        name: str,
        *,
        endpoint: network.PrivateEndpoint,
        site_group: resources.ResourceGroup,
        region: Region,
        service: str,
    ) -> None:
        """Keep the addresses of `endpoint` in the zones of `service`; raises `KeyError` where it has none.

        A zone group keeps them: addresses that change are changed in the zones by Azure.
        """
        network.PrivateDnsZoneGroup(
            f"{name}-names",
            resource_group_name=site_group.name,
            private_endpoint_name=endpoint.name,
            private_dns_zone_group_name="default",
            private_dns_zone_configs=[
                network.PrivateDnsZoneConfigArgs(
                    name=zone.replace(".", "-"),
                    private_dns_zone_id=self._zones[zone].id,
                )
                for zone in _zones_of(service, region)
            ],
            opts=pulumi.ResourceOptions(parent=endpoint),
        )

    def _zone(
        self, zone_name: str, group: resources.ResourceGroup, networks: Mapping[Region, network.VirtualNetwork]
    ) -> privatedns.PrivateZone:
        """Declare a zone and its link to every network; machines register nothing in it."""
        zone = privatedns.PrivateZone(
            zone_name,
            resource_group_name=group.name,
            private_zone_name=zone_name,
            # A zone and its links lie in no region; what they hold are addresses of our own networks.
            location="global",
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        for region, net in networks.items():
            privatedns.VirtualNetworkLink(
                f"{zone_name}-{region}",
                resource_group_name=group.name,
                private_zone_name=zone.name,
                virtual_network_link_name=region,
                location="global",
                virtual_network=privatedns.SubResourceArgs(id=net.id),
                registration_enabled=False,
                tags={"data": "platform"},
                opts=pulumi.ResourceOptions(parent=zone),
            )
        return zone


def _zones_of(service: str, region: Region) -> tuple[str, ...]:
    """Return the zones of `service`; backup has one of each region, and stores in blobs and queues."""
    return (_BACKUP[region], _BLOB, _QUEUE) if service == "AzureBackup" else _ZONES[service]
