"""Security groups: who may speak to which subnet, and that mail leaves only to the filter."""

from collections.abc import Callable, Mapping

import pulumi
from pulumi_azure_native import network, resources

from addresses import everywhere
from config import Region, Settings

Rule = network.SecurityRuleArgs


def security_group(
    settings: Settings, use: str, *, region: Region, group: resources.ResourceGroup, parent: pulumi.Resource
) -> network.NetworkSecurityGroup:
    """Declare the security group of the subnet `use`; raises `KeyError` for one that is not in the plan.

    Every group ends alike: no mail leaves past the filter, and what no rule admits is refused. The second is written
    out because Azure's own last rules would let our networks reach every port of each other. Priorities leave room in
    between, above all for the rules that Defender adds when an administrator asks for access.
    """
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
    """Return what mailbox machines and the witness may do: mail with the filter, clients by TLS, each other freely."""
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
    """Return what reaches a domain controller: Exchange freely, members of the domain on the directory's ports."""
    return [_exchange_in(), _members_in(), _backup_in(), _exchange_out()]


def _management(_: Settings) -> list[Rule]:
    """Return what reaches management machines: backup agents, and no administrator without a request."""
    return [_agents_in()]


def _endpoints(_: Settings) -> list[Rule]:
    """Return what reaches private endpoints, which stand for storage, vaults and databases."""
    return [_services_in()]


def _none(_: Settings) -> list[Rule]:
    """Return no rule: the portal's subnet is there for what it sends, and nothing calls into it."""
    return []


_RULES: Mapping[str, Callable[[Settings], list[Rule]]] = {
    "exchange": _exchange,
    "directory": _directory,
    "management": _management,
    "endpoints": _endpoints,
    "web": _none,
}


def _exchange_in() -> Rule:
    """Let mailbox servers, witnesses and domain controllers speak: nothing between them may be filtered.

    Microsoft supports no firewall between them:
    https://learn.microsoft.com/exchange/plan-and-deploy/deployment-ref/network-ports
    """
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
    """Let them speak outwards as well, so that no other rule comes between servers that pass mail on."""
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
    """Let the filter in, from the ranges that it publishes to its customers."""
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
    """Let customers' programs in on the three ports that speak TLS, from anywhere."""
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
        # Neither 143 nor 110: a client that speaks in the clear first has shown its password.
        destination_port_ranges=["443", "587", "993"],
    )


def _backup_in() -> Rule:
    """Let the backup server reach its agents: remote procedure calls answer on ports of Windows' own choice.

    They answer on 49152 to 65535, the range of Windows for such calls.
    """
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
    """Let the balancer see who is alive; it asks from an address of Azure's own, which the last rule would refuse.

    It is 168.63.129.16, behind the tag AzureLoadBalancer:
    https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
    """
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
    """Let management machines find, sign in to and search the directory."""
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
    """Let agents report back to the backup server, and send it what they copied."""
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
    """Let our own networks reach HTTPS and SQL, all that stands behind private endpoints."""
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
    """Let mail out to the filter and to nobody else."""
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
    """Deny mail to the rest of the Internet, which Azure's own last rule would allow.

    On every subnet: a machine that was taken over and sends junk would do so from any of them.
    """
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
        # 465 and 587 too: handed in elsewhere, mail would go round the filter just as well.
        destination_port_ranges=["25", "465", "587"],
    )


def _nothing_else_in() -> Rule:
    """Deny what no rule allows: administrators come in by a rule that Defender opens for hours, above this one."""
    return Rule(
        name="nothing-else-in",
        description="What no rule allows is refused, from our own networks too",
        # Last of all that can be written here (4096 is the end), so that whatever is added comes before it.
        priority=4000,
        direction="Inbound",
        access="Deny",
        protocol="*",
        source_address_prefix="*",
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_range="*",
    )
