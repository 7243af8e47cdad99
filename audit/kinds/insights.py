"""Diagnostic settings, alerts and action groups. REST API versions as azure-native 3.29 declares them."""

from audit.kinds.keyvault import KEY_VAULT
from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.kinds.sql import SQL_DATABASE
from audit.kinds.storage import BLOB_SERVICE
from audit.kinds.web import WEB_APP, WEB_APP_SLOT
from audit.model import Kind, Parent, Scope

DIAGNOSTIC_SETTING = Kind(
    arm="Microsoft.Insights/diagnosticSettings",
    api="2021-05-01-preview",
    pulumi=("azure-native:monitor:DiagnosticSetting",),
    parent=Parent("*", by="resourceUri"),
    names="{name}",
    scope=Scope.ANY,
    attached=(
        BLOB_SERVICE.arm,
        KEY_VAULT.arm,
        RECOVERY_VAULT.arm,
        SQL_DATABASE.arm,
        WEB_APP.arm,
        WEB_APP_SLOT.arm,
    ),
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
DATA_COLLECTION_RULE = Kind(
    arm="Microsoft.Insights/dataCollectionRules",
    api="2022-06-01",
    pulumi=("azure-native:monitor:DataCollectionRule",),
    regional=True,
    names="{dataCollectionRuleName}",
    table="resources",
)
