"""The two networks, their subnets, the way in and out, and the private endpoints of the services behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

import pulumi
from pulumi_azure_native import network as azure_network
from pulumi_azure_native import resources

from addresses import SPACE
from bastion import bastion
from config import PRIMARY, SECONDARY, Region, Settings
from egress import nat_gateway
from mail_balancer import mail_balancer
from private_dns import PrivateDns
from subnets import subnets_of


@dataclass(frozen=True)
class Site:
    """What one region's other parts stand in."""

    region: Region
    group: resources.ResourceGroup
    network: azure_network.VirtualNetwork
    subnets: Mapping[str, azure_network.Subnet]
    """By the names of the address plan; Bastion's own subnet is not among them."""
    mail_pool: pulumi.Output[str]
    """Id of the load balancer's pool that mailbox machines join."""


class Network(pulumi.ComponentResource):
    """Both sites, peered, with the private zones that resolve private endpoints in either.

    Peered, because the availability group and the directory replicate between the regions, over Azure's own lines and
    never the Internet. No gateway leads anywhere else.
    """

    def __init__(self, name: str, *, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("promise-audit:stacks:Network", name, None, opts)
        self.primary = self._site(settings, PRIMARY)
        self.secondary = self._site(settings, SECONDARY)
        for here, there in permutations((self.primary, self.secondary)):
            self._peer(here, there)
        self._dns = PrivateDns(
            "private-dns",
            group=self.primary.group,
            networks={site.region: site.network for site in (self.primary, self.secondary)},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})

    def site(self, region: Region) -> Site:
        """Return the site of `region`."""
        return self.primary if region == PRIMARY else self.secondary

    def private_endpoint(
        self,
        name: str,
        *,
        site: Site,
        target: pulumi.Resource,
        target_id: pulumi.Input[str],
        service: str,
        parent: pulumi.Resource,
    ) -> azure_network.PrivateEndpoint:
        """Give `target` an address in `site`, and publish it in the private zones of `service` (blob, vault …).

        Without the zones' entry the name would still lead to the public address, which is closed. Raises `KeyError` for
        a service without a private zone.
        """
        endpoint = azure_network.PrivateEndpoint(
            name,
            resource_group_name=site.group.name,
            private_endpoint_name=name,
            location=site.region,
            subnet=azure_network.SubnetArgs(id=site.subnets["endpoints"].id),
            # Named, so that its card is recognised among those of machines.
            custom_network_interface_name=f"{name}-nic",
            private_link_service_connections=[_connection(service, target_id)],
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[target]),
        )
        self._dns.publish(name, endpoint=endpoint, site_group=site.group, region=site.region, service=service)
        return endpoint

    def _site(self, settings: Settings, region: Region) -> Site:
        """Declare one region's network, its way out, its subnets, and the ways in for administrators and for mail.

        Azure takes one change of a network at a time: subnets wait for each other, Bastion's for the last of them.
        """
        group = resources.ResourceGroup(
            f"{region}-network",
            resource_group_name=f"{settings.prefix}-{region}",
            location=region,
            tags={"data": "mail archive provisioning website contacts platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        net = azure_network.VirtualNetwork(
            f"{region}-net",
            resource_group_name=group.name,
            virtual_network_name=f"{settings.prefix}-{region}-net",
            location=region,
            address_space=azure_network.AddressSpaceArgs(address_prefixes=[SPACE[region]]),
            # Traffic between machines that cannot encrypt is let through: Azure offers no stricter enforcement.
            encryption=azure_network.VirtualNetworkEncryptionArgs(
                enabled=True,
                enforcement="AllowUnencrypted",
            ),
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        gateway = nat_gateway(settings, region=region, group=group, parent=self)
        subnets = subnets_of(settings, region=region, group=group, net=net, gateway=gateway, parent=self)
        bastion(settings, region=region, group=group, net=net, after=subnets["web"], parent=self)
        pool = mail_balancer(settings, region=region, group=group, parent=self)
        return Site(region, group, net, subnets, pool)

    def _peer(self, here: Site, there: Site) -> None:
        """Declare one direction of the peering; a peering works once both stand."""
        azure_network.VirtualNetworkPeering(
            f"{here.region}-to-{there.region}",
            resource_group_name=here.group.name,
            virtual_network_name=here.network.name,
            virtual_network_peering_name=f"to-{there.region}",
            remote_virtual_network=azure_network.SubResourceArgs(id=there.network.id),
            allow_virtual_network_access=True,
            # What comes from elsewhere by way of the other network stays out.
            allow_forwarded_traffic=False,
            allow_gateway_transit=False,
            use_remote_gateways=False,
            # A network refuses a peering while one of its subnets is still being made.
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*here.subnets.values(), *there.subnets.values()],
            ),
        )


def _connection(service: str, target_id: pulumi.Input[str]) -> azure_network.PrivateLinkServiceConnectionArgs:
    """Return the link to `target_id`; approved at once, since both ends are ours."""
    return azure_network.PrivateLinkServiceConnectionArgs(
        name=service,
        private_link_service_id=target_id,
        group_ids=[service],
    )
