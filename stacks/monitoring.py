"""What happens in the subscription is written down for a year, and the people who must know are told."""

import pulumi
from pulumi_azure_native import monitor, operationalinsights, resources

from alerts import Alerts
from config import PRIMARY, Settings
from defender import Defender


class Monitoring(pulumi.ComponentResource):
    """The log workspace, the activity log's way into it, the alerts and the Defender plans.

    A breach is often found months after it began, so logs are kept for a year; the platform itself forgets its own
    after three months.
    """

    group: resources.ResourceGroup
    workspace: operationalinsights.Workspace
    alerts: Alerts
    defender: Defender

    def __init__(self, name: str, *, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("promise-audit:stacks:Monitoring", name, None, opts)
        self.group = resources.ResourceGroup(
            f"{name}-group",
            resource_group_name=f"{settings.prefix}-monitoring",
            location=PRIMARY,
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.workspace = _workspace(name, settings=settings, group=self.group, parent=self)
        _export_activity_log(name, workspace=self.workspace, parent=self)
        self.alerts = Alerts(
            f"{name}-alerts",
            settings=settings,
            group=self.group,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.defender = Defender(
            f"{name}-defender",
            settings=settings,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"workspace": self.workspace.id})


def _workspace(
    name: str, *, settings: Settings, group: resources.ResourceGroup, parent: pulumi.Resource
) -> operationalinsights.Workspace:
    """Declare the one workspace, in which what is written stays for a year and nobody signs in with a shared key."""
    return operationalinsights.Workspace(
        f"{name}-workspace",
        workspace_name=f"{settings.prefix}-logs",
        resource_group_name=group.name,
        location=PRIMARY,
        sku=operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
        retention_in_days=365,
        features=operationalinsights.WorkspaceFeaturesArgs(
            # The workspace has shared keys of its own, which would let anybody write false logs.
            disable_local_auth=True,
            # Who may see a resource may read its logs, without seeing everybody else's.
            enable_log_access_using_only_resource_permissions=True,
            # Purging at once after 30 days would undo the year of retention.
            immediate_purge_data_on30_days=False,
        ),
        # Azure's own diagnostic settings do not come through the public endpoint, so they go on arriving.
        public_network_access_for_ingestion="Disabled",
        public_network_access_for_query="Disabled",
        tags={"data": "platform"},
        # With it would go a year of evidence.
        opts=pulumi.ResourceOptions(parent=parent, protect=True),
    )


def _export_activity_log(
    name: str, *, workspace: operationalinsights.Workspace, parent: pulumi.Resource
) -> monitor.SubscriptionDiagnosticSetting:
    """Send every category of the subscription's activity log, since the platform itself forgets it soon.

    It forgets after 90 days: https://learn.microsoft.com/azure/azure-monitor/platform/activity-log
    """
    return monitor.SubscriptionDiagnosticSetting(
        f"{name}-activity-log",
        name="activity-log-to-workspace",
        workspace_id=workspace.id,
        logs=[
            monitor.SubscriptionLogSettingsArgs(category="Administrative", enabled=True),
            monitor.SubscriptionLogSettingsArgs(category="Security", enabled=True),
            monitor.SubscriptionLogSettingsArgs(category="ServiceHealth", enabled=True),
            monitor.SubscriptionLogSettingsArgs(category="Alert", enabled=True),
            monitor.SubscriptionLogSettingsArgs(category="Recommendation", enabled=True),
            monitor.SubscriptionLogSettingsArgs(category="Policy", enabled=True),
            monitor.SubscriptionLogSettingsArgs(category="Autoscale", enabled=True),
            monitor.SubscriptionLogSettingsArgs(category="ResourceHealth", enabled=True),
        ],
        opts=pulumi.ResourceOptions(parent=parent),
    )
