"""Everything that can be restored from a backup has one, in vaults that nobody alone can empty."""

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import compute, recoveryservices, resources, storage

from backup_policies import machine_policy
from blob_backup import BlobBackup
from config import PRIMARY, REGIONS, SECONDARY, Region, Settings
from guards import Guards
from keys import Keys
from monitoring import Monitoring
from network import Network
from replication_cache import ReplicationCache
from vaults import GuardedVault


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
        log_accounts: Mapping[Region, storage.StorageAccount],
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
        """Declare the group of one region's vaults."""
        return resources.ResourceGroup(
            f"{name}-{region}-group",
            resource_group_name=f"{self._settings.prefix}-backup-{region}",
            location=region,
            tags={"data": "mail contacts platform", "environment": self._settings.environment},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _vault(
        self, name: str, region: Region, *, purpose: str, data: str, service: str, own_key: bool
    ) -> GuardedVault:
        """Declare a guarded vault that is reached through `service` alone and logs what is done in it."""
        guarded = GuardedVault(
            name,
            settings=self._settings,
            group=self._groups[region],
            site=self._network.site(region),
            purpose=purpose,
            data=data,
            ring=self._keys.ring(region) if own_key else None,
            keyed=self._keyed,
            guard=self.guards.guards[region],
            opts=pulumi.ResourceOptions(parent=self),
        )
        guarded.close(network=self._network, services=[service])
        guarded.log(self._monitoring)
        return guarded

    def _machine_vault(self, region: Region) -> GuardedVault:
        """Declare the vault of a region's machines: Azure backs a machine up in its own region only."""
        name = f"machines-{region}"
        return self._vault(
            name, region, purpose="machines", data="contacts platform", service="AzureBackup", own_key=True
        )

    def _exchange_vault(self) -> GuardedVault:
        """Declare the vault that the backup server sends mailboxes to, under a passphrase that only we know."""
        return self._vault(
            "exchange", PRIMARY, purpose="exchange", data="mail contacts", service="AzureBackup", own_key=False
        )

    def _recovery_vault(self) -> GuardedVault:
        """Declare Site Recovery's vault in ukwest: lost together with uksouth, it could start nothing."""
        return self._vault(
            "recovery", SECONDARY, purpose="site-recovery", data="platform", service="AzureSiteRecovery", own_key=True
        )

    def _cache(self) -> ReplicationCache:
        """Declare Site Recovery's cache; the vault comes first, since its identity is what writes there."""
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

    def _blobs(self, region: Region, log_accounts: Mapping[Region, storage.StorageAccount]) -> BlobBackup:
        """Declare the backup of a region's blobs that may change; the archive's may not, and need none."""
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
        """Declare that `machine` is backed up under `policy`.

        To remove an item is to stop its backup: `protect` makes that two deliberate steps, and the guard asks a second
        person.
        """
        vault = self.machine_vaults[region]
        site = self._network.site(region)
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
