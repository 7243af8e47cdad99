"""Who spoke to whom in each virtual network is recorded, kept for ninety days and analysed."""

import pulumi
from config import PRIMARY, SECONDARY, Settings
from diagnostics import diagnose
from grants import BLOB_CONTRIBUTOR, grant
from keys import KeyRing, Keys
from monitoring import Monitoring
from network import Network, Site
from pulumi_azure_native import authorization, managedidentity, resources, storage
from pulumi_azure_native import network as azure_network
from storage_keys import own_key

SHORT_NAMES = {PRIMARY: "uks", SECONDARY: "ukw"}
# ukwest has no availability zones, and so no zone-redundant storage.
SKUS = {PRIMARY: "Standard_RAGZRS", SECONDARY: "Standard_RAGRS"}


class FlowLogs(pulumi.ComponentResource):
    """A storage account in each region, and a flow log of that region's virtual network."""

    accounts: dict[str, storage.StorageAccount]

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
        super().__init__("promise-audit:stacks:FlowLogs", name, None, opts)
        self._label = name
        self._settings = settings
        self._network = network
        self._monitoring = monitoring
        self.accounts = {
            PRIMARY: self._record(network.primary, keys.primary),
            SECONDARY: self._record(network.secondary, keys.secondary),
        }
        self.register_outputs({})

    def _record(self, site: Site, ring: KeyRing) -> storage.StorageAccount:
        """Declare the account, its guards and the flow log of one region."""
        name = f"{self._label}-{site.region}"
        group = resources.ResourceGroup(
            f"{name}-group",
            resource_group_name=f"{self._settings.prefix}-flow-logs-{site.region}",
            location=site.region,
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        account = self._account(name, site=site, ring=ring, group=group)
        service = self._blob_service(name, account=account, group=group)
        diagnose(
            f"{name}-blob-logs",
            target_id=service.id,
            workspace=self._monitoring.workspace,
            categories=("StorageRead", "StorageWrite", "StorageDelete"),
            parent=self,
        )
        endpoint = self._network.private_endpoint(
            f"{name}-endpoint",
            site=site,
            target=account,
            target_id=account.id,
            service="blob",
            parent=self,
        )
        writer, access = self._writer(name, site=site, account=account, group=group)
        self._flow_log(name, site=site, account=account, writer=writer, depends_on=[access, endpoint])
        return account

    def _account(
        self, name: str, *, site: Site, ring: KeyRing, group: resources.ResourceGroup
    ) -> storage.StorageAccount:
        return storage.StorageAccount(
            f"{name}-account",
            account_name=f"{self._settings.prefix}flow{SHORT_NAMES[site.region]}",
            resource_group_name=group.name,
            location=site.region,
            kind="StorageV2",
            sku=storage.SkuArgs(name=SKUS[site.region]),
            access_tier=storage.AccessTier.HOT,
            enable_https_traffic_only=True,
            minimum_tls_version="TLS1_2",
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            default_to_o_auth_authentication=True,
            allow_cross_tenant_replication=False,
            allowed_copy_scope="AAD",
            public_network_access="Disabled",
            network_rule_set=_no_network(),
            is_hns_enabled=False,
            is_sftp_enabled=False,
            is_local_user_enabled=False,
            enable_nfs_v3=False,
            sas_policy=storage.SasPolicyArgs(sas_expiration_period="01.00:00:00", expiration_action="Block"),
            identity=storage.IdentityArgs(type="UserAssigned", user_assigned_identities=[ring.identity.id]),
            encryption=own_key(ring),
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[ring.access]),
        )

    def _blob_service(
        self, name: str, *, account: storage.StorageAccount, group: resources.ResourceGroup
    ) -> storage.BlobServiceProperties:
        return storage.BlobServiceProperties(
            f"{name}-blobs",
            blob_services_name="default",
            account_name=account.name,
            resource_group_name=group.name,
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
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _writer(
        self, name: str, *, site: Site, account: storage.StorageAccount, group: resources.ResourceGroup
    ) -> tuple[managedidentity.UserAssignedIdentity, authorization.RoleAssignment]:
        """Declare the identity that writes the logs: with shared keys off, Network Watcher needs one."""
        writer = managedidentity.UserAssignedIdentity(
            f"{name}-writer",
            resource_name_=f"{self._settings.prefix}-flow-logs-{site.region}",
            resource_group_name=group.name,
            location=site.region,
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        access = grant(
            f"{name}-writer-access",
            settings=self._settings,
            role=BLOB_CONTRIBUTOR,
            scope=account.id,
            principal_id=writer.principal_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return writer, access

    def _flow_log(
        self,
        name: str,
        *,
        site: Site,
        account: storage.StorageAccount,
        writer: managedidentity.UserAssignedIdentity,
        depends_on: list[pulumi.Resource],
    ) -> azure_network.FlowLog:
        return azure_network.FlowLog(
            f"{name}-flow-log",
            flow_log_name=f"{self._settings.prefix}-{site.region}",
            # Azure makes the watcher and its group by itself with a region's first virtual network.
            network_watcher_name=f"NetworkWatcher_{site.region}",
            resource_group_name="NetworkWatcherRG",
            location=site.region,
            target_resource_id=site.network.id,
            storage_id=account.id,
            identity=azure_network.ManagedServiceIdentityArgs(
                type=azure_network.ResourceIdentityType.USER_ASSIGNED,
                user_assigned_identities=[writer.id],
            ),
            enabled=True,
            format=azure_network.FlowLogFormatParametersArgs(type="JSON", version=2),
            retention_policy=azure_network.RetentionPolicyParametersArgs(enabled=True, days=90),
            flow_analytics_configuration=self._analytics(),
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=depends_on),
        )

    def _analytics(self) -> azure_network.TrafficAnalyticsPropertiesArgs:
        workspace = self._monitoring.workspace
        return azure_network.TrafficAnalyticsPropertiesArgs(
            network_watcher_flow_analytics_configuration=azure_network.TrafficAnalyticsConfigurationPropertiesArgs(
                enabled=True,
                traffic_analytics_interval=10,
                workspace_id=workspace.customer_id,
                workspace_region=PRIMARY,
                workspace_resource_id=workspace.id,
            ),
        )


def _no_network() -> storage.NetworkRuleSetArgs:
    return storage.NetworkRuleSetArgs(
        default_action=storage.DefaultAction.DENY,
        # Network Watcher delivers the logs as one of Azure's trusted services.
        bypass="AzureServices",
        ip_rules=[],
        virtual_network_rules=[],
        resource_access_rules=[],
    )
