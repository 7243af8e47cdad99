"""When machines are patched, and which machine keeps to which window. API versions as azure-native 3.29 has them."""

from audit.model import Kind, Parent

MAINTENANCE_CONFIGURATION = Kind(
    arm="Microsoft.Maintenance/maintenanceConfigurations",
    api="2023-10-01-preview",
    pulumi=("azure-native:maintenance:MaintenanceConfiguration",),
    regional=True,
)
CONFIGURATION_ASSIGNMENT = Kind(
    arm="Microsoft.Maintenance/configurationAssignments",
    api="2023-10-01-preview",
    pulumi=(
        "azure-native:maintenance:ConfigurationAssignment",
        "azure-native:maintenance:ConfigurationAssignmentParent",
        "azure-native:maintenance:ConfigurationAssignmentsForResourceGroup",
        "azure-native:maintenance:ConfigurationAssignmentsForSubscription",
    ),
    # It has a location, but holds nothing there: where it lies follows from the machine it is attached to.
    parent=Parent("*", by="resourceId"),
)
