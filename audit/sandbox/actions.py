"""What is done to a resource by POST, as far as the audit, its drills and common clients need it."""

import base64
import hashlib
from collections.abc import Callable

from audit.sandbox import (
    blob_backups,
    blob_ranges,
    operations,
    recovery,
    resources,
    softdelete,
    sql_dropped,
    sql_failover,
)
from audit.sandbox.address import Address, parse
from audit.sandbox.answers import Call, Reply, not_modelled

_NAMED_ONCE = {
    "microsoft.storage": "microsoft.storage/storageaccounts",
    "microsoft.keyvault": "microsoft.keyvault/vaults",
    "microsoft.sql": "microsoft.sql/servers",
    "microsoft.web": "microsoft.web/sites",
}
"""Provider → the type whose names are unique in the world, which `checkNameAvailability` is about."""


def answer(call: Call, address: Address) -> Reply:
    """Do the action that ends a path; one that is not modelled is refused with 501."""
    word = address.types[-1].lower()
    if word == "checknameavailability":
        return _availability(call, address)
    found = softdelete.deleted_vaults(call, address)
    if found is not None:
        return found
    if (recovering := sql_dropped.recover(call, address)) is not None:
        return recovering
    target = parse(address.above)
    act = _ACTIONS.get((target.type, word)) if target else None
    if target is None or act is None:
        raise not_modelled(f"the action {address.spelt_type}")
    resources.read(call.store, target)
    return act(call, target)


def _availability(call: Call, address: Address) -> Reply:
    type_name = _NAMED_ONCE.get(address.provider.lower())
    if type_name is None:
        raise not_modelled(f"the action {address.spelt_type}")
    name = str(call.object().get("name", "")).lower()
    if not any(body["name"].lower() == name for body in call.store.listed(type_name)):
        return Reply(200, {"nameAvailable": True})
    return Reply(
        200, {"nameAvailable": False, "reason": "AlreadyExists", "message": f"The name {name} is already taken."}
    )


def _keys(call: Call, address: Address) -> Reply:
    """List keys that open nothing: they are made from the account's id, for clients that insist on having some."""
    names = ("key1", "key2")
    digests = [hashlib.sha512(f"{address.id}{name}".encode()).digest() for name in names]
    values = [base64.b64encode(digest).decode() for digest in digests]
    keys = [{"keyName": n, "value": v, "permissions": "FULL"} for n, v in zip(names, values, strict=True)]
    return Reply(200, {"keys": keys})


def _lock(call: Call, address: Address) -> Reply:
    """Lock an immutability policy.

    https://learn.microsoft.com/rest/api/storagerp/blob-containers/lock-immutability-policy
    """
    body = resources.change(call.store, address, {"properties": {"state": "Locked"}})
    return Reply(200, body, {"ETag": call.store.etag(address.id)})


def _begin(call: Call, address: Address) -> Reply:
    """Answer that work has begun whose outcome is not modelled: a backup on demand."""
    return operations.begun(call, address, None, status=202)


_ACTIONS: dict[tuple[str, str], Callable[[Call, Address], Reply]] = {
    (sql_failover.GROUP, "failover"): sql_failover.fail_over,
    (sql_failover.GROUP, "tryplannedbeforeforcedfailover"): sql_failover.fail_over,
    (sql_failover.GROUP, "forcefailoverallowdataloss"): sql_failover.force,
    ("microsoft.storage/storageaccounts", "listkeys"): _keys,
    ("microsoft.storage/storageaccounts/blobservices/containers/immutabilitypolicies", "lock"): _lock,
    **recovery.ACTIONS,
    **blob_backups.ACTIONS,
    **blob_ranges.ACTIONS,
    (softdelete.PROTECTED_ITEM, "backup"): _begin,
}
