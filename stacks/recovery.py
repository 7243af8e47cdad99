"""Machines that are no part of Exchange are copied to ukwest all the time, and started there when uksouth is lost."""

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import compute, recoveryservices

from config import PRIMARY, SECONDARY, Settings
from disk_encryption import DiskEncryption
from network import Network
from recovery_fabric import RecoveryFabric, container_name
from replication_cache import ReplicationCache


class Recovery(pulumi.ComponentResource):
    """The two regions' fabrics, a replicated item for each machine, and the plan that starts them in order.

    Machines that are to be copied carry a tag, and the audit compares: one that is tagged and not copied breaks the
    promise of recovery. Exchange is not among them, see `Exchange`.
    """

    fabric: RecoveryFabric
    items: Mapping[str, recoveryservices.ReplicationProtectedItem]
    plan: recoveryservices.ReplicationRecoveryPlan

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        network: Network,
        encryption: DiskEncryption,
        vault: recoveryservices.Vault,
        cache: ReplicationCache,
        machines: Mapping[str, compute.VirtualMachine],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare that `machines`, tagged for it and standing in uksouth, are recovered through `vault` in ukwest."""
        super().__init__("promise-audit:stacks:Recovery", name, None, opts)
        self._network = network
        self._encryption = encryption
        self._vault = vault
        self._vault_group = f"{settings.prefix}-backup-{SECONDARY}"
        self._cache = cache
        self.fabric = RecoveryFabric(
            f"{name}-fabric",
            settings=settings,
            network=network,
            vault=vault,
            vault_group=self._vault_group,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.items = {key: self._replicate(key, machine) for key, machine in machines.items()}
        self.plan = self._plan(name, machines)
        self.register_outputs({"plan": self.plan.id})

    def _replicate(self, name: str, machine: compute.VirtualMachine) -> recoveryservices.ReplicationProtectedItem:
        """Copy `machine` to ukwest all the time, its disks sealed under that region's own key.

        It waits for the mappings, and for the vault's roles on the cache. A recovered machine stands in no zone, for
        ukwest has none.
        """
        there = self._network.secondary
        return recoveryservices.ReplicationProtectedItem(
            f"{name}-replica",
            resource_name_=self._vault.name,
            resource_group_name=self._vault_group,
            fabric_name=self.fabric.fabrics[PRIMARY].name,
            protection_container_name=container_name(PRIMARY),
            replicated_protected_item_name=name,
            properties=recoveryservices.EnableProtectionInputPropertiesArgs(
                policy_id=self.fabric.policy.id,
                provider_specific_details=recoveryservices.A2AEnableProtectionInputArgs(
                    instance_type="A2A",
                    fabric_object_id=machine.id,
                    recovery_container_id=self.fabric.container_id(SECONDARY),
                    recovery_resource_group_id=there.group.id,
                    recovery_azure_network_id=there.network.id,
                    recovery_subnet_name=there.subnets["management"].name,
                    # A disk that is added one day is copied without anybody remembering this line.
                    auto_protection_of_data_disk="Enabled",
                    vm_managed_disks=[self._system_disk(machine)],
                ),
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*self.fabric.mappings, *self._cache.access],
            ),
        )

    def _system_disk(self, machine: compute.VirtualMachine) -> recoveryservices.A2AVmManagedDiskInputDetailsArgs:
        """Return how the system disk is copied; machines here have no other, and one added later follows by itself."""
        return recoveryservices.A2AVmManagedDiskInputDetailsArgs(
            disk_id=pulumi.Output.concat(
                self._network.primary.group.id, "/providers/Microsoft.Compute/disks/", machine.name, "-system"
            ),
            primary_staging_azure_storage_account_id=self._cache.account.id,
            recovery_resource_group_id=self._network.secondary.group.id,
            # The copy lies in ukwest, and a disk's key must lie in its own region.
            recovery_disk_encryption_set_id=self._encryption.secondary.id,
            recovery_replica_disk_account_type="Premium_LRS",
            recovery_target_disk_account_type="Premium_LRS",
        )

    def _plan(
        self, name: str, machines: Mapping[str, compute.VirtualMachine]
    ) -> recoveryservices.ReplicationRecoveryPlan:
        """Declare in what order machines stop in uksouth and start in ukwest.

        Those that still answer are stopped first, so that none runs twice. A test failover runs the same plan, which is
        how recovery is shown rather than hoped for.
        """
        return recoveryservices.ReplicationRecoveryPlan(
            f"{name}-plan",
            resource_name_=self._vault.name,
            resource_group_name=self._vault_group,
            recovery_plan_name=f"{PRIMARY}-is-lost",
            properties=recoveryservices.CreateRecoveryPlanInputPropertiesArgs(
                primary_fabric_id=self.fabric.fabrics[PRIMARY].id,
                recovery_fabric_id=self.fabric.fabrics[SECONDARY].id,
                failover_deployment_model="ResourceManager",
                groups=[
                    recoveryservices.RecoveryPlanGroupArgs(group_type="Shutdown"),
                    recoveryservices.RecoveryPlanGroupArgs(group_type="Failover"),
                    recoveryservices.RecoveryPlanGroupArgs(
                        # One group starts at once; a machine that needs another to be up belongs in a second.
                        group_type="Boot",
                        replication_protected_items=[
                            recoveryservices.RecoveryPlanProtectedItemArgs(
                                id=self.items[key].id, virtual_machine_id=machine.id
                            )
                            for key, machine in machines.items()
                        ],
                    ),
                ],
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
