"""What Azure only marks as deleted: key vaults, and backups of a vault that keeps them.

https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
https://learn.microsoft.com/azure/backup/backup-azure-security-feature-cloud
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from audit.sandbox.address import GROUP_TYPE, Address, parse
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.store import Store

KEY_VAULT = "microsoft.keyvault/vaults"
PROTECTED_ITEM = "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems"
_GRAVES = tuple(
    f"microsoft.keyvault/{place}"
    for place in ("deletedvaults", "locations/deletedvaults", "locations/deletedvaults/purge")
)
_BURIED = "deletedVault"
_DAYS_OF_BACKUP = 14


def demand_free(store: Store, address: Address, given: Mapping[str, Any]) -> None:
    """Raise 409 where a key vault's name belongs to a deleted one, unless that one is to be recovered."""
    grave = store.document(_BURIED, address.name.lower()) if address.type == KEY_VAULT else None
    if grave is None:
        return
    if (given.get("properties") or {}).get("createMode") != "recover":
        message = f"A vault with the same name already exists in deleted state: {address.name}."
        raise Refusal(409, "ConflictError", message)
    store.delete_document(_BURIED, address.name.lower())


def vaults_of(store: Store, address: Address, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the key vaults that go when a resource goes: itself, or those in its group; empty for none."""
    if address.type == KEY_VAULT:
        return [found]
    return store.listed(KEY_VAULT, below=address.id) if address.type == GROUP_TYPE else []


def bury(store: Store, vault: Mapping[str, Any]) -> None:
    """Remember a deleted key vault, so that it can be listed, recovered or purged."""
    address, now = parse(str(vault["id"])), store.now()
    properties = vault.get("properties", {})
    location = vault.get("location", "")
    identity = (
        f"/subscriptions/{address.subscription if address else ''}/providers/Microsoft.KeyVault"
        f"/locations/{location}/deletedVaults/{vault['name']}"
    )
    days = properties.get("softDeleteRetentionInDays", 90)
    body = {
        "id": identity,
        "name": vault["name"],
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": {
            "vaultId": vault["id"],
            "location": location,
            "deletionDate": now.isoformat(),
            "scheduledPurgeDate": (now + timedelta(days=days)).isoformat(),
            "tags": vault.get("tags", {}),
            "purgeProtectionEnabled": properties.get("enablePurgeProtection") is True,
        },
    }
    store.put_document(_BURIED, str(vault["name"]).lower(), body)


def deferred(store: Store, address: Address, found: dict[str, Any]) -> bool:
    """Mark a protected item as deleted where its vault keeps deleted backups; tells whether it does."""
    if address.type != PROTECTED_ITEM:
        return False
    vault = store.read(address.id.partition("/backupfabrics/")[0]) or {}
    settings = vault.get("properties", {}).get("securitySettings", {}).get("softDeleteSettings", {})
    properties = found.setdefault("properties", {})
    if settings.get("softDeleteState") == "Disabled" or properties.get("isScheduledForDeferredDelete") is True:
        return False
    days = settings.get("softDeleteRetentionPeriodInDays", _DAYS_OF_BACKUP)
    properties["isScheduledForDeferredDelete"] = True
    properties["deferredDeleteTimeInUTC"] = (store.now() + timedelta(days=days)).isoformat()
    properties["protectionState"] = "ProtectionStopped"
    store.put(address.id, found)
    return True


def deleted_vaults(call: Call, address: Address) -> Reply | None:
    """Answer for deleted key vaults: list, read, purge; None where the call is about something else."""
    if address.type not in _GRAVES:
        return None
    buried = call.store.documents(_BURIED)
    own = [
        grave for grave in buried if grave["id"].lower().startswith(f"/subscriptions/{address.subscription.lower()}/")
    ]
    if address.types[-1].lower() == "purge":
        return _purge(call, address.names[-1])
    if address.collection:
        return Reply(200, {"value": own})
    found = next((grave for grave in own if grave["name"].lower() == address.name.lower()), None)
    if found is None:
        raise Refusal(404, "DeletedVaultNotFound", f"The specified deleted vault '{address.name}' does not exist.")
    return Reply(200, found)


def _purge(call: Call, name: str) -> Reply:
    grave = call.store.document(_BURIED, name.lower())
    if grave is None:
        raise Refusal(404, "DeletedVaultNotFound", f"The specified deleted vault '{name}' does not exist.")
    if grave["properties"]["purgeProtectionEnabled"]:
        raise Refusal(409, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed.")
    call.store.delete_document(_BURIED, name.lower())
    return Reply(200)
