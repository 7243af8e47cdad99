"""Machines, their disks, and the keys that disks are encrypted with. API versions as azure-native 3.29 has them."""

from audit.model import Kind, Parent

VIRTUAL_MACHINE = Kind(
    arm="Microsoft.Compute/virtualMachines",
    api="2024-11-01",
    pulumi=("azure-native:compute:VirtualMachine",),
    regional=True,
    names="{vmName}",
    wraps=(
        "networkProfile.networkInterfaces[]",
        "networkProfile.networkInterfaceConfigurations[]",
        "networkProfile.networkInterfaceConfigurations[].ipConfigurations[]",
        "networkProfile.networkInterfaceConfigurations[].ipConfigurations[].publicIPAddressConfiguration",
    ),
    table="resources",
    # What the agent says is told on demand alone.
    one_by_one=True,
    expand="instanceView",
)
VIRTUAL_MACHINE_EXTENSION = Kind(
    arm="Microsoft.Compute/virtualMachines/extensions",
    api="2024-11-01",
    pulumi=("azure-native:compute:VirtualMachineExtension",),
    regional=True,
    parent=Parent(VIRTUAL_MACHINE.arm, by="vmName"),
    names="{vmName}/{vmExtensionName}",
    table="resources",
)
# What Update Manager found on a machine. Azure makes both, and only Resource Graph lists them:
# https://learn.microsoft.com/azure/update-manager/query-logs
PATCH_ASSESSMENT = Kind(
    arm="Microsoft.Compute/virtualMachines/patchAssessmentResults",
    api="2024-11-01",
    pulumi=(),
    parent=Parent(VIRTUAL_MACHINE.arm, by="vmName"),
    names="{vmName}/latest",
    table="patchassessmentresources",
    action="Microsoft.Compute/virtualMachines/patchAssessmentResults/latest/read",
)
SOFTWARE_PATCH = Kind(
    arm="Microsoft.Compute/virtualMachines/patchAssessmentResults/softwarePatches",
    api="2024-11-01",
    pulumi=(),
    parent=Parent(VIRTUAL_MACHINE.arm, by="vmName"),
    names="{vmName}/latest/{softwarePatchName}",
    table="patchassessmentresources",
    action="Microsoft.Compute/virtualMachines/patchAssessmentResults/latest/softwarePatches/read",
)
DISK = Kind(
    arm="Microsoft.Compute/disks",
    api="2024-03-02",
    pulumi=("azure-native:compute:Disk",),
    regional=True,
    names="{diskName}",
    table="resources",
)
SNAPSHOT = Kind(
    arm="Microsoft.Compute/snapshots",
    api="2024-03-02",
    pulumi=("azure-native:compute:Snapshot",),
    regional=True,
    names="{snapshotName}",
    table="resources",
)
DISK_ENCRYPTION_SET = Kind(
    arm="Microsoft.Compute/diskEncryptionSets",
    api="2024-03-02",
    pulumi=("azure-native:compute:DiskEncryptionSet",),
    regional=True,
    names="{diskEncryptionSetName}",
    table="resources",
)
DISK_ACCESS = Kind(
    arm="Microsoft.Compute/diskAccesses",
    api="2024-03-02",
    pulumi=("azure-native:compute:DiskAccess",),
    regional=True,
    names="{diskAccessName}",
    table="resources",
)
