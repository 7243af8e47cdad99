"""Policy assignments, roles and locks, attached to whatever scope they name. Versions as azure-native 3.29."""

from audit.model import Kind, Parent, Scope

POLICY_ASSIGNMENT = Kind(
    arm="Microsoft.Authorization/policyAssignments",
    api="2025-01-01",
    pulumi=("azure-native:authorization:PolicyAssignment",),
    parent=Parent("*", by="scope"),
    names="{policyAssignmentName}",
    scope=Scope.ANY,
)
POLICY_EXEMPTION = Kind(
    arm="Microsoft.Authorization/policyExemptions",
    api="2022-07-01-preview",
    pulumi=("azure-native:authorization:PolicyExemption",),
    parent=Parent("*", by="scope"),
    names="{policyExemptionName}",
    scope=Scope.ANY,
)
ROLE_ASSIGNMENT = Kind(
    arm="Microsoft.Authorization/roleAssignments",
    api="2022-04-01",
    pulumi=("azure-native:authorization:RoleAssignment",),
    parent=Parent("*", by="scope"),
    names="{roleAssignmentName}",
    scope=Scope.ANY,
)
ROLE_DEFINITION = Kind(
    arm="Microsoft.Authorization/roleDefinitions",
    api="2022-05-01-preview",
    pulumi=("azure-native:authorization:RoleDefinition",),
    # `type` is the role's own (CustomRole or BuiltInRole); the resource's type stands beside the body, not in it.
    renamed={"type": "roleType"},
    parent=Parent("*", by="scope"),
    names="{roleDefinitionId}",
    scope=Scope.ANY,
)
MANAGEMENT_LOCK = Kind(
    arm="Microsoft.Authorization/locks",
    api="2020-05-01",
    pulumi=("azure-native:authorization:ManagementLockByScope",),
    parent=Parent("*", by="scope"),
    names="{lockName}",
    scope=Scope.ANY,
)
# What privileged identity management says of each role held now: whether it was activated, and until when.
ROLE_ASSIGNMENT_SCHEDULE_INSTANCE = Kind(
    arm="Microsoft.Authorization/roleAssignmentScheduleInstances",
    api="2020-10-01",
    pulumi=(),
    parent=Parent("*", by="scope"),
    names="{roleAssignmentScheduleInstanceName}",
    scope=Scope.ANY,
)
