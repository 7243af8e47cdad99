"""What was locked stays locked: no request opens it again, shortens it or takes it away."""

from collections.abc import Mapping
from typing import Any

from audit.sandbox.address import Address
from audit.sandbox.answers import Refusal

ACCOUNT = "microsoft.storage/storageaccounts"
CONTAINER_POLICY = f"{ACCOUNT}/blobservices/containers/immutabilitypolicies"
_VAULTS = ("microsoft.recoveryservices/vaults", "microsoft.dataprotection/backupvaults")
_PERIOD = "immutabilityPeriodSinceCreationInDays"


def demand_kept(address: Address, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Raise `Refusal` where a resource that is locked would become another, or go: `after` is None where it would.

    https://learn.microsoft.com/azure/storage/blobs/immutable-time-based-retention-policy-overview
    https://learn.microsoft.com/azure/backup/backup-azure-immutable-vault-concept
    """
    was = _lock(address.type, before)
    if was.get("state") != "Locked":
        return
    now = _lock(address.type, after)
    if now.get("state") != "Locked" or now.get(_PERIOD, 0) < was.get(_PERIOD, 0):
        message = f"The operation is not allowed: the immutability of '{address.name}' is locked."
        raise Refusal(409, "OperationNotAllowedOnLockedImmutability", message)


def _lock(type_name: str, body: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the part of a resource that can be locked, empty where it has none."""
    steps = {
        ACCOUNT: ("immutableStorageWithVersioning", "immutabilityPolicy"),
        CONTAINER_POLICY: (),
        **dict.fromkeys(_VAULTS, ("securitySettings", "immutabilitySettings")),
    }.get(type_name)
    found: Any = (body or {}).get("properties") if steps is not None else None
    for step in steps or ():
        found = found.get(step) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
