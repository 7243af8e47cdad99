"""Everything that can be restored from a backup has one, in vaults that nobody alone can empty."""

from collections.abc import Mapping

import pulumi
from backup_policies import machine_policy
from blob_backup import BlobBackup
from config import PRIMARY, SECONDARY, Region, Settings
from guards import Guards
from keys import Keys
from monitoring import Monitoring
from network import Network
from pulumi_azure_native import compute, recoveryservices, resources, storage
from replication_cache import ReplicationCache
from vaults import GuardedVault

REGIONS: tuple[Region, Region] = (PRIMARY, SECONDARY)


class Backup(pulumi.ComponentResource):
    """The vaults of both regions, and an item for every machine but Exchange's.

    Mailboxes are backed up by the backup server, which understands Exchange: Microsoft supports no snapshot of a
    mailbox machine as a backup. Its vault has no key of ours, because Azure lets no backup server into one that has;
    the backup server encrypts with a passphrase of its own before anything leaves it.
    """

    guards: Guards
    machine_vaults: Mapping[Region, recoveryservices.Vault]
    exchange_vault: recoveryservices.Vault
    recovery_vault: recoveryservices.Vault
    """For Site Recovery; in the region that is left when the other is lost."""
    cache: ReplicationCache
    blobs: Mapping[Region, BlobBackup]

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        network: Network,
        keys: Keys,
        monitoring: Monitoring,
        machines: Mapping[Region, Mapping[str, compute.VirtualMachine]],
        log_accounts: Mapping[str, storage.StorageAccount],
        keyed: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the vaults, and protect `machines`, without mailbox machines, and `log_accounts`, both by region.

        `keyed=False` is for the run that makes the vaults, see `GuardedVault`; no machine is protected by it yet.
        """
        super().__init__("promise-audit:stacks:Backup", name, None, opts)
        self._settings = settings
        self._network = network
        self._keys = keys
        self._monitoring = monitoring
        self._keyed = keyed
        self.guards = Guards(f"{name}-guards", settings=settings, opts=pulumi.ResourceOptions(parent=self))
        self._groups = {region: self._group(name, region) for region in REGIONS}
        vaults = {region: self._machine_vault(region) for region in REGIONS}
        self.machine_vaults = {region: guarded.vault for region, guarded in vaults.items()}
        self.exchange_vault = self._exchange_vault().vault
        self.recovery_vault = self._recovery_vault().vault
        self.cache = self._cache()
        self.blobs = {region: self._blobs(region, log_accounts) for region in REGIONS}
        for region, guarded in vaults.items():
            policy = machine_policy(
                f"machines-{region}", vault=guarded.vault, group=self._groups[region], after=guarded.ready
            )
            for machine_name, machine in machines[region].items() if keyed else ():
                self._back_up(machine_name, machine=machine, region=region, policy=policy)
        self.register_outputs({"vaults": [vault.id for vault in self.machine_vaults.values()]})

    def _group(self, name: str, region: Region) -> resources.ResourceGroup:
        return resources.ResourceGroup(
            f"{name}-{region}-group",
            resource_group_name=f"{self._settings.prefix}-backup-{region}",
            location=region,
            tags={"data": "mail contacts platform", "environment": self._settings.environment},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _machine_vault(self, region: Region) -> GuardedVault:
        primary = region == PRIMARY
        guarded = GuardedVault(
            f"machines-{region}",
            settings=self._settings,
            group=self._groups[region],
            site=self._network.primary if primary else self._network.secondary,
            purpose="machines",
            data="contacts platform",
            ring=self._keys.primary if primary else self._keys.secondary,
            keyed=self._keyed,
            guard=self.guards.guards[region],
            opts=pulumi.ResourceOptions(parent=self),
        )
        guarded.close(network=self._network, services=["AzureBackup"])
        guarded.log(self._monitoring)
        return guarded

    def _exchange_vault(self) -> GuardedVault:
        guarded = GuardedVault(
            "exchange",
            settings=self._settings,
            group=self._groups[PRIMARY],
            site=self._network.primary,
            purpose="exchange",
            data="mail contacts",
            ring=None,
            keyed=self._keyed,
            guard=self.guards.guards[PRIMARY],
            opts=pulumi.ResourceOptions(parent=self),
        )
        guarded.close(network=self._network, services=["AzureBackup"])
        guarded.log(self._monitoring)
        return guarded

    def _recovery_vault(self) -> GuardedVault:
        guarded = GuardedVault(
            "recovery",
            settings=self._settings,
            group=self._groups[SECONDARY],
            site=self._network.secondary,
            purpose="site-recovery",
            data="platform",
            ring=self._keys.secondary,
            keyed=self._keyed,
            guard=self.guards.guards[SECONDARY],
            opts=pulumi.ResourceOptions(parent=self),
        )
        guarded.close(network=self._network, services=["AzureSiteRecovery"])
        guarded.log(self._monitoring)
        return guarded

    def _cache(self) -> ReplicationCache:
        return ReplicationCache(
            "replication-cache",
            settings=self._settings,
            group=self._groups[PRIMARY],
            network=self._network,
            keys=self._keys,
            monitoring=self._monitoring,
            vault=self.recovery_vault,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _blobs(self, region: Region, log_accounts: Mapping[str, storage.StorageAccount]) -> BlobBackup:
        accounts = {"flow-logs": log_accounts[region]}
        if region == PRIMARY:
            accounts["replication-cache"] = self.cache.account
        return BlobBackup(
            f"blobs-{region}",
            settings=self._settings,
            group=self._groups[region],
            region=region,
            guard=self.guards.guards[region],
            accounts=accounts,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _back_up(
        self,
        name: str,
        *,
        machine: compute.VirtualMachine,
        region: Region,
        policy: recoveryservices.ProtectionPolicy,
    ) -> recoveryservices.ProtectedItem:
        vault = self.machine_vaults[region]
        site = self._network.primary if region == PRIMARY else self._network.secondary
        # Azure Backup's own way of naming a machine.
        machine_key = pulumi.Output.concat("iaasvmcontainerv2;", site.group.name, ";", machine.name)
        return recoveryservices.ProtectedItem(
            f"{name}-backup",
            vault_name=vault.name,
            resource_group_name=self._groups[region].name,
            fabric_name="Azure",
            container_name=pulumi.Output.concat("iaasvmcontainer;", machine_key),
            protected_item_name=pulumi.Output.concat("vm;", machine_key),
            properties=recoveryservices.AzureIaaSComputeVMProtectedItemArgs(
                protected_item_type="Microsoft.Compute/virtualMachines",
                source_resource_id=machine.id,
                policy_id=policy.id,
            ),
            opts=pulumi.ResourceOptions(parent=vault, protect=True),
        )
