"""Lighthouse: what is delegated to other tenants. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Parent, Scope

REGISTRATION_DEFINITION = Kind(
    arm="Microsoft.ManagedServices/registrationDefinitions",
    api="2022-10-01",
    pulumi=("azure-native:managedservices:RegistrationDefinition",),
    parent=Parent("*", by="scope"),
    names="{registrationDefinitionId}",
    scope=Scope.ANY,
    # ARM lists what stands at the scope itself; Resource Graph also knows what a single group was delegated by.
    table="managedserviceresources",
)
REGISTRATION_ASSIGNMENT = Kind(
    arm="Microsoft.ManagedServices/registrationAssignments",
    api="2022-10-01",
    pulumi=("azure-native:managedservices:RegistrationAssignment",),
    parent=Parent("*", by="scope"),
    names="{registrationAssignmentId}",
    scope=Scope.ANY,
    table="managedserviceresources",
)
