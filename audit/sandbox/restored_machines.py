"""What a vault's restore leaves: disks, for another location a machine with its interface, and blobs in between."""

from collections.abc import Mapping
from typing import Any

from audit.placement import guid
from audit.sandbox import backup_jobs, machine_quotas, machines, resources
from audit.sandbox.address import of_resource
from audit.sandbox.jobs import Job, Outcome
from audit.sandbox.machine_contents import Contents, keep
from audit.sandbox.recovery_points import truth_of
from audit.sandbox.store import Store

_GIGABYTES = 127
_DISK = "Premium_LRS"


def restored(store: Store, job: Job) -> None:
    """Make what a restore leaves in its target group.

    One that ends in part leaves its disks, as one does whose machine finds no room: Azure takes them back in neither
    case (https://learn.microsoft.com/azure/backup/about-azure-vm-restore). Nothing is made where the group is gone.
    """
    request = job.words["request"]
    group, point = str(request["targetResourceGroupId"]), str(job.words["point"])
    if not resources.is_there(store, group):
        name = group.rpartition("/")[2]
        return backup_jobs.note(store, job, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
    contents = truth_of(store, point)
    partly = job.outcome is Outcome.PARTIAL
    whole_machine = request["recoveryType"] == "AlternateLocation"
    disks = _disks(store, job, contents, only_first=partly and not whole_machine)
    if partly:
        return None
    if whole_machine:
        return _with_machine(store, job, contents, disks)
    return _stage(store, job)


def machine_with(store: Store, identity: str, nic: str, disks: list[str], contents: Contents, region: str) -> None:
    """Make a machine from disks, the first of which it starts from; it runs at once."""
    first, *others = ({"id": disk, "storageAccountType": _DISK} for disk in disks)
    system = {
        "osType": contents.system,
        "name": str(first["id"]).rpartition("/")[2],
        "createOption": "Attach",
        "managedDisk": first,
    }
    data = [
        {"lun": lun, "name": str(disk["id"]).rpartition("/")[2], "createOption": "Attach", "managedDisk": disk}
        for lun, disk in enumerate(others)
    ]
    properties = {
        "hardwareProfile": {"vmSize": contents.size},
        "storageProfile": {"osDisk": system, "dataDisks": data},
        "networkProfile": {"networkInterfaces": [{"id": nic}]} if nic else {"networkInterfaces": []},
        "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
    }
    resources.put(store, of_resource(identity), {"location": region, "properties": properties})
    for disk in disks:
        _merge(store, disk, {"managedBy": identity, "properties": {"diskState": "Attached"}})
    if nic:
        _merge(store, nic, {"properties": {"virtualMachine": {"id": identity}}})
    machines.started(store, identity)


def interface(store: Store, identity: str, subnet: str, region: str) -> str:
    """Make the interface of a restored machine in a subnet; returns its id."""
    address = {"privateIPAllocationMethod": "Dynamic", "privateIPAddress": "10.255.0.4", "subnet": {"id": subnet}}
    body = {"location": region, "properties": {"ipConfigurations": [{"name": "ipconfig1", "properties": address}]}}
    resources.put(store, of_resource(identity), body)
    return identity


def disk(store: Store, identity: str, region: str, source: str, system: str = "") -> str:
    """Make a disk out of what a vault or a replica holds; returns its id."""
    properties = {
        "creationData": {"createOption": "Restore", "sourceResourceId": source},
        "diskSizeGB": _GIGABYTES,
        "diskState": "Unattached",
        **({"osType": system} if system else {}),
    }
    body = {"location": region, "sku": {"name": _DISK}, "properties": properties}
    resources.put(store, of_resource(identity), body)
    return identity


def _disks(store: Store, job: Job, contents: Contents, *, only_first: bool) -> list[str]:
    """Make the disks; of a point that is partial the system's alone."""
    request, stamp = job.words["request"], f"{job.began:%Y%m%d-%H%M%S}"
    point = str(job.words["point"])
    place = f"{request['targetResourceGroupId']}/providers/Microsoft.Compute/disks/{backup_jobs.machine_name(job)}"
    told = ((store.read(point) or {}).get("properties") or {}).get("recoveryPointDiskConfiguration") or {}
    count = 1 if only_first else int(told.get("numberOfDisksIncludedInBackup", 1 + contents.data_disks))
    names = [f"{place}-osdisk-{stamp}", *(f"{place}-datadisk-{lun:03}-{stamp}" for lun in range(count - 1))]
    region = str(request["region"])
    for index, name in enumerate(names):
        disk(store, name, region, point, "" if index else contents.system)
    keep(store, names[0], contents)
    return names


def _with_machine(store: Store, job: Job, contents: Contents, disks: list[str]) -> None:
    """Make the machine, unless its region has no room for it."""
    request = job.words["request"]
    machine, region = str(request["targetVirtualMachineId"]), str(request["region"])
    subscription = of_resource(machine).subscription
    if words := machine_quotas.refusal(store, subscription, region, contents.size):
        return backup_jobs.note(store, job, machine_quotas.CODE, words)
    name = machine.rpartition("/")[2]
    suffix = guid(machine, job.id).replace("-", "")
    place = f"{request['targetResourceGroupId']}/providers/Microsoft.Network/networkInterfaces/{name}-nic-{suffix}"
    nic = interface(store, place, str(request["subnetId"]), region)
    machine_with(store, machine, nic, disks, contents, region)
    return _stage(store, job)


def _stage(store: Store, job: Job) -> None:
    """Leave the machine's configuration and a template in the staging account, where they stay."""
    account = str(job.words["request"]["storageAccountId"])
    backup_jobs.stage(store, account, job, backup_jobs.staged_names(job))


def _merge(store: Store, identity: str, change: Mapping[str, Any]) -> None:
    found = store.read(identity)
    if found is not None:
        store.put(identity, resources.merged(found, change))
