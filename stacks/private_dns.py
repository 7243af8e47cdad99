"""Private zones: inside both networks, a service's name leads to its private endpoint."""

from collections.abc import Mapping

import pulumi
from config import PRIMARY, SECONDARY, Region
from pulumi_azure_native import network, privatedns, resources

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
    "AzureSiteRecovery": ("privatelink.siterecovery.windowsazure.com",),
}


class PrivateDns(pulumi.ComponentResource):
    """The private zones of every service that we reach privately, linked to both networks."""

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
        """Keep the addresses of `endpoint` in the zones of `service`; raises `KeyError` where it has none."""
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
        zone = privatedns.PrivateZone(
            zone_name,
            resource_group_name=group.name,
            private_zone_name=zone_name,
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
