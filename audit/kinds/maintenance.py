"""When machines are patched, and which machine keeps to which window. API versions as azure-native 3.29 has them."""

from audit.model import Kind, Parent, Scope

MAINTENANCE_CONFIGURATION = Kind(
    arm="Microsoft.Maintenance/maintenanceConfigurations",
    api="2023-10-01-preview",
    pulumi=("azure-native:maintenance:MaintenanceConfiguration",),
    # ARM nests when the window opens; the SDK lays it flat.
    renamed={
        f"maintenanceWindow.{key}": key
        for key in ("startDateTime", "expirationDateTime", "duration", "timeZone", "recurEvery")
    },
    regional=True,
    names="{resourceName}",
    table="resources",
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
    names="{configurationAssignmentName}",
    scope=Scope.ANY,
    # ARM would have to be asked machine by machine, and would still leave out what is assigned by a filter.
    table="maintenanceresources",
)
