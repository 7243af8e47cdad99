"""Features of Azure that a subscription has asked for. REST API version as azure-native 3.29 declares it."""

from audit.model import Kind, Scope

FEATURE_REGISTRATION = Kind(
    arm="Microsoft.Features/featureProviders/subscriptionFeatureRegistrations",
    api="2021-07-01",
    pulumi=("azure-native:features:SubscriptionFeatureRegistration",),
    names="{providerNamespace}/{featureName}",
    scope=Scope.SUBSCRIPTION,
    listing="providers/Microsoft.Features/subscriptionFeatureRegistrations",
)
