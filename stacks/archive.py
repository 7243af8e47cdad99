"""Archived mail cannot be changed or deleted for seven years, lies in two regions and is reachable from inside only."""

from collections.abc import Mapping

import pulumi
from config import PRIMARY, Settings
from diagnostics import diagnose
from keys import Keys
from monitoring import Monitoring
from network import Network
from pulumi_azure_native import resources, storage
from storage_keys import own_key

CONTAINERS = ("mailboxes", "journals")


class Archive(pulumi.ComponentResource):
    """The archive's storage account, its containers, and how long they refuse every change."""

    group: resources.ResourceGroup
    account: storage.StorageAccount
    containers: Mapping[str, storage.BlobContainer]

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        network: Network,
        keys: Keys,
        monitoring: Monitoring,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:Archive", name, None, opts)
        self.group = resources.ResourceGroup(
            f"{name}-group",
            resource_group_name=f"{settings.prefix}-archive",
            location=PRIMARY,
            tags={"data": "archive mail", "environment": settings.environment},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.account = self._account(name, settings=settings, keys=keys)
        blobs = self._blob_service(name)
        self.containers = {
            container: self._container(name, container=container, blobs=blobs) for container in CONTAINERS
        }
        self._lifecycle(name)
        network.private_endpoint(
            f"{name}-endpoint",
            site=network.primary,
            target=self.account,
            target_id=self.account.id,
            service="blob",
            parent=self,
        )
        diagnose(
            f"{name}-access-log",
            target_id=pulumi.Output.concat(self.account.id, "/blobServices/default"),
            workspace=monitoring.workspace,
            categories=["StorageRead", "StorageWrite", "StorageDelete"],
            parent=self.account,
        )
        self.register_outputs({"account": self.account.id})

    def _account(self, name: str, *, settings: Settings, keys: Keys) -> storage.StorageAccount:
        return storage.StorageAccount(
            f"{name}-account",
            account_name=f"{settings.prefix}archive",
            resource_group_name=self.group.name,
            location=PRIMARY,
            kind="StorageV2",
            sku=storage.SkuArgs(name="Standard_RAGZRS"),
            access_tier=storage.AccessTier.COOL,
            enable_https_traffic_only=True,
            minimum_tls_version="TLS1_2",
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            default_to_o_auth_authentication=True,
            allow_cross_tenant_replication=False,
            allowed_copy_scope="AAD",
            public_network_access="Disabled",
            network_rule_set=_CLOSED,
            is_hns_enabled=False,
            is_sftp_enabled=False,
            is_local_user_enabled=False,
            enable_nfs_v3=False,
            sas_policy=storage.SasPolicyArgs(sas_expiration_period="00.08:00:00", expiration_action="Block"),
            key_policy=storage.KeyPolicyArgs(key_expiration_period_in_days=90),
            identity=storage.IdentityArgs(type="UserAssigned", user_assigned_identities=[keys.primary.identity.id]),
            encryption=own_key(keys.primary),
            # Set now or never. Locking is a door that does not open again: a person does that after the first audit.
            immutable_storage_with_versioning=storage.ImmutableStorageAccountArgs(
                enabled=True,
                immutability_policy=storage.AccountImmutabilityPolicyPropertiesArgs(
                    immutability_period_since_creation_in_days=2555,
                    state="Unlocked",
                    allow_protected_append_writes=False,
                ),
            ),
            tags={"data": "archive mail", "environment": settings.environment},
            opts=pulumi.ResourceOptions(
                parent=self, protect=True, retain_on_delete=True, depends_on=[keys.primary.access]
            ),
        )

    def _blob_service(self, name: str) -> storage.BlobServiceProperties:
        return storage.BlobServiceProperties(
            f"{name}-blobs",
            account_name=self.account.name,
            resource_group_name=self.group.name,
            blob_services_name="default",
            is_versioning_enabled=True,
            change_feed=storage.ChangeFeedArgs(enabled=True, retention_in_days=2555),
            delete_retention_policy=storage.DeleteRetentionPolicyArgs(
                enabled=True,
                days=35,
                allow_permanent_delete=False,
            ),
            container_delete_retention_policy=storage.DeleteRetentionPolicyArgs(enabled=True, days=35),
            # What cannot be changed cannot be set back either.
            restore_policy=storage.RestorePolicyPropertiesArgs(enabled=False),
            opts=pulumi.ResourceOptions(parent=self.account),
        )

    def _container(self, name: str, *, container: str, blobs: storage.BlobServiceProperties) -> storage.BlobContainer:
        made = storage.BlobContainer(
            f"{name}-{container}",
            account_name=self.account.name,
            resource_group_name=self.group.name,
            container_name=container,
            public_access=storage.PublicAccess.NONE,
            immutable_storage_with_versioning=storage.ImmutableStorageWithVersioningArgs(enabled=True),
            opts=pulumi.ResourceOptions(parent=self.account, protect=True, depends_on=[blobs]),
        )
        storage.BlobContainerImmutabilityPolicy(
            f"{name}-{container}-immutability",
            account_name=self.account.name,
            resource_group_name=self.group.name,
            container_name=made.name,
            immutability_policy_name="default",
            immutability_period_since_creation_in_days=2555,
            allow_protected_append_writes=False,
            opts=pulumi.ResourceOptions(parent=made, protect=True),
        )
        return made

    def _lifecycle(self, name: str) -> storage.ManagementPolicy:
        """Move what is seldom read to cheaper disks; nothing here deletes, at any age."""
        cooler = storage.DateAfterModificationArgs(days_after_creation_greater_than=30)
        cold = storage.DateAfterModificationArgs(days_after_creation_greater_than=180)
        return storage.ManagementPolicy(
            f"{name}-lifecycle",
            account_name=self.account.name,
            resource_group_name=self.group.name,
            management_policy_name="default",
            policy=storage.ManagementPolicySchemaArgs(
                rules=[
                    storage.ManagementPolicyRuleArgs(
                        name="cool-with-age",
                        type="Lifecycle",
                        enabled=True,
                        definition=storage.ManagementPolicyDefinitionArgs(
                            filters=storage.ManagementPolicyFilterArgs(
                                blob_types=["blockBlob"], prefix_match=[f"{container}/" for container in CONTAINERS]
                            ),
                            actions=storage.ManagementPolicyActionArgs(
                                base_blob=storage.ManagementPolicyBaseBlobArgs(tier_to_cool=cooler, tier_to_cold=cold),
                            ),
                        ),
                    )
                ]
            ),
            opts=pulumi.ResourceOptions(parent=self.account),
        )


_CLOSED = storage.NetworkRuleSetArgs(
    default_action=storage.DefaultAction.DENY,
    bypass="AzureServices",
    ip_rules=[],
    virtual_network_rules=[],
    resource_access_rules=[],
)
