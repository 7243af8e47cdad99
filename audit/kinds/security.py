"""Defender for Cloud: plans and the people it writes to. REST API versions as azure-native 3.29 declares them."""

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Kind, Parent, Scope

# A plan's name (`VirtualMachines`) is ARM's name of the resource.
DEFENDER_PRICING = Kind(
    arm="Microsoft.Security/pricings",
    api="2024-01-01",
    pulumi=("azure-native:security:Pricing",),
    renamed={"name": "pricingName"},
    names="{pricingName}",
    scope=Scope.SUBSCRIPTION,
)
SECURITY_CONTACT = Kind(
    arm="Microsoft.Security/securityContacts",
    api="2023-12-01-preview",
    pulumi=("azure-native:security:SecurityContact",),
    renamed={"name": "securityContactName"},
    names="{securityContactName}",
    scope=Scope.SUBSCRIPTION,
)
DEFENDER_FOR_STORAGE = Kind(
    arm="Microsoft.Security/defenderForStorageSettings",
    api="2024-10-01-preview",
    pulumi=("azure-native:security:DefenderForStorage",),
    parent=Parent("*", by="resourceId"),
    names="current",
    scope=Scope.ANY,
    attached=(STORAGE_ACCOUNT.arm,),
)
JIT_ACCESS_POLICY = Kind(
    arm="Microsoft.Security/locations/jitNetworkAccessPolicies",
    api="2020-01-01",
    # No parent: the place in its path (`locations/uksouth`) is Defender's own and no resource.
    pulumi=("azure-native:security:JitNetworkAccessPolicy",),
    names="{ascLocation}/{jitNetworkAccessPolicyName}",
    listing="providers/Microsoft.Security/jitNetworkAccessPolicies",
)
ALERTS_SUPPRESSION_RULE = Kind(
    arm="Microsoft.Security/alertsSuppressionRules",
    api="2019-01-01-preview",
    pulumi=("azure-native:security:AlertsSuppressionRule",),
    names="{alertsSuppressionRuleName}",
    scope=Scope.SUBSCRIPTION,
)
# What Defender found on a resource, by the key of what it looked for.
SECURITY_ASSESSMENT = Kind(
    arm="Microsoft.Security/assessments",
    api="2021-06-01",
    pulumi=("azure-native:security:Assessment",),
    parent=Parent("*", by="resourceId"),
    names="{assessmentName}",
    scope=Scope.ANY,
    table="securityresources",
)
