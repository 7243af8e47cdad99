"""Prepares a local Azure for drills: what was backed up, canaries of a while ago, a copy damaged on purpose."""

import base64
import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import boto3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit.cli import drilling, live
from audit.drills import prepared
from audit.drills.drill import Recoverable
from audit.drills.guard import only
from audit.drills.kinds import preparing
from audit.drills.population import negative, population
from audit.drills.time import Clock
from audit.policies import Policies, load
from audit.sandbox import blobs, filling, machine_contents, recovery_points
from audit.sandbox.settled_sql import made_up
from audit.sandbox.sql_contents import hold
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT
from audit.sources import snapshot
from demo.plant import Hand

OLD = timedelta(minutes=12)
"""The age of the canaries: log backups lag ten minutes behind."""
FILE = r"C:\hosting\settings.json"
DAMAGED = "drill-fixture"
"""A database whose backups have a corrupt page, which a drill must find."""
RULE = dict.fromkeys(
    ("sourceAddressPrefix", "sourcePortRange", "destinationAddressPrefix", "destinationPortRange"), "*"
)


def policies(folder: Path, network: str, wrapping: str, fixture: str) -> Path:
    """Write the company's policies with what only the local Azure has; returns their folder."""
    own = folder / "policies"
    shutil.copytree("policies", own)
    rules = own / "drills.toml"
    text = rules.read_text()
    text = text.replace('identity = "00000000-0000-0000-0000-000000000005"', f'identity = "{CLIENT}"')
    facts = {
        "vm": f"facts = {{ files = ['{FILE}'] }}",
        "failover": f"facts = {{ network = '{network}', files = ['{FILE}'] }}",
        "offsite": f'facts = {{ wrapping_key = "{wrapping}", regions = ["eu-west-2"] }}',
        "sql": 'facts = { exact = ["dbo.customers"], query = "SELECT id FROM dbo.mailboxes" }',
    }
    for kind, line in facts.items():
        text = text.replace(f'kind = "{kind}"\n', f'kind = "{kind}"\n{line}\n', 1)
    text += f"""
[[negative_control]]
kind = "sql"
id = "{fixture}"
method = "geo"
damage = "a page in its backups is corrupt"
"""
    rules.write_text(text)
    return own


class Estate:
    """What the demo plants, and for what it writes manifests and canaries."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, Store(folder / "store.sqlite")
        self.hand = Hand(os.environ["ARM_ENDPOINT"])
        self.clock = Clock(now=self.store.now)

    def plant(self) -> Path:
        """Plant everything; returns the folder of the policies."""
        filling.live_a_day(self.folder)
        self.store.add_subscription("00000000-0000-0000-0000-000000000002", "Drills")
        self._archive()
        self._replicas()
        for database in self.store.listed("Microsoft.Sql/servers/databases"):
            self._elsewhere(str(database["id"]))
        wrapping = self._offsite()
        return policies(self.folder, self._network(), wrapping, self._fixture())

    def prepare(self, rules: Policies, items: tuple[Recoverable, ...]) -> None:
        """Write manifests and canaries, a while ago."""
        access = drilling.Access(live.Where(metadata_host=os.environ["ARM_METADATA_HOSTNAME"]), self.clock)
        sign, verify = drilling.signer(str(self.folder / "tool.pem"))
        place = self.folder / "prepared"
        for item in items:
            how = preparing(item.kind)
            if how is None:
                continue
            means = access.acting(only(how.writes), place, verify)
            made = how.canary(item, means, self.clock.now())
            at = f"{self.clock.now():%Y-%m-%dT%H:%M:%SZ}"
            prepared.write(place, item.ref, "canaries", {"canaries": [dict(made)]}, sign)
            prepared.write(place, item.ref, "manifest", {**how.prepare(item, means), "made_at": at}, sign)
            if item.kind == "vm":
                # A backup of the machine as it is now.
                recovery_points.plant(self.store, self._backup(item.id), at=self.clock.now())
        access.close()

    def _backup(self, machine: str) -> str:
        """Return the item of a vault that backs a machine up, empty where none does."""
        items = self.store.listed("Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems")
        own = (item for item in items if str(item["properties"].get("sourceResourceId", "")).lower() == machine.lower())
        return next((str(item["id"]) for item in own), "")

    def fits(self, item: Recoverable) -> bool:
        """Tell whether there is something to restore it from."""
        if item.kind == "vm":
            return bool(self._backup(item.id))
        return item.method != "sql-group"

    def _archive(self) -> None:
        """Put mail into the archive, and a file onto each machine."""
        for container in ("mailboxes", "journals"):
            for number in range(40):
                at = self.store.now() - timedelta(days=number + 1)
                content = f"message {number}\n".encode() * 200
                blobs.hold(self.store, "hostingarchive", container, f"box-{number}", content, at=at)
        for machine in self.store.listed("Microsoft.Compute/virtualMachines"):
            file = machine_contents.file(b"settings of the company's own")
            machine_contents.keep(self.store, str(machine["id"]), {"files": {FILE: file}})

    def _offsite(self) -> str:
        """Put encrypted copies into the off-site bucket; returns the key that wraps their keys."""
        s3, kms = boto3.client("s3"), boto3.client("kms")
        # moto reads no condition of a policy: what is denied without TLS alone it denies to all.
        s3.delete_bucket_policy(Bucket="hosting-offsite-archive")
        wrapping: str = kms.create_key(Description="wraps the keys of the off-site copy")["KeyMetadata"]["Arn"]
        for number in range(30):
            made = kms.generate_data_key(KeyId=wrapping, KeySpec="AES_256")
            nonce = os.urandom(12)
            metadata = {
                "content-key": base64.b64encode(made["CiphertextBlob"]).decode(),
                "key-id": wrapping,
                "nonce": base64.b64encode(nonce).decode(),
            }
            body = AESGCM(made["Plaintext"]).encrypt(nonce, f"journal {number}\n".encode() * 500, None)
            lock = {
                "ObjectLockMode": "COMPLIANCE",
                "ObjectLockRetainUntilDate": self.store.now() + timedelta(days=2555),
            }
            name = f"journals/{number}"
            s3.put_object(Bucket="hosting-offsite-archive", Key=name, Body=body, Metadata=metadata, **lock)
        return wrapping

    def _group(self) -> str:
        """Make the group in which replicas are woken."""
        group = f"/subscriptions/{self.store.subscriptions[0]}/resourceGroups/hosting-drills-ukwest"
        self.hand.put(group, {"location": "ukwest"})
        return group

    def _network(self) -> str:
        """Make the closed network in which replicas are woken."""
        group = self._group()
        guard = f"{group}/providers/Microsoft.Network/networkSecurityGroups/closed"
        rules = [
            {"name": way, "properties": {**RULE, "priority": 100, "direction": way, "protocol": "*", "access": "Deny"}}
            for way in ("Inbound", "Outbound")
        ]
        self.hand.put(guard, {"location": "ukwest", "properties": {"securityRules": rules}})
        network = f"{group}/providers/Microsoft.Network/virtualNetworks/tests"
        subnet = {"addressPrefix": "10.99.0.0/24", "networkSecurityGroup": {"id": guard}}
        space = {
            "addressSpace": {"addressPrefixes": ["10.99.0.0/16"]},
            "subnets": [{"name": "closed", "properties": subnet}],
        }
        self.hand.put(network, {"location": "ukwest", "properties": space})
        return network

    def _elsewhere(self, database: str) -> None:
        """Let Azure have copied a database's backups to the other region."""
        identity = database.replace("/databases/", "/recoverableDatabases/")
        made = {"properties": {"lastAvailableBackupDate": (self.store.now() - timedelta(minutes=5)).isoformat()}}
        self.hand.put(identity, made)

    def _replicas(self) -> None:
        """Let each replica say where it is and in which subnet it would be woken."""
        kind = "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers"
        for item in self.store.listed(f"{kind}/replicationProtectedItems"):
            properties = item["properties"]
            details = properties.get("providerSpecificDetails") or {}
            nic = {"nicId": "one", "ipConfigs": [{"name": "ip", "tfoSubnetName": "closed"}]}
            told = {**details, "recoveryFabricLocation": "ukwest", "osType": "Windows", "vmNics": [nic]}
            told.setdefault("recoveryAzureResourceGroupId", self._group())
            self.store.put(str(item["id"]), {**item, "properties": {**properties, "providerSpecificDetails": told}})

    def _fixture(self) -> str:
        """Make a database whose backups are damaged; returns its id."""
        beside = next(
            found for found in self.store.listed("Microsoft.Sql/servers/databases") if found["name"] == "provisioning"
        )
        identity = str(beside["id"]).replace("/databases/provisioning", f"/databases/{DAMAGED}")
        self.hand.put(identity, {"location": beside["location"], "sku": beside["sku"]})
        first = (self.store.now() - timedelta(days=2)).isoformat()
        body = {**(self.store.read(identity) or {})}
        body["properties"] = {**body["properties"], "earliestRestoreDate": first}
        self.store.put(identity, body)
        day = self.store.now() - timedelta(days=1)
        self._elsewhere(identity)
        hold(self.store, identity, day, made_up(day), "corrupt page")
        return identity


def main(folder: Path) -> None:
    """Plant, prepare as of a while ago, and let the time pass."""
    estate = Estate(folder)
    rules = load(estate.plant())
    declared = snapshot.collect(folder / "declared.json", now=estate.clock.now())
    scope = population(rules.drills, rules.targets, rules.statements, declared=declared)
    wanted: dict[str, Recoverable | None] = dict.fromkeys(("sql", "archive", "offsite", "vm", "failover"))
    for entry in scope:
        item = entry.item
        if item is not None and item.kind in wanted and wanted[item.kind] is None and estate.fits(item):
            wanted[item.kind] = item
    items = tuple(item for item in wanted.values() if item is not None)
    estate.store.set_clock(estate.store.now() - OLD)
    estate.prepare(rules, (*items, *negative(rules.drills, rules.targets)))
    estate.store.set_clock(estate.store.now() + OLD)
    refs = (one.ref for one in (*items, *negative(rules.drills, rules.targets)))
    (folder / "items").write_text(" ".join(f"--item {ref}" for ref in refs))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
