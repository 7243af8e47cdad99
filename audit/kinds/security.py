"""Defender for Cloud: plans and the people it writes to. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Parent

# A plan's name (`VirtualMachines`) is ARM's name of the resource.
DEFENDER_PRICING = Kind(
    arm="Microsoft.Security/pricings",
    api="2024-01-01",
    pulumi=("azure-native:security:Pricing",),
    renamed={"name": "pricingName"},
)
SECURITY_CONTACT = Kind(
    arm="Microsoft.Security/securityContacts",
    api="2023-12-01-preview",
    pulumi=("azure-native:security:SecurityContact",),
    renamed={"name": "securityContactName"},
)
DEFENDER_FOR_STORAGE = Kind(
    arm="Microsoft.Security/defenderForStorageSettings",
    api="2024-10-01-preview",
    pulumi=("azure-native:security:DefenderForStorage",),
    parent=Parent("*", by="resourceId"),
)
JIT_ACCESS_POLICY = Kind(
    arm="Microsoft.Security/locations/jitNetworkAccessPolicies",
    api="2020-01-01",
    # No parent: the place in its path (`locations/uksouth`) is Defender's own and no resource.
    pulumi=("azure-native:security:JitNetworkAccessPolicy",),
)
