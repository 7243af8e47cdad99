"""The estate that the tools scan: that of `make demo`, with more broken in it, so that each check has what it fails."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.sandbox import process, resources
from audit.sandbox.address import parse
from audit.sandbox.process import Running
from audit.sandbox.store import Store

ROOT = Path(__file__).parents[3]
BIN = ROOT / ".venv" / "bin"
GROUP = "forgotten"
OPEN_PORTS = {"rdp": ("3389", "Tcp"), "ssh": ("22", "Tcp"), "http": ("80", "Tcp"), "any-udp": ("*", "Udp")}
_EVERY = {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}  # noqa: S104  # a rule, no socket

Planted = tuple[str, dict[str, Any]]
"""The id of a resource, and what is put there or, where it is there, merged into it."""


def prepare(folder: Path) -> Running:
    """Fill a local Azure as `make demo` does, break more of it, and leave it running."""
    audit = [str(BIN / "audit"), "sandbox"]
    load = [*audit, "load", "-f", str(folder), "--stack", "production"]
    subprocess.run(load, check=True, cwd=ROOT, stderr=subprocess.DEVNULL)
    running, _ = process.start(folder)
    demo = [str(BIN / "python"), "demo/plant.py", str(folder)]
    subprocess.run([*audit, "run", "-f", str(folder), "--", *demo], check=True, cwd=ROOT)
    store = running.store()
    for make in (_disks, _forgotten, _changed):
        for identity, body in list(make(store)):
            _plant(store, identity, body)
    unprotected = _of(store, "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems")[-1]
    store.delete(unprotected.lower())
    store.close()
    return running


def _plant(store: Store, identity: str, body: dict[str, Any]) -> None:
    address = parse(identity)
    assert address is not None, identity
    found = store.read(identity)
    if found is None:
        resources.put(store, address, body)
    else:
        store.put(identity, resources.merged(found, body))


def _of(store: Store, kind: str) -> list[str]:
    """Return the ids of a type's resources, in order."""
    return [str(found["id"]) for found in store.listed(kind)]


def _disks(store: Store) -> Iterator[Planted]:
    """Yield the disk that Azure makes with each machine, as open as Azure makes it, and who uses each other disk.

    https://learn.microsoft.com/azure/virtual-machines/managed-disks-overview#os-disk
    """
    for machine in store.listed("microsoft.compute/virtualmachines"):
        disk = machine["properties"]["storageProfile"]["osDisk"]
        name = disk.get("name") or f"{machine['name']}_OsDisk_1"
        group = machine["id"].partition("/providers/")[0]
        identity = f"{group}/providers/Microsoft.Compute/disks/{name}"
        managed = disk.get("managedDisk") or {}
        key = {
            "type": "EncryptionAtRestWithCustomerKey",
            "diskEncryptionSetId": managed["diskEncryptionSet"]["id"],
        }
        made = {"creationData": {"createOption": "FromImage"}, "osType": "Windows", "diskState": "Attached"}
        sku = {"name": managed.get("storageAccountType", "Premium_LRS")}
        access = {"networkAccessPolicy": "AllowAll", "publicNetworkAccess": "Enabled"}
        yield (
            identity,
            {
                "location": machine["location"],
                "sku": sku,
                "managedBy": machine["id"],
                "properties": {**made, **access, "encryption": key},
            },
        )
        named = {"osDisk": {"name": name, "managedDisk": {"id": identity}}}
        yield machine["id"], {"properties": {"storageProfile": named}}
        for data in machine["properties"]["storageProfile"].get("dataDisks", ()):
            if attached := (data.get("managedDisk") or {}).get("id"):
                yield attached, {"managedBy": machine["id"], "properties": {"diskState": "Attached"}}


def _forgotten(store: Store) -> Iterator[Planted]:
    """Yield what somebody made by hand in a group of its own, as carelessly as can be."""
    group = f"/subscriptions/{store.subscriptions[0]}/resourceGroups/{GROUP}"
    place = {"location": "uksouth"}
    yield group, place
    careless = {
        "allowBlobPublicAccess": True,
        "minimumTlsVersion": "TLS1_0",
        "supportsHttpsTrafficOnly": False,
        "allowSharedKeyAccess": True,
        "allowCrossTenantReplication": True,
        "publicNetworkAccess": "Enabled",
    }
    kind = {"kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    yield f"{group}/providers/Microsoft.Storage/storageAccounts/dump", {**place, **kind, "properties": careless}
    vault = {"enableRbacAuthorization": False, "enableSoftDelete": True, "sku": {"family": "A", "name": "standard"}}
    yield f"{group}/providers/Microsoft.KeyVault/vaults/forgotten-keys", {**place, "properties": vault}
    spare = {"creationData": {"createOption": "Empty"}, "diskState": "Unattached", "diskSizeGB": 64}
    plain = {"encryption": {"type": "EncryptionAtRestWithPlatformKey"}}
    yield f"{group}/providers/Microsoft.Compute/disks/spare", {**place, "properties": {**spare, **plain}}
    rules = [_rule(name, number, *what) for number, (name, what) in enumerate(OPEN_PORTS.items())]
    open_doors = f"{group}/providers/Microsoft.Network/networkSecurityGroups/open"
    yield open_doors, {**place, "properties": {"securityRules": rules}}
    owner = {"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}
    role = f"/subscriptions/{store.subscriptions[0]}/providers/Microsoft.Authorization/roleDefinitions"
    scope = {"assignableScopes": [f"/subscriptions/{store.subscriptions[0]}"], "permissions": [owner]}
    named = {"roleName": "All of it", "description": "", "type": "CustomRole"}
    yield f"{role}/0a0d17e5-0000-4000-8000-00000000f0f0", {"properties": {**named, **scope}}


def _rule(name: str, number: int, port: str, protocol: str) -> dict[str, Any]:
    """Make a rule of a security group that lets the whole Internet in at a port."""
    fro = {"sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "*"}
    how = {"direction": "Inbound", "access": "Allow", "priority": 100 + number, "protocol": protocol}
    return {"name": name, "properties": {**fro, **how, "destinationPortRange": port}}


def _changed(store: Store) -> Iterator[Planted]:
    """Yield what somebody changed by hand in what the program declares."""
    server, site = _of(store, "microsoft.sql/servers")[0], _of(store, "microsoft.web/sites")[0]
    yield f"{server}/firewallRules/everybody", {"properties": _EVERY}
    yield server, {"properties": {"minimalTlsVersion": "1.0", "publicNetworkAccess": "Enabled"}}
    yield site, {"properties": {"httpsOnly": False}}
    yield f"{site}/config/web", {"properties": {"minTlsVersion": "1.0", "ftpsState": "AllAllowed"}}
    plan = f"/subscriptions/{store.subscriptions[0]}/providers/Microsoft.Security/pricings/KeyVaults"
    yield plan, {"properties": {"pricingTier": "Free"}}
