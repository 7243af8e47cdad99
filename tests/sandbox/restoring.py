"""A machine that is backed up in the local Azure, a vault, and a closed network to restore it into."""

from datetime import UTC, datetime, timedelta

from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

from audit.sandbox import machine_contents, recovery_points
from audit.sandbox.auto_protection import item_id

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLACE = {"location": "uksouth"}
CANARY = {"at": "2026-03-02T10:55:00Z", "digest": "a" * 64}
LETTER = machine_contents.file(b"Dear Ada")
TRUTH = {"canary": CANARY, "files": {r"C:\mail\a.txt": LETTER}, "services": {"mail": "running"}}
DENY = {
    "priority": 100,
    "access": "Deny",
    "protocol": "*",
    "sourceAddressPrefix": "*",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "*",
}


class Azure:
    """A machine that is backed up, a vault, an empty group to restore to, and clients that nobody here wrote."""

    def __init__(self, sandbox):
        self.sandbox, self.store = sandbox, sandbox.store
        self.backup = sandbox.client(RecoveryServicesBackupClient)
        self.compute = sandbox.client(ComputeManagementClient, polling_interval=0.02)
        self.network = sandbox.client(NetworkManagementClient, polling_interval=0.02)
        self.own, self.drill = (f"{sandbox.group(name)}/providers" for name in ("own", "drill"))
        self.target = self.drill.removesuffix("/providers")
        self.vault = f"{self.own}/Microsoft.RecoveryServices/vaults/safe"
        self.machine = f"{self.own}/Microsoft.Compute/virtualMachines/mail"
        self.account = f"{self.drill}/Microsoft.Storage/storageAccounts/staging"
        self.net = f"{self.drill}/Microsoft.Network/virtualNetworks/isolated"
        guard = f"{self.drill}/Microsoft.Network/networkSecurityGroups/closed"
        rules = [
            {"name": f"nothing-{way.lower()}", "properties": {**DENY, "direction": way}}
            for way in ("Inbound", "Outbound")
        ]
        sandbox.put(guard, {**PLACE, "properties": {"securityRules": rules}})
        subnet = {"name": "copy", "properties": {"addressPrefix": "10.9.0.0/24", "networkSecurityGroup": {"id": guard}}}
        space = {"addressSpace": {"addressPrefixes": ["10.9.0.0/24"]}, "subnets": [subnet]}
        sandbox.put(self.net, {**PLACE, "properties": space})
        sandbox.put(self.vault, PLACE)
        sandbox.put(self.machine, {**PLACE, "properties": {"hardwareProfile": {"vmSize": "Standard_D4s_v5"}}})
        sandbox.put(self.account, {**PLACE, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"})
        self.item = item_id(self.vault, self.machine)
        source = {"protectedItemType": "Microsoft.Compute/virtualMachines", "sourceResourceId": self.machine}
        sandbox.put(self.item, {"properties": source})
        self.where = ("safe", "own", "Azure", self.item.split("/")[-3], self.item.split("/")[-1])

    def plant(self, at=NOON - HOUR, **said):
        """Let the machine have a recovery point of an hour ago; returns its name."""
        return recovery_points.plant(self.store, self.item, at=at, **{"contents": TRUTH, **said})

    def points(self):
        """Return the points that the vault lists."""
        return list(self.backup.recovery_points.list(*self.where))

    def later(self, by=timedelta(minutes=1)):
        """Let time pass, and ask for something: what ended meanwhile is there with the next request."""
        self.store.set_clock(self.store.now() + by)
        self.sandbox.ask("GET", f"{self.vault}?api-version=2024-10-01")

    def restore(self, point, kind="AlternateLocation", **said):
        """Begin to restore and return the id of the job, as the operation tells it."""
        begun = self.backup.restores.begin_trigger(
            *self.where, point, {"properties": self.request(kind, **said)}, polling=False, cls=_headers
        )
        status, told, _ = self.sandbox.ask("GET", begun.result()["Azure-AsyncOperation"])
        assert (status, told["status"]) == (200, "Succeeded")
        return told["properties"]["jobId"]

    def request(self, kind, **said):
        """Return what a vault is asked; what is None is left out."""
        whole = {
            "objectType": "IaasVMRestoreRequest",
            "recoveryType": kind,
            "sourceResourceId": self.machine,
            "targetResourceGroupId": self.target,
            "storageAccountId": self.account,
            "region": "uksouth",
            "targetVirtualMachineId": f"{self.drill}/Microsoft.Compute/virtualMachines/copy",
            "virtualNetworkId": self.net,
            "subnetId": f"{self.net}/subnets/copy",
            **said,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def job(self, identity):
        """Return what a job tells."""
        return self.backup.job_details.get("safe", "own", identity).properties

    def made(self):
        """Return the kinds of what lies in the group that is restored to, beside what the test put there."""
        kinds = (one["type"].rpartition("/")[2] for one in self.store.listed(group="drill"))
        return sorted(kind for kind in kinds if kind in ("disks", "virtualMachines", "networkInterfaces"))

    def copy(self, **said):
        """Restore a machine and return its instance view."""
        self.restore(self.plant(**said))
        self.later()
        return self.compute.virtual_machines.instance_view("drill", "copy")

    def run(self, *lines):
        """Run a script in the restored machine and return what Azure answers."""
        begun = self.compute.virtual_machines.begin_run_command(
            "drill", "copy", {"commandId": "RunPowerShellScript", "script": list(lines)}
        )
        self.later()
        return begun.result()


def _headers(response, _, headers):
    return response.http_response.headers
