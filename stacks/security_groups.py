"""Security groups: who may speak to which subnet, and that mail leaves only to the filter."""

from collections.abc import Callable, Mapping

import pulumi
from addresses import everywhere
from config import Region, Settings
from pulumi_azure_native import network, resources

Rule = network.SecurityRuleArgs


def security_group(
    settings: Settings, use: str, *, region: Region, group: resources.ResourceGroup, parent: pulumi.Resource
) -> network.NetworkSecurityGroup:
    """Declare the security group of the subnet `use`; raises `KeyError` for one that is not in the plan."""
    return network.NetworkSecurityGroup(
        f"{region}-{use}-rules",
        resource_group_name=group.name,
        network_security_group_name=f"{settings.prefix}-{region}-{use}",
        location=region,
        security_rules=[*_RULES[use](settings), _no_mail_elsewhere(), _nothing_else_in()],
        tags={"data": "platform"},
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _exchange(settings: Settings) -> list[Rule]:
    return [
        _exchange_in(),
        _mail_in(settings),
        _clients_in(),
        _backup_in(),
        _probes_in(),
        _exchange_out(),
        _mail_out(settings),
    ]


def _directory(_: Settings) -> list[Rule]:
    return [_exchange_in(), _members_in(), _backup_in(), _exchange_out()]


def _management(_: Settings) -> list[Rule]:
    return [_agents_in()]


def _endpoints(_: Settings) -> list[Rule]:
    return [_services_in()]


def _none(_: Settings) -> list[Rule]:
    return []


_RULES: Mapping[str, Callable[[Settings], list[Rule]]] = {
    "exchange": _exchange,
    "directory": _directory,
    "management": _management,
    "endpoints": _endpoints,
    "web": _none,
}


def _exchange_in() -> Rule:
    """Let mailbox servers, witnesses and domain controllers speak: nothing between them may be filtered."""
    return Rule(
        name="exchange-and-directory-in",
        description="Exchange is not supported with filtering between its servers or to domain controllers",
        priority=100,
        direction="Inbound",
        access="Allow",
        protocol="*",
        source_address_prefixes=everywhere("exchange", "directory"),
        source_port_range="*",
        destination_address_prefixes=everywhere("exchange", "directory"),
        destination_port_range="*",
    )


def _exchange_out() -> Rule:
    return Rule(
        name="exchange-and-directory-out",
        description="Exchange is not supported with filtering between its servers or to domain controllers",
        priority=100,
        direction="Outbound",
        access="Allow",
        protocol="*",
        source_address_prefixes=everywhere("exchange", "directory"),
        source_port_range="*",
        destination_address_prefixes=everywhere("exchange", "directory"),
        destination_port_range="*",
    )


def _mail_in(settings: Settings) -> Rule:
    return Rule(
        name="filtered-mail-in",
        description="Mail arrives from the filter and from nobody else",
        priority=110,
        direction="Inbound",
        access="Allow",
        protocol="Tcp",
        source_address_prefixes=list(settings.partner_ranges),
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_range="25",
    )


def _clients_in() -> Rule:
    return Rule(
        name="mail-clients-in",
        description="Customers' mail clients, over TLS and signed in",
        priority=120,
        direction="Inbound",
        access="Allow",
        protocol="Tcp",
        source_address_prefix="Internet",
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_ranges=["443", "587", "993"],
    )


def _backup_in() -> Rule:
    return Rule(
        name="backup-server-in",
        description="The backup server drives its agents",
        priority=130,
        direction="Inbound",
        access="Allow",
        protocol="Tcp",
        source_address_prefixes=everywhere("management"),
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_ranges=["135", "139", "445", "5718-5719", "49152-65535"],
    )


def _probes_in() -> Rule:
    return Rule(
        name="load-balancer-in",
        description="The load balancer asks whether a machine is well",
        priority=140,
        direction="Inbound",
        access="Allow",
        protocol="Tcp",
        source_address_prefix="AzureLoadBalancer",
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_ranges=["25", "443", "587", "993"],
    )


def _members_in() -> Rule:
    return Rule(
        name="domain-members-in",
        description="Management machines are members of the domain",
        priority=120,
        direction="Inbound",
        access="Allow",
        protocol="*",
        source_address_prefixes=everywhere("management"),
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_ranges=["53", "88", "123", "389", "464", "636", "3268-3269"],
    )


def _agents_in() -> Rule:
    return Rule(
        name="backup-agents-in",
        description="Backup agents answer their server",
        priority=100,
        direction="Inbound",
        access="Allow",
        protocol="Tcp",
        source_address_prefixes=everywhere("exchange", "directory"),
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_ranges=["135", "5718-5719", "6075", "49152-65535"],
    )


def _services_in() -> Rule:
    return Rule(
        name="own-networks-in",
        description="Private endpoints serve our own networks",
        priority=100,
        direction="Inbound",
        access="Allow",
        protocol="Tcp",
        source_address_prefix="VirtualNetwork",
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_ranges=["443", "1433"],
    )


def _mail_out(settings: Settings) -> Rule:
    return Rule(
        name="filtered-mail-out",
        description="Mail leaves to the filter",
        priority=110,
        direction="Outbound",
        access="Allow",
        protocol="Tcp",
        source_address_prefix="*",
        source_port_range="*",
        destination_address_prefixes=list(settings.partner_ranges),
        destination_port_ranges=["25", "587"],
    )


def _no_mail_elsewhere() -> Rule:
    return Rule(
        name="no-other-mail-out",
        description="No mail reaches the Internet past the filter",
        priority=200,
        direction="Outbound",
        access="Deny",
        protocol="Tcp",
        source_address_prefix="*",
        source_port_range="*",
        destination_address_prefix="Internet",
        destination_port_ranges=["25", "465", "587"],
    )


def _nothing_else_in() -> Rule:
    """Deny what no rule allows: administrators come in by a rule that Defender opens for hours, above this one."""
    return Rule(
        name="nothing-else-in",
        description="What no rule allows is refused, from our own networks too",
        priority=4000,
        direction="Inbound",
        access="Deny",
        protocol="*",
        source_address_prefix="*",
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_range="*",
    )
