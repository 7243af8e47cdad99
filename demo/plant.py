"""Does to the local Azure what hands, accidents and time do to a real one, for the demo to find."""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import requests
from azure.identity import DefaultAzureCredential

from audit.sandbox.faults import Effect, Fault, add
from audit.sandbox.store import Store

OLD = timedelta(days=9)
MOMENTS = ("lastRecoveryPoint", "lastBackupTime", "recoveryPointTime")
"""What tells when a machine was backed up."""


class Hand:
    """Somebody with the right to change things, and without a stack."""

    def __init__(self, azure: str) -> None:
        """Sign in at `azure`, where Resource Manager answers."""
        self.azure = azure
        credential = DefaultAzureCredential(authority=azure, disable_instance_discovery=True)
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {credential.get_token(f'{azure}/.default').token}"

    def read(self, identity: str) -> dict[str, Any]:
        """Read a resource."""
        return self._send("GET", identity)

    def put(self, identity: str, body: dict[str, Any]) -> None:
        """Make a resource, or put another in its place."""
        self._send("PUT", identity, body)

    def delete(self, identity: str) -> None:
        """Delete a resource."""
        self._send("DELETE", identity)

    def _send(self, method: str, identity: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        url = f"{self.azure}{identity}?api-version=2024-01-01"
        reply = self.session.request(method, url, json=body, timeout=30)
        reply.raise_for_status()
        answer: dict[str, Any] = reply.json() if reply.content else {}
        return answer


def one(store: Store, kind: str, name: str) -> str:
    """Find the id of a resource by its type and name."""
    return next(str(found["id"]) for found in store.listed(type=kind) if found["name"] == name)


def lock_the_doors(hand: Hand, store: Store) -> None:
    """Lock what can never be unlocked again: people approve this step by itself, and no deployment takes it."""
    for kind in ("Microsoft.RecoveryServices/vaults", "Microsoft.DataProtection/backupVaults"):
        for body in store.listed(type=kind):
            body["properties"]["securitySettings"]["immutabilitySettings"]["state"] = "Locked"
            hand.put(str(body["id"]), body)
    for body in store.listed(type="Microsoft.Storage/storageAccounts"):
        immutable = body["properties"].get("immutableStorageWithVersioning", {})
        if "immutabilityPolicy" in immutable:
            immutable["immutabilityPolicy"]["state"] = "Locked"
            hand.put(str(body["id"]), body)
    buckets = boto3.client("s3")
    for bucket in buckets.list_buckets()["Buckets"]:
        with suppress(buckets.exceptions.ClientError):  # only the copy itself has a lock
            lock = buckets.get_object_lock_configuration(Bucket=bucket["Name"])["ObjectLockConfiguration"]
            lock["Rule"]["DefaultRetention"]["Mode"] = "COMPLIANCE"
            buckets.put_object_lock_configuration(Bucket=bucket["Name"], ObjectLockConfiguration=lock)


def open_the_archive(hand: Hand, store: Store, *, to_all: bool = True) -> None:
    """Let the whole internet reach the archive's storage account, or nobody of it again."""
    identity = one(store, "Microsoft.Storage/storageAccounts", "hostingarchive")
    body = hand.read(identity)
    body["properties"]["publicNetworkAccess"] = "Enabled" if to_all else "Disabled"
    body["properties"]["networkAcls"]["defaultAction"] = "Allow" if to_all else "Deny"
    hand.put(identity, body)


def keep_backups(hand: Hand, store: Store, *, days: int) -> None:
    """Keep the daily backups of the machines for so many days."""
    policies = store.listed(type="Microsoft.RecoveryServices/vaults/backupPolicies")
    body = next(found for found in policies if "uksouth" in found["id"].lower())
    body["properties"]["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = days
    hand.put(str(body["id"]), body)


def make_a_database(hand: Hand, store: Store) -> None:
    """Make a copy of the provisioning data beside it, by hand."""
    beside = next(
        found for found in store.listed(type="Microsoft.Sql/servers/databases") if found["name"] == "provisioning"
    )
    copy: dict[str, Any] = {key: beside[key] for key in ("location", "sku") if key in beside}
    hand.put(str(beside["id"]).replace("/databases/provisioning", "/databases/provisioning-copy"), copy)


def let_time_pass(store: Store) -> None:
    """Let one machine's last backup be nine days old."""
    item = store.listed(type="Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems")[0]
    last = (datetime.now(UTC) - OLD).isoformat()
    for found in (item, *store.listed(below=str(item["id"]))):
        changed = {key: last for key in found["properties"] if key in MOMENTS}
        store.put(str(found["id"]), {**found, "properties": {**found["properties"], **changed}})


def main(folder: Path) -> None:
    """Do all of it to the local Azure of `folder`."""
    store, hand = Store(folder / "store.sqlite"), Hand(os.environ["ARM_ENDPOINT"])
    lock_the_doors(hand, store)
    open_the_archive(hand, store)
    keep_backups(hand, store, days=7)
    make_a_database(hand, store)
    let_time_pass(store)
    add(store, Fault(effect=Effect.DENY, path="*/Microsoft.Authorization/locks"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
