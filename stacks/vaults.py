"""A Recovery Services vault from which nobody alone can take a recovery point away."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_azure_native import dataprotection, monitor, recoveryservices, resources

from config import Region, Settings
from diagnostics import diagnose
from grants import KEY_USER, grant
from keys import KeyRing
from monitoring import Monitoring
from network import Network, Site

BACKUP_LOGS = (
    "CoreAzureBackup",
    "AddonAzureBackupJobs",
    "AddonAzureBackupAlerts",
    "AddonAzureBackupPolicy",
    "AddonAzureBackupStorage",
    "AddonAzureBackupProtectedInstance",
    "AzureBackupOperations",
)
RECOVERY_LOGS = (
    "AzureSiteRecoveryJobs",
    "AzureSiteRecoveryEvents",
    "AzureSiteRecoveryReplicatedItems",
    "AzureSiteRecoveryReplicationStats",
    "AzureSiteRecoveryRecoveryPoints",
    "AzureSiteRecoveryReplicationDataUploadRate",
    "AzureSiteRecoveryProtectedDiskDataChurn",
)


class GuardedVault(pulumi.ComponentResource):
    """A vault with its private endpoints, its logs and its Resource Guard.

    Azure takes a key only from a vault whose own identity may already use it, and only before the first item: a new
    environment therefore needs two runs. The first, with `keyed=False`, makes the vaults and gives their identities
    the key; every later one sets the key and protects. A user-assigned identity would need one run only, but vaults
    with one reach neither private endpoints nor a closed key vault. A vault without a `ring` keeps Microsoft's key.
    """

    vault: recoveryservices.Vault
    ready: list[pulumi.Resource]
    """What must stand before the first item: private endpoints cannot be added later, nor a guard by one person."""

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        group: resources.ResourceGroup,
        site: Site,
        purpose: str,
        data: str,
        ring: KeyRing | None,
        keyed: bool,
        guard: dataprotection.ResourceGuard,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:GuardedVault", name, None, opts)
        self._name = name
        self._site = site
        self.vault = _vault(
            name,
            settings=settings,
            group=group,
            region=site.region,
            tags={"data": data, "purpose": purpose, "environment": settings.environment},
            encryption=_own_key(ring) if ring and keyed else None,
            parent=self,
        )
        if ring:
            grant(
                f"{name}-key-access",
                settings=settings,
                role=KEY_USER,
                scope=ring.keys["backup"].id,
                principal_id=self.vault.identity.principal_id,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.ready = [_proxy(name, vault=self.vault, group=group, guard=guard)]
        self.register_outputs({"vault": self.vault.id})

    def close(self, *, network: Network, services: Sequence[str]) -> None:
        """Declare the private endpoints of `services`, the only way into the vault.

        Before the first item: Azure adds none to a vault that already protects something.
        """
        self.ready += [
            network.private_endpoint(
                f"{self._name}-{service.lower()}",
                site=self._site,
                target=self.vault,
                target_id=self.vault.id,
                service=service,
                parent=self,
            )
            for service in services
        ]

    def log(self, monitoring: Monitoring) -> None:
        """Declare that backup and recovery logs go to the workspace.

        Backup's logs have tables of their own, Site Recovery's share one: one setting cannot ask for both.
        """
        monitor.DiagnosticSetting(
            f"{self._name}-backup-log",
            name="backup-to-workspace",
            resource_uri=self.vault.id,
            workspace_id=monitoring.workspace.id,
            log_analytics_destination_type="Dedicated",
            logs=[monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in BACKUP_LOGS],
            opts=pulumi.ResourceOptions(parent=self.vault),
        )
        diagnose(
            f"{self._name}-recovery-log",
            target_id=self.vault.id,
            workspace=monitoring.workspace,
            categories=RECOVERY_LOGS,
            parent=self.vault,
        )


def _vault(
    name: str,
    *,
    settings: Settings,
    group: resources.ResourceGroup,
    region: Region,
    tags: Mapping[str, str],
    encryption: recoveryservices.VaultPropertiesEncryptionArgs | None,
    parent: pulumi.Resource,
) -> recoveryservices.Vault:
    """Declare the vault: in two regions, closed to every network, with deleted backups kept.

    Redundancy, the key and private endpoints are chosen before the first item; with an item inside, Azure takes no
    other.
    """
    return recoveryservices.Vault(
        f"{name}-vault",
        vault_name=f"{settings.prefix}-{name}",
        resource_group_name=group.name,
        location=region,
        sku=recoveryservices.SkuArgs(name="RS0", tier="Standard"),
        identity=recoveryservices.IdentityDataArgs(type="SystemAssigned"),
        properties=recoveryservices.VaultPropertiesArgs(
            public_network_access="Disabled",
            redundancy_settings=recoveryservices.VaultPropertiesRedundancySettingsArgs(
                # Restorable in the other region at any time, not only once Azure calls this one lost.
                standard_tier_storage_redundancy="GeoRedundant",
                cross_region_restore="Enabled",
            ),
            security_settings=_hardened(closed=f"{name}-vault" in settings.closed_doors),
            encryption=encryption,
            monitoring_settings=_ALARMS,
            restore_settings=_HERE_ONLY,
        ),
        tags=tags,
        opts=pulumi.ResourceOptions(
            parent=parent,
            protect=True,
            retain_on_delete=True,
            # No deployment locks a vault, nor tries to open one that was locked.
            ignore_changes=["properties.securitySettings.immutabilitySettings.state"],
        ),
    )


def _hardened(*, closed: bool) -> recoveryservices.SecuritySettingsArgs:
    """Keep deleted backups for 35 days, and let nobody switch that off; `closed` says that the vault was locked."""
    return recoveryservices.SecuritySettingsArgs(
        soft_delete_settings=recoveryservices.SoftDeleteSettingsArgs(
            # "Enabled" could be turned off again by whoever wants the backups gone.
            soft_delete_state="AlwaysON",
            soft_delete_retention_period_in_days=35,
            # The same for what backup servers and agents send.
            enhanced_security_state="AlwaysON",
        ),
        # Locking is a door that does not open again: a person does that once the first restore has passed.
        immutability_settings=recoveryservices.ImmutabilitySettingsArgs(state="Locked" if closed else "Unlocked"),
    )


def _proxy(
    name: str,
    *,
    vault: recoveryservices.Vault,
    group: resources.ResourceGroup,
    guard: dataprotection.ResourceGuard,
) -> recoveryservices.ResourceGuardProxy:
    """Declare that `guard` is asked before anything that would weaken or delete a backup.

    Whoever deploys must be able to read the guard. Once it is bound, that identity cannot weaken the vault alone
    either.
    """
    return recoveryservices.ResourceGuardProxy(
        f"{name}-guard",
        vault_name=vault.name,
        resource_group_name=group.name,
        resource_guard_proxy_name="VaultProxy",
        properties=recoveryservices.ResourceGuardProxyBaseArgs(
            resource_guard_resource_id=guard.id,
            description="A second person approves what would weaken or delete a backup.",
        ),
        opts=pulumi.ResourceOptions(parent=vault),
    )


def _own_key(ring: KeyRing) -> recoveryservices.VaultPropertiesEncryptionArgs:
    """Return the encryption under our backup key, used as the vault's own identity, with a second layer below."""
    return recoveryservices.VaultPropertiesEncryptionArgs(
        infrastructure_encryption="Enabled",
        kek_identity=recoveryservices.CmkKekIdentityArgs(use_system_assigned_identity=True),
        # Without a version, so that the vault follows each rotation.
        key_vault_properties=recoveryservices.CmkKeyVaultPropertiesArgs(key_uri=ring.keys["backup"].key_uri),
    )


# Failed jobs become alerts of Azure Monitor; the older kind, with its e-mails, would say the same a second time.
_ALARMS = recoveryservices.MonitoringSettingsArgs(
    azure_monitor_alert_settings=recoveryservices.AzureMonitorAlertSettingsArgs(
        alerts_for_all_job_failures="Enabled",
        alerts_for_all_failover_issues="Enabled",
        alerts_for_all_replication_issues="Enabled",
    ),
    classic_alert_settings=recoveryservices.ClassicAlertSettingsArgs(
        alerts_for_critical_operations="Disabled",
        email_notifications_for_site_recovery="Disabled",
    ),
)
# A restore into a subscription that nobody audits would be a way to take data out.
_HERE_ONLY = recoveryservices.RestoreSettingsArgs(
    cross_subscription_restore_settings=recoveryservices.CrossSubscriptionRestoreSettingsArgs(
        cross_subscription_restore_state="Disabled",
    ),
)
