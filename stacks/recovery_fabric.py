"""Site Recovery's map of the two regions: which container, policy and network of one stands for that of the other."""

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import recoveryservices, resources

from config import PRIMARY, REGIONS, SECONDARY, Region, Settings
from network import Network

CONTAINER_TYPE = "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers"


class RecoveryFabric(pulumi.ComponentResource):
    """A fabric and a container in each region, and the mapping of the first region's onto the second's.

    A fabric is Site Recovery's word for a region, a container for the machines in it. One direction is mapped: the way
    back after a disaster is chosen when it is known what is left.
    """

    fabrics: Mapping[Region, recoveryservices.ReplicationFabric]
    containers: resources.Deployment
    policy: recoveryservices.ReplicationPolicy
    mappings: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        network: Network,
        vault: recoveryservices.Vault,
        vault_group: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:RecoveryFabric", name, None, opts)
        self._name = name
        self._network = network
        self._vault = vault
        self._vault_group = vault_group
        self.fabrics = {region: self._fabric(region) for region in REGIONS}
        self.containers = self._containers(f"{settings.prefix}-recovery")
        self.policy = self._policy()
        self.mappings = [self._container_mapping(), self._network_mapping()]
        self.register_outputs({})

    def container_id(self, region: Region) -> pulumi.Output[str]:
        """Return the id of the container of `region`."""
        return pulumi.Output.concat(
            self.fabrics[region].id, "/replicationProtectionContainers/", container_name(region)
        )

    def _fabric(self, region: Region) -> recoveryservices.ReplicationFabric:
        """Declare one region to the vault."""
        return recoveryservices.ReplicationFabric(
            f"{self._name}-{region}",
            resource_name_=self._vault.name,
            resource_group_name=self._vault_group,
            fabric_name=fabric_name(region),
            properties=recoveryservices.FabricCreationInputPropertiesArgs(
                custom_details=recoveryservices.AzureFabricCreationInputArgs(instance_type="Azure", location=region),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _containers(self, vault_name: str) -> resources.Deployment:
        """Declare the containers by a template, since the provider has no class for them.

        Its resources are judged like any others: the audit reads templates that a program deploys.
        """
        template = {
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "resources": [
                {
                    "type": CONTAINER_TYPE,
                    "apiVersion": "2024-10-01",
                    "name": f"{vault_name}/{fabric_name(region)}/{container_name(region)}",
                    "properties": {"providerSpecificInput": [{"instanceType": "A2A"}]},
                }
                for region in REGIONS
            ],
        }
        return resources.Deployment(
            f"{self._name}-containers",
            deployment_name=f"{vault_name}-containers",
            resource_group_name=self._vault_group,
            properties=resources.DeploymentPropertiesArgs(
                mode=resources.DeploymentMode.INCREMENTAL,
                template=template,
            ),
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self.fabrics.values())),
        )

    def _policy(self) -> recoveryservices.ReplicationPolicy:
        """Declare a point to return to every five minutes, and one an hour that programs were asked to prepare for.

        Points of one day are kept: longer ago is what backups are for.
        """
        return recoveryservices.ReplicationPolicy(
            f"{self._name}-policy",
            resource_name_=self._vault.name,
            resource_group_name=self._vault_group,
            policy_name="one-day-of-points",
            properties=recoveryservices.CreatePolicyInputPropertiesArgs(
                provider_specific_input=recoveryservices.A2APolicyCreationInputArgs(
                    instance_type="A2A",
                    multi_vm_sync_status="Enable",
                    crash_consistent_frequency_in_minutes=5,
                    app_consistent_frequency_in_minutes=60,
                    recovery_point_history=1440,
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _container_mapping(self) -> recoveryservices.ReplicationProtectionContainerMapping:
        """Declare that machines of the first container are copied into the second's, under the policy."""
        return recoveryservices.ReplicationProtectionContainerMapping(
            f"{self._name}-container-mapping",
            resource_name_=self._vault.name,
            resource_group_name=self._vault_group,
            fabric_name=self.fabrics[PRIMARY].name,
            protection_container_name=container_name(PRIMARY),
            mapping_name=f"{PRIMARY}-to-{SECONDARY}",
            properties=recoveryservices.CreateProtectionContainerMappingInputPropertiesArgs(
                policy_id=self.policy.id,
                target_protection_container_id=self.container_id(SECONDARY),
                # The agent is kept up to date by our own patching windows, so no automation account holds rights here.
                provider_specific_input=recoveryservices.A2AContainerMappingInputArgs(
                    instance_type="A2A",
                    agent_auto_update_status="Disabled",
                    automation_account_authentication_type="SystemAssignedIdentity",
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.containers]),
        )

    def _network_mapping(self) -> recoveryservices.ReplicationNetworkMapping:
        """Declare that a machine of the one network is started in the other, with its subnets of the same names."""
        return recoveryservices.ReplicationNetworkMapping(
            f"{self._name}-network-mapping",
            resource_name_=self._vault.name,
            resource_group_name=self._vault_group,
            fabric_name=self.fabrics[PRIMARY].name,
            network_name="azureNetwork",
            network_mapping_name=f"{PRIMARY}-to-{SECONDARY}",
            properties=recoveryservices.CreateNetworkMappingInputPropertiesArgs(
                recovery_fabric_name=self.fabrics[SECONDARY].name,
                recovery_network_id=self._network.secondary.network.id,
                fabric_specific_details=recoveryservices.AzureToAzureCreateNetworkMappingInputArgs(
                    instance_type="AzureToAzure",
                    primary_network_id=self._network.primary.network.id,
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.containers]),
        )


def fabric_name(region: Region) -> str:
    """Return the name of the fabric of `region`."""
    return f"fabric-{region}"


def container_name(region: Region) -> str:
    """Return the name of the container of `region`, the one in its fabric."""
    return f"container-{region}"
