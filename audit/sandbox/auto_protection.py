"""A policy of a subscription that has every new machine backed up, a drill's copies among them.

https://learn.microsoft.com/azure/backup/backup-azure-auto-enable-backup
"""

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.recoveryservices import PROTECTED_ITEM
from audit.sandbox import resources
from audit.sandbox.address import of_resource
from audit.sandbox.store import Store

_KIND = "automatic backup"


def protect(store: Store, vault: str) -> None:
    """Have every new machine of the vault's subscription backed up in this vault from now on."""
    store.put_document(_KIND, of_resource(vault).subscription.lower(), {"vault": vault})


def take(store: Store, machine: str) -> None:
    """Back up a new machine where a policy says so."""
    address = of_resource(machine)
    found = store.document(_KIND, address.subscription.lower())
    if found is None:
        return
    source = {
        "protectedItemType": VIRTUAL_MACHINE.arm,
        "sourceResourceId": machine,
        "virtualMachineId": machine,
        "friendlyName": address.name,
        "backupManagementType": "AzureIaasVM",
        "workloadType": "VM",
        "protectionState": "IRPending",
        "protectionStatus": "Healthy",
    }
    resources.put(store, of_resource(item_id(found["vault"], machine)), {"properties": source})


def item_id(vault: str, machine: str) -> str:
    """Return the id of the protected item that a machine has in a vault.

    https://learn.microsoft.com/azure/backup/backup-azure-arm-userestapi-backupazurevms
    """
    address = of_resource(machine)
    name = f"iaasvmcontainerv2;{address.group};{address.name}".lower()
    below = PROTECTED_ITEM.arm.rpartition("/vaults/")[2].split("/")
    return f"{vault}/{below[0]}/Azure/{below[1]}/iaasvmcontainer;{name}/{below[2]}/vm;{name}"
