"""Administrators' access: a machine's remote desktop opens to Bastion alone, on request, for hours."""

from collections.abc import Mapping, Sequence

import pulumi
from addresses import BASTION
from config import Region, Settings
from network import Network, Site
from pulumi_azure_native import compute, security


class AdminAccess(pulumi.ComponentResource):
    """A just-in-time policy in each region, covering every machine there."""

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        network: Network,
        machines: Mapping[Region, Mapping[str, compute.VirtualMachine]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:AdminAccess", name, None, opts)
        for site in (network.primary, network.secondary):
            self._policy(settings, site, tuple(machines[site.region].values()))
        self.register_outputs({})

    def _policy(
        self, settings: Settings, site: Site, machines: Sequence[compute.VirtualMachine]
    ) -> security.JitNetworkAccessPolicy:
        return security.JitNetworkAccessPolicy(
            f"{site.region}-on-request",
            resource_group_name=site.group.name,
            asc_location=site.region,
            jit_network_access_policy_name=f"{settings.prefix}-{site.region}",
            kind="Basic",
            virtual_machines=[
                security.JitNetworkAccessPolicyVirtualMachineArgs(
                    id=machine.id,
                    ports=[
                        security.JitNetworkAccessPortRuleArgs(
                            number=3389,
                            protocol="TCP",
                            allowed_source_address_prefix=BASTION[site.region],
                            max_request_access_duration="PT3H",
                        )
                    ],
                )
                for machine in machines
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
