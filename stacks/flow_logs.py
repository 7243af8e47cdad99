"""Who spoke to whom in each virtual network is recorded, kept for ninety days and analysed."""

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import authorization, managedidentity, resources, storage
from pulumi_azure_native import network as azure_network

from config import PRIMARY, REGIONS, SHORT, Region, Settings
from diagnostics import diagnose
from grants import BLOB_CONTRIBUTOR, grant
from guarded_account import Contents, GuardedAccount
from keys import KeyRing, Keys
from monitoring import Monitoring
from network import Network, Site


class FlowLogs(pulumi.ComponentResource):
    """A storage account in each region, and a flow log of that region's virtual network.

    After a breach these say which machine spoke to whom. They follow whole networks rather than security groups: Azure
    makes no new ones of the other kind. Account and network must lie in the same region, hence one of each.
    """

    accounts: Mapping[Region, storage.StorageAccount]

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
        self.accounts = {region: self._record(network.site(region), keys.ring(region)) for region in REGIONS}
        self.register_outputs({})

    def _record(self, site: Site, ring: KeyRing) -> storage.StorageAccount:
        """Declare the account and the flow log of one region.

        The account's group is not the network's: whoever changes the network should not be able to remove
        what tells of it.
        """
        name = f"{self._label}-{site.region}"
        group = resources.ResourceGroup(
            f"{name}-group",
            resource_group_name=f"{self._settings.prefix}-flow-logs-{site.region}",
            location=site.region,
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        guarded = GuardedAccount(
            name,
            account_name=f"{self._settings.prefix}flow{SHORT[site.region]}",
            group=group,
            network=self._network,
            site=site,
            ring=ring,
            contents=Contents(
                access_tier=storage.AccessTier.HOT,
                sas_period="01.00:00:00",
                tags={"data": "platform"},
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        diagnose(
            f"{name}-blob-logs",
            target_id=guarded.blobs.id,
            workspace=self._monitoring.workspace,
            categories=("StorageRead", "StorageWrite", "StorageDelete"),
            parent=self,
        )
        writer, access = self._writer(name, site=site, account=guarded.account, group=group)
        self._flow_log(name, site=site, account=guarded.account, writer=writer, depends_on=[access, guarded.endpoint])
        return guarded.account

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
        """Declare the record of every connection in the network of `site`.

        It waits for the writer's role and for the account's private endpoint, so that the account is complete when the
        first log arrives.
        """
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
            # Version 2 also counts bytes, without which a leak cannot be told from a chat.
            format=azure_network.FlowLogFormatParametersArgs(type="JSON", version=2),
            # Left out, the SDK sends no days and not enabled.
            retention_policy=azure_network.RetentionPolicyParametersArgs(enabled=True, days=90),
            flow_analytics_configuration=self._analytics(),
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=depends_on),
        )

    def _analytics(self) -> azure_network.TrafficAnalyticsPropertiesArgs:
        """Have the workspace digest the logs every ten minutes, as often as Azure offers."""
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
