"""Rules that change what alerts do. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind

# The service was renamed and its type was not: these are the portal's alert processing rules.
ALERT_PROCESSING_RULE = Kind(
    arm="Microsoft.AlertsManagement/actionRules",
    api="2021-08-08",
    pulumi=("azure-native:alertsmanagement:AlertProcessingRuleByName",),
    names="{alertProcessingRuleName}",
)
