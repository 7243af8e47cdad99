"""Resource groups and nested deployments. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Scope

RESOURCE_GROUP = Kind(
    arm="Microsoft.Resources/resourceGroups",
    api="2024-03-01",
    pulumi=("azure-native:resources:ResourceGroup",),
    regional=True,
    # No names: in a path a group stands before the word `providers`, not behind it.
    scope=Scope.SUBSCRIPTION,
    also=("Microsoft.Resources/subscriptions/resourceGroups",),
    table="resourcecontainers",
    action="Microsoft.Resources/subscriptions/resourceGroups/read",
)
# Not regional: a deployment into a resource group names no location, and what it deploys is judged by itself. That is
# why it does not matter that what runs is asked for the subscription's deployments alone, and no group's: whatever they
# made is listed as any other resource, and what a group's deployment says beside that is its own history.
DEPLOYMENT = Kind(
    arm="Microsoft.Resources/deployments",
    api="2024-03-01",
    pulumi=(
        "azure-native:resources:Deployment",
        "azure-native:resources:DeploymentAtManagementGroupScope",
        "azure-native:resources:DeploymentAtScope",
        "azure-native:resources:DeploymentAtSubscriptionScope",
        "azure-native:resources:DeploymentAtTenantScope",
    ),
    names="{deploymentName}",
)
DEPLOYMENT_STACK = Kind(
    arm="Microsoft.Resources/deploymentStacks",
    api="2024-03-01",
    pulumi=(
        "azure-native:resources:DeploymentStackAtResourceGroup",
        "azure-native:resources:DeploymentStackAtManagementGroup",
        "azure-native:resources:DeploymentStackAtSubscription",
    ),
    names="{deploymentStackName}",
)
