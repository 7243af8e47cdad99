"""A rich estate in a local Azure of its own: what the production program declares, with broken things planted."""

import fcntl
import os
import uuid
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from audit.kinds.scopes import OWNER
from audit.sandbox import process
from audit.sandbox.filling import fill
from audit.sandbox.tenant import put_object
from audit.sources import program, snapshot
from tests.sandbox_fixture import Sandbox
from tests.support import NOON, ROOT

_READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
"""https://learn.microsoft.com/azure/role-based-access-control/built-in-roles"""


class Estate(Sandbox):
    """A local Azure that holds the estate; what a test changes in it, `renewed` takes back."""

    def fill(self, seen):
        """Put the estate there, and plant what is broken; keeps a copy of it all."""
        fill(self.running.folder, _azure(seen))
        plant(self)
        self._whole = self.running.folder / "whole.sqlite"
        self.store.copy_to(self._whole)
        return self

    def renewed(self):
        """Take back whatever was done to the estate since it was put there."""
        with self.store.connection as connection:
            connection.execute("attach ? as whole", (str(self._whole),))
            connection.execute("begin immediate")
            for table in ("resources", "documents"):
                connection.execute(f"delete from main.{table}")  # noqa: S608  # one of two names of our own
                connection.execute(f"insert into main.{table} select * from whole.{table}")  # noqa: S608  # as above
        self.store.connection.execute("detach whole")
        return self

    def change(self, identity, change):
        """Change the properties of a resource in the store."""
        body = self.store.read(identity)
        change(body["properties"])
        self.store.put(identity, body)

    def all(self, kind):
        """Return the ids of a type's resources, in order."""
        return [body["id"] for body in self.store.listed(kind)]

    @property
    def root(self):
        """The subscription's path."""
        return f"/subscriptions/{self.store.subscriptions[0]}"


@pytest.fixture(scope="session")
def estate(tmp_path_factory):
    """The estate of this test worker, which no test may leave changed."""
    folder = tmp_path_factory.mktemp("estate")
    running, _ = process.start(folder, aws=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(running.authority))
        yield Estate(running).fill(captured(tmp_path_factory))
    process.stop(folder)


def captured(tmp_path_factory):
    """Run the production program once for all workers; the others read what the first one saw."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    file = shared / "production.json"
    with (shared / "production.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            seen = program.collect(ROOT, "production", now=NOON, seconds=300, settings={}, environment=os.environ)
            snapshot.write(seen, file)
    return snapshot.collect(file, now=datetime.now(UTC))


def _azure(seen):
    """Leave the off-site copy out: it is not Azure's."""
    own = tuple(resource for resource in seen.resources if not resource.type.startswith("AWS::"))
    return msgspec.structs.replace(seen, resources=own)


def plant(estate):
    """Break the estate in as many ways as a fault may hide, and keep a part of it in sound health."""
    now = datetime.now(UTC)
    _plant_open_doors(estate)
    _plant_strangers(estate)
    _plant_bad_backups(estate, now)
    keys = estate.all("microsoft.keyvault/vaults/keys")
    for identity, days in zip(keys, (-3, 300, 300, 300, 300), strict=False):
        expiry = int((now + timedelta(days=days)).timestamp())
        estate.change(identity, lambda body, at=expiry: body.setdefault("attributes", {}).update(exp=at))


def _plant_open_doors(estate):
    account = estate.all("microsoft.storage/storageaccounts")[0]
    estate.change(account, lambda body: body.update(allowBlobPublicAccess=True, minimumTlsVersion="TLS1_0"))
    group = estate.all("microsoft.network/networksecuritygroups")[0]
    rule = {"direction": "Inbound", "access": "Allow", "protocol": "*", "priority": 100, "sourceAddressPrefix": "*"}
    ports = {"sourcePortRange": "*", "destinationPortRange": "*", "destinationAddressPrefix": "*"}
    estate.put(f"{group}/securityRules/open-to-the-world", {"properties": {**rule, **ports}})
    server = estate.all("microsoft.sql/servers")[0]
    addresses = {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}  # noqa: S104  # a rule, no socket
    estate.put(f"{server}/firewallRules/everybody", {"properties": addresses})
    site = estate.all("microsoft.web/sites")[0]
    estate.change(site, lambda body: body.update(httpsOnly=False))


def _plant_strangers(estate):
    guest, elsewhere = str(uuid.UUID(int=77)), str(uuid.UUID(int=78))
    put_object(estate.store, "/users", {"id": guest, "userType": "Guest", "accountEnabled": True})
    role = f"{estate.root}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"
    held = {"principalId": guest, "principalType": "User", "roleDefinitionId": role, "scope": estate.root}
    estate.put(f"{estate.root}/providers/Microsoft.Authorization/roleAssignments/{guest}", {"properties": held})
    lighthouse = f"{estate.root}/providers/Microsoft.ManagedServices"
    given = [{"principalId": guest, "roleDefinitionId": _READER}]
    definition = {"managedByTenantId": elsewhere, "authorizations": given}
    estate.put(f"{lighthouse}/registrationDefinitions/{guest}", {"properties": definition})
    delegated = {"registrationDefinitionId": f"{lighthouse}/registrationDefinitions/{guest}"}
    estate.put(f"{lighthouse}/registrationAssignments/{guest}", {"properties": delegated})


def _plant_bad_backups(estate, now):
    def week(body):
        body["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = 7

    daily = estate.all("microsoft.recoveryservices/vaults/backuppolicies")[0]
    estate.change(daily, week)
    items = "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems"
    for number, identity in enumerate(estate.all(items)):
        last = now - (timedelta(hours=3) if number else timedelta(days=9))
        health = {"lastRecoveryPoint": last.isoformat(), "backupManagementType": "AzureIaasVM"}
        sound = {"protectionState": "Protected", "healthStatus": "Passed", "lastBackupStatus": "Completed"}
        estate.change(identity, lambda body, facts={**health, **sound}: body.update(facts))
