"""Administrators' access: a machine's remote desktop opens to Bastion alone, on request, for hours."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_azure_native import compute, security

from addresses import BASTION
from config import Region, Settings
from network import Network, Site


class AdminAccess(pulumi.ComponentResource):
    """A just-in-time policy in each region, covering every machine there.

    The security groups open remote desktop to nobody, Bastion included. Whoever administers a machine asks for it,
    which is logged with the name of who asked; Defender then adds a rule for some hours and takes it away again.
    """

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
        """Let remote desktop be asked for on each of `machines`; one left out could be administered by nobody."""
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
                            # Whatever a request names, the rule that it makes admits Bastion and nothing else.
                            allowed_source_address_prefix=BASTION[site.region],
                            max_request_access_duration="PT3H",
                        )
                    ],
                )
                for machine in machines
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
