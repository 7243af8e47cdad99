"""The public mail ports of one region: mail from the filter, and customers' clients over TLS."""

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import network, resources

from config import Region, Settings
from public_address import public_address

_PORTS: Mapping[str, int] = {"smtp": 25, "https": 443, "submission": 587, "imaps": 993}


def mail_balancer(
    settings: Settings, *, region: Region, group: resources.ResourceGroup, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """Declare the load balancer of `region` and return the id of the pool that mailbox machines join.

    It offers the filter's port and three that speak TLS, and none for mail in the clear. Which senders may use a port
    is the security group's affair, not the balancer's.
    """
    name = f"{settings.prefix}-{region}-mail"
    address = public_address(settings, "mail", region=region, group=group, parent=parent)
    # A balancer's rules name its other parts by ids that exist only once it does; they are known all the same.
    own = pulumi.Output.concat(group.id, f"/providers/Microsoft.Network/loadBalancers/{name}")
    balancer = network.LoadBalancer(
        f"{region}-mail-balancer",
        resource_group_name=group.name,
        load_balancer_name=name,
        location=region,
        sku=network.LoadBalancerSkuArgs(name="Standard", tier="Regional"),
        frontend_ip_configurations=[
            network.FrontendIPConfigurationArgs(
                name="mail",
                public_ip_address=network.PublicIPAddressArgs(id=address.id),
            )
        ],
        backend_address_pools=[network.BackendAddressPoolArgs(name="mailboxes")],
        probes=[_probe(service, port) for service, port in _PORTS.items()],
        load_balancing_rules=[_rule(service, port, own) for service, port in _PORTS.items()],
        tags={"data": "mail"},
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return pulumi.Output.concat(balancer.id, "/backendAddressPools/mailboxes")


def _probe(service: str, port: int) -> network.ProbeArgs:
    """Ask every five seconds whether a machine answers; after two silences mail goes to the others."""
    return network.ProbeArgs(
        name=service,
        protocol="Tcp",
        port=port,
        interval_in_seconds=5,
        probe_threshold=2,
    )


def _rule(service: str, port: int, balancer: pulumi.Output[str]) -> network.LoadBalancingRuleArgs:
    """Pass one port on to the same port of a machine of the pool.

    Addresses are not rewritten, so the machine sees who is calling.
    """
    return network.LoadBalancingRuleArgs(
        name=service,
        protocol="Tcp",
        frontend_port=port,
        backend_port=port,
        frontend_ip_configuration=network.SubResourceArgs(
            id=pulumi.Output.concat(balancer, "/frontendIPConfigurations/mail"),
        ),
        backend_address_pool=network.SubResourceArgs(
            id=pulumi.Output.concat(balancer, "/backendAddressPools/mailboxes"),
        ),
        probe=network.SubResourceArgs(
            id=pulumi.Output.concat(balancer, f"/probes/{service}"),
        ),
        # Mail leaves through the NAT gateway's address, which the filter knows, or not at all.
        disable_outbound_snat=True,
        enable_floating_ip=False,
        enable_tcp_reset=True,
        idle_timeout_in_minutes=15,
    )
