"""Diagnostic settings, alerts and action groups. REST API versions as azure-native 3.29 declares them."""

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.dataprotection import BLOB_BACKUP_VAULT
from audit.kinds.datashare import DATA_SHARE_ACCOUNT
from audit.kinds.dbfor import OTHER_ENGINES
from audit.kinds.keyvault import KEY_VAULT
from audit.kinds.network import (
    BASTION_HOST,
    LOAD_BALANCER,
    NETWORK_SECURITY_GROUP,
    PUBLIC_IP_ADDRESS,
    VIRTUAL_NETWORK,
)
from audit.kinds.operationalinsights import WORKSPACE
from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.kinds.sql import SQL_DATABASE, SQL_MANAGED_INSTANCE
from audit.kinds.storage import BLOB_SERVICE, FILE_SERVICE, QUEUE_SERVICE, STORAGE_ACCOUNT, TABLE_SERVICE
from audit.kinds.web import APP_SERVICE_PLAN, APPLICATION_GATEWAY, WEB_APP, WEB_APP_SLOT
from audit.model import Kind, Parent, Scope

DATA_COLLECTION_RULE = Kind(
    arm="Microsoft.Insights/dataCollectionRules",
    api="2022-06-01",
    pulumi=("azure-native:monitor:DataCollectionRule",),
    regional=True,
    names="{dataCollectionRuleName}",
    table="resources",
)
# Every type with a row that has resource logs, and the two that send metrics alone and are few:
# https://learn.microsoft.com/azure/azure-monitor/reference/logs-index
# Not asked, as they have metrics alone and are many: network interfaces, private endpoints, disks, zones, NAT gateways.
_SENDING = (
    APP_SERVICE_PLAN,
    APPLICATION_GATEWAY,
    BASTION_HOST,
    BLOB_BACKUP_VAULT,
    BLOB_SERVICE,
    DATA_COLLECTION_RULE,
    DATA_SHARE_ACCOUNT,
    FILE_SERVICE,
    KEY_VAULT,
    LOAD_BALANCER,
    NETWORK_SECURITY_GROUP,
    *OTHER_ENGINES,
    PUBLIC_IP_ADDRESS,
    QUEUE_SERVICE,
    RECOVERY_VAULT,
    SQL_DATABASE,
    SQL_MANAGED_INSTANCE,
    STORAGE_ACCOUNT,
    TABLE_SERVICE,
    VIRTUAL_MACHINE,
    VIRTUAL_NETWORK,
    WEB_APP,
    WEB_APP_SLOT,
    WORKSPACE,
)
# Types without a row that have neither logs nor metrics by the same list: nothing can be sent from them.
SILENT = frozenset(
    name.lower()
    for name in (
        "Microsoft.AlertsManagement/smartDetectorAlertRules",
        "Microsoft.Compute/availabilitySets",
        "Microsoft.Compute/galleries",
        "Microsoft.Compute/images",
        "Microsoft.Compute/proximityPlacementGroups",
        "Microsoft.Compute/restorePointCollections",
        "Microsoft.Compute/sshPublicKeys",
        "Microsoft.Insights/metricAlerts",
        "Microsoft.Insights/workbooks",
        "Microsoft.OperationsManagement/solutions",
        "Microsoft.Portal/dashboards",
    )
)

DIAGNOSTIC_SETTING = Kind(
    arm="Microsoft.Insights/diagnosticSettings",
    api="2021-05-01-preview",
    pulumi=("azure-native:monitor:DiagnosticSetting",),
    parent=Parent("*", by="resourceUri"),
    names="{name}",
    scope=Scope.ANY,
    attached=tuple(kind.arm for kind in _SENDING),
)
# ARM gives a subscription's setting the type of any other; the word in brackets keeps the two apart.
SUBSCRIPTION_DIAGNOSTIC_SETTING = Kind(
    arm="Microsoft.Insights/diagnosticSettings (subscription)",
    api="2021-05-01-preview",
    pulumi=("azure-native:monitor:SubscriptionDiagnosticSetting",),
    names="{name}",
    scope=Scope.SUBSCRIPTION,
)
ACTIVITY_LOG_ALERT = Kind(
    arm="Microsoft.Insights/activityLogAlerts",
    api="2020-10-01",
    pulumi=("azure-native:monitor:ActivityLogAlert",),
    names="{activityLogAlertName}",
    table="resources",
)
ACTION_GROUP = Kind(
    arm="Microsoft.Insights/actionGroups",
    api="2024-10-01-preview",
    pulumi=("azure-native:monitor:ActionGroup",),
    names="{actionGroupName}",
    table="resources",
)
SCHEDULED_QUERY_RULE = Kind(
    arm="Microsoft.Insights/scheduledQueryRules",
    api="2025-01-01-preview",
    pulumi=("azure-native:monitor:ScheduledQueryRule",),
    regional=True,
    names="{ruleName}",
    table="resources",
)
