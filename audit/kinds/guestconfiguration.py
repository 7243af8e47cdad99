"""What Azure checks inside a machine. REST API version as azure-native 3.29 declares it."""

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.model import Kind, Parent, Scope

GUEST_ASSIGNMENT = Kind(
    arm="Microsoft.GuestConfiguration/guestConfigurationAssignments",
    api="2024-04-05",
    pulumi=("azure-native:guestconfiguration:GuestConfigurationAssignment",),
    # Attached to a machine: a program names it, an answer's id opens with the machine's own.
    parent=Parent(VIRTUAL_MACHINE.arm, by="vmName"),
    names="{guestConfigurationAssignmentName}",
    scope=Scope.ANY,
    table="guestconfigurationresources",
)
