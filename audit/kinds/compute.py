"""Machines, their disks, and the keys that disks are encrypted with. API versions as azure-native 3.29 has them."""

from audit.model import Kind, Parent

VIRTUAL_MACHINE = Kind(
    arm="Microsoft.Compute/virtualMachines",
    api="2024-11-01",
    pulumi=("azure-native:compute:VirtualMachine",),
    regional=True,
)
VIRTUAL_MACHINE_EXTENSION = Kind(
    arm="Microsoft.Compute/virtualMachines/extensions",
    api="2024-11-01",
    pulumi=("azure-native:compute:VirtualMachineExtension",),
    regional=True,
    parent=Parent(VIRTUAL_MACHINE.arm, by="vmName"),
)
DISK = Kind(
    arm="Microsoft.Compute/disks",
    api="2024-03-02",
    pulumi=("azure-native:compute:Disk",),
    regional=True,
)
SNAPSHOT = Kind(
    arm="Microsoft.Compute/snapshots",
    api="2024-03-02",
    pulumi=("azure-native:compute:Snapshot",),
    regional=True,
)
DISK_ENCRYPTION_SET = Kind(
    arm="Microsoft.Compute/diskEncryptionSets",
    api="2024-03-02",
    pulumi=("azure-native:compute:DiskEncryptionSet",),
    regional=True,
)
DISK_ACCESS = Kind(
    arm="Microsoft.Compute/diskAccesses",
    api="2024-03-02",
    pulumi=("azure-native:compute:DiskAccess",),
    regional=True,
)
