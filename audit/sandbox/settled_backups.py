"""What backups and replication show after their first day: states, recovery points and jobs."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from audit.kinds.dataprotection import BLOB_BACKUP_INSTANCE, BLOB_BACKUP_VAULT, BLOB_RESOURCE_GUARD_PROXY
from audit.kinds.recoveryservices import PROTECTED_ITEM, RECOVERY_VAULT, REPLICATED_ITEM, RESOURCE_GUARD_PROXY
from audit.placement import guid
from audit.sandbox import recovery_points
from audit.sandbox.made import moment
from audit.sandbox.store import Store

Told = tuple[str, Mapping[str, Any]]
"""The id of a resource, and the properties that Azure has come to give it."""

_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
_MACHINES = "AzureIaasVM"
_SERVED = {"AzureBackup": "privateEndpointStateForBackup", "AzureSiteRecovery": "privateEndpointStateForSiteRecovery"}
"""What a vault's endpoint serves → where the vault says that it works."""


def backups(store: Store, now: datetime) -> Iterator[Told]:
    """Tell of every vault what it is, and of everything in it that it was backed up or replicated a while ago."""
    yield from _vaults(store)
    for item in store.listed(PROTECTED_ITEM.arm):
        yield from _item(store, item, now)
    for instance in store.listed(BLOB_BACKUP_INSTANCE.arm):
        # https://learn.microsoft.com/rest/api/dataprotection/backup-instances/get
        configured = "ProtectionConfigured"
        yield instance["id"], {"currentProtectionState": configured, "protectionStatus": {"status": configured}}
    for replicated in store.listed(REPLICATED_ITEM.arm):
        yield _replicated(replicated, now)


def _vaults(store: Store) -> Iterator[Told]:
    """Tell of each vault whether a guard and an endpoint are bound to it, and at work.

    https://learn.microsoft.com/rest/api/recoveryservices/vaults/get
    https://learn.microsoft.com/rest/api/dataprotection/backup-vaults/get
    """
    guarded = {proxy["id"].rpartition("/backupResourceGuardProxies/")[0].lower() for proxy in _proxies(store)}
    for vault in store.listed(RECOVERY_VAULT.arm):
        connections = vault["properties"].get("privateEndpointConnections") or ()
        served = {group for one in connections for group in one["properties"].get("groupIds", ())}
        approval = "Enabled" if vault["id"].lower() in guarded else "Disabled"
        states = {path: "Enabled" if group in served else "None" for group, path in _SERVED.items()}
        yield vault["id"], {**states, "securitySettings": {"multiUserAuthorization": approval}}
    for vault in store.listed(BLOB_BACKUP_VAULT.arm):
        yield vault["id"], {"isVaultProtectedByResourceGuard": vault["id"].lower() in guarded}


def _proxies(store: Store) -> list[dict[str, Any]]:
    return store.listed((RESOURCE_GUARD_PROXY.arm, BLOB_RESOURCE_GUARD_PROXY.arm))


def _item(store: Store, item: Mapping[str, Any], now: datetime) -> Iterator[Told]:
    """Tell of one machine that it was backed up two hours ago, by a job that went well, and has points that are listed.

    https://learn.microsoft.com/rest/api/backup/protected-items/get
    """
    identity, properties = str(item["id"]), item["properties"]
    if properties.get("protectedItemType") != "Microsoft.Compute/virtualMachines":
        return
    began, name = now - 2 * _HOUR, str(properties.get("sourceResourceId")).rpartition("/")[2]
    health = {"protectionState": "Protected", "protectionStatus": "Healthy", "healthStatus": "Passed"}
    last = {"lastBackupTime": moment(began), "lastRecoveryPoint": moment(began + _MINUTE)}
    managed = {"backupManagementType": _MACHINES, "workloadType": "VM", "friendlyName": name}
    yield identity, {**managed, **health, "lastBackupStatus": "Completed", **last}
    yield from recovery_points.settled(store, identity, began + _MINUTE)
    yield _job(identity, name, began)


def _job(item: str, machine: str, began: datetime) -> Told:
    """Tell of the job that backed a machine up: https://learn.microsoft.com/rest/api/backup/job-details/get."""
    vault = re.split("/backupFabrics/", item, flags=re.IGNORECASE)[0]
    return (
        f"{vault}/backupJobs/{guid(item, 'job')}",
        {
            "jobType": "AzureIaaSVMJob",
            "backupManagementType": _MACHINES,
            "entityFriendlyName": machine,
            "operation": "Backup",
            "status": "Completed",
            "startTime": moment(began),
            "endTime": moment(began + 40 * _MINUTE),
        },
    )


def _replicated(item: Mapping[str, Any], now: datetime) -> Told:
    """Tell of one machine that its copy in the other region is two minutes behind.

    https://learn.microsoft.com/rest/api/site-recovery/replication-protected-items/get
    """
    measured = {"rpoInSeconds": 120, "lastRpoCalculatedTime": moment(now - _MINUTE)}
    health = {"replicationHealth": "Normal", "protectionState": "Protected", "testFailoverState": "None"}
    return str(item["id"]), {**health, "providerSpecificDetails": measured}
