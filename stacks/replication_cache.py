"""Site Recovery's waiting room: writes of replicated machines pass through this account on their way to ukwest."""

import pulumi
from config import PRIMARY, Settings
from diagnostics import diagnose
from grants import ACCOUNT_CONTRIBUTOR, BLOB_CONTRIBUTOR, grant
from keys import Keys
from monitoring import Monitoring
from network import Network
from pulumi_azure_native import recoveryservices, resources, storage
from storage_keys import own_key


class ReplicationCache(pulumi.ComponentResource):
    """The account, which the vault's identity alone writes to.

    What lies here is encrypted disk content that lives for minutes. It keeps every rule of a lasting store all the
    same: copies of it cost little, and an account with exceptions would be one to explain.
    """

    account: storage.StorageAccount
    access: list[pulumi.Resource]
    """Lets the vault's identity use the account: a replicated item must depend on it."""

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        group: resources.ResourceGroup,
        network: Network,
        keys: Keys,
        monitoring: Monitoring,
        vault: recoveryservices.Vault,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:ReplicationCache", name, None, opts)
        self.account = self._account(name, settings=settings, group=group, keys=keys)
        self._blob_service(name, group)
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
        self.access = self._admit(name, settings=settings, vault=vault)
        self.register_outputs({"account": self.account.id})

    def _admit(self, name: str, *, settings: Settings, vault: recoveryservices.Vault) -> list[pulumi.Resource]:
        return [
            grant(
                f"{name}-{use}",
                settings=settings,
                role=role,
                scope=self.account.id,
                principal_id=vault.identity.principal_id,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for use, role in (("manages", ACCOUNT_CONTRIBUTOR), ("writes", BLOB_CONTRIBUTOR))
        ]

    def _account(
        self, name: str, *, settings: Settings, group: resources.ResourceGroup, keys: Keys
    ) -> storage.StorageAccount:
        return storage.StorageAccount(
            f"{name}-account",
            account_name=f"{settings.prefix}cache",
            resource_group_name=group.name,
            location=PRIMARY,
            kind="StorageV2",
            sku=storage.SkuArgs(name="Standard_RAGZRS"),
            access_tier=storage.AccessTier.HOT,
            enable_https_traffic_only=True,
            minimum_tls_version="TLS1_2",
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            default_to_o_auth_authentication=True,
            allow_cross_tenant_replication=False,
            allowed_copy_scope="AAD",
            public_network_access="Disabled",
            network_rule_set=storage.NetworkRuleSetArgs(
                default_action=storage.DefaultAction.DENY,
                # Site Recovery writes as one of Azure's trusted services.
                bypass="AzureServices",
                ip_rules=[],
                virtual_network_rules=[],
                resource_access_rules=[],
            ),
            is_hns_enabled=False,
            is_sftp_enabled=False,
            is_local_user_enabled=False,
            enable_nfs_v3=False,
            sas_policy=storage.SasPolicyArgs(sas_expiration_period="00.08:00:00", expiration_action="Block"),
            key_policy=storage.KeyPolicyArgs(key_expiration_period_in_days=90),
            identity=storage.IdentityArgs(type="UserAssigned", user_assigned_identities=[keys.primary.identity.id]),
            encryption=own_key(keys.primary),
            tags={"data": "platform", "environment": settings.environment},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[keys.primary.access]),
        )

    def _blob_service(self, name: str, group: resources.ResourceGroup) -> storage.BlobServiceProperties:
        return storage.BlobServiceProperties(
            f"{name}-blobs",
            account_name=self.account.name,
            resource_group_name=group.name,
            blob_services_name="default",
            is_versioning_enabled=True,
            change_feed=storage.ChangeFeedArgs(enabled=True, retention_in_days=90),
            delete_retention_policy=storage.DeleteRetentionPolicyArgs(
                enabled=True,
                days=35,
                allow_permanent_delete=False,
            ),
            container_delete_retention_policy=storage.DeleteRetentionPolicyArgs(enabled=True, days=35),
            # Restoring reads deleted blobs, so it must look back less far than they are kept.
            restore_policy=storage.RestorePolicyPropertiesArgs(enabled=True, days=30),
            opts=pulumi.ResourceOptions(parent=self.account),
        )
