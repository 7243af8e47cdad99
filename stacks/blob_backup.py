"""Blobs that may change can be set back to any moment of the last month, by a vault that nobody alone can empty."""

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import dataprotection, resources, storage

from config import Region, Settings
from grants import ACCOUNT_BACKUP, grant

BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
ACCOUNT = "Microsoft.Storage/storageAccounts"


class BlobBackup(pulumi.ComponentResource):
    """A backup vault of one region, its Resource Guard, its policy, and the accounts of that region it protects.

    The vault holds no copy: it sees to it that the account keeps what restoring needs, and that no one person can stop
    that. The archive is not among the accounts: what cannot be changed cannot be set back.
    """

    vault: dataprotection.BackupVault

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        group: resources.ResourceGroup,
        region: Region,
        guard: dataprotection.ResourceGuard,
        accounts: Mapping[str, storage.StorageAccount],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:BlobBackup", name, None, opts)
        self._settings = settings
        self._group = group
        self._region = region
        self.vault = _vault(name, settings=settings, group=group, region=region, parent=self)
        proxy = dataprotection.DppResourceGuardProxy(
            f"{name}-guard",
            vault_name=self.vault.name,
            resource_group_name=group.name,
            resource_guard_proxy_name="DppResourceGuardProxy",
            properties=dataprotection.ResourceGuardProxyBaseArgs(
                resource_guard_resource_id=guard.id,
                description="A second person approves what would weaken or delete a backup.",
            ),
            opts=pulumi.ResourceOptions(parent=self.vault),
        )
        policy = self._policy(name, proxy)
        for short, account in accounts.items():
            self._back_up(f"{name}-{short}", account=account, policy=policy)
        self.register_outputs({"vault": self.vault.id})

    def _policy(self, name: str, proxy: pulumi.Resource) -> dataprotection.BackupPolicy:
        """Declare that every write can be undone for a month; nothing is copied out of the account.

        A month, because the account's own soft delete keeps 35 days and Azure wants it to outlast this by five. The
        policy waits for the guard: one that came first could be weakened by one person.
        """
        return dataprotection.BackupPolicy(
            f"{name}-policy",
            vault_name=self.vault.name,
            resource_group_name=self._group.name,
            backup_policy_name="blobs-any-moment",
            properties=dataprotection.BackupPolicyArgs(
                object_type="BackupPolicy",
                datasource_types=[BLOBS],
                policy_rules=[
                    dataprotection.AzureRetentionRuleArgs(
                        object_type="AzureRetentionRule",
                        name="Default",
                        is_default=True,
                        lifecycles=[
                            dataprotection.SourceLifeCycleArgs(
                                delete_after=dataprotection.AbsoluteDeleteOptionArgs(
                                    object_type="AbsoluteDeleteOption",
                                    duration="P30D",
                                ),
                                source_data_store=dataprotection.DataStoreInfoBaseArgs(
                                    object_type="DataStoreInfoBase",
                                    data_store_type="OperationalStore",
                                ),
                            )
                        ],
                    )
                ],
            ),
            opts=pulumi.ResourceOptions(parent=self.vault, depends_on=[proxy]),
        )

    def _back_up(
        self, name: str, *, account: storage.StorageAccount, policy: dataprotection.BackupPolicy
    ) -> dataprotection.BackupInstance:
        """Protect `account`, once the vault's identity may work on it.

        Azure looks for that role while it makes the instance, and refuses where it is missing.
        """
        access = grant(
            f"{name}-access",
            settings=self._settings,
            role=ACCOUNT_BACKUP,
            scope=account.id,
            principal_id=self.vault.identity.principal_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return dataprotection.BackupInstance(
            f"{name}-instance",
            vault_name=self.vault.name,
            resource_group_name=self._group.name,
            backup_instance_name=f"{name}-blobs",
            properties=dataprotection.BackupInstanceArgs(
                object_type="BackupInstance",
                friendly_name=name,
                data_source_info=dataprotection.DatasourceArgs(
                    object_type="Datasource",
                    datasource_type=BLOBS,
                    resource_id=account.id,
                    resource_location=self._region,
                    resource_name=account.name,
                    resource_type=ACCOUNT,
                    resource_uri=account.id,
                ),
                policy_info=dataprotection.PolicyInfoArgs(policy_id=policy.id),
            ),
            opts=pulumi.ResourceOptions(parent=self.vault, depends_on=[access]),
        )


def _vault(
    name: str, *, settings: Settings, group: resources.ResourceGroup, region: Region, parent: pulumi.Resource
) -> dataprotection.BackupVault:
    """Declare a vault that keeps what was deleted, in two regions.

    Redundancy is a choice of the day it is made: with the first item inside, Azure takes no other.
    """
    return dataprotection.BackupVault(
        f"{name}-vault",
        vault_name=f"{settings.prefix}-{name}",
        resource_group_name=group.name,
        location=region,
        identity=dataprotection.DppIdentityDetailsArgs(type="SystemAssigned"),
        properties=dataprotection.BackupVaultArgs(
            storage_settings=[dataprotection.StorageSettingArgs(datastore_type="VaultStore", type="GeoRedundant")],
            security_settings=dataprotection.SecuritySettingsArgs(
                soft_delete_settings=dataprotection.SoftDeleteSettingsArgs(
                    # "On" could be turned off again by whoever wants the backups gone.
                    state="AlwaysOn",
                    retention_duration_in_days=35,
                ),
                # Locking is a door that does not open again: a person does that once the first restore has passed.
                immutability_settings=dataprotection.ImmutabilitySettingsArgs(
                    state="Locked" if f"{name}-vault" in settings.closed_doors else "Unlocked",
                ),
            ),
            feature_settings=dataprotection.FeatureSettingsArgs(
                cross_region_restore_settings=dataprotection.CrossRegionRestoreSettingsArgs(state="Enabled"),
                # Restored into a subscription that nobody audits, data would be out.
                cross_subscription_restore_settings=dataprotection.CrossSubscriptionRestoreSettingsArgs(
                    state="Disabled",
                ),
            ),
            monitoring_settings=dataprotection.MonitoringSettingsArgs(
                azure_monitor_alert_settings=dataprotection.AzureMonitorAlertSettingsArgs(
                    alerts_for_all_job_failures="Enabled",
                ),
            ),
        ),
        tags={"data": "platform", "environment": settings.environment},
        opts=_kept_for_good(parent),
    )


def _kept_for_good(parent: pulumi.Resource) -> pulumi.ResourceOptions:
    """Say that a vault outlives every run that would take it away."""
    return pulumi.ResourceOptions(
        parent=parent,
        protect=True,
        retain_on_delete=True,
        # No deployment locks a vault, nor tries to open one that was locked.
        ignore_changes=["properties.securitySettings.immutabilitySettings.state"],
    )
