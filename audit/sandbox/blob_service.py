"""The Blob service of the local Azure: `/blob/{account}/{container}/{blob}`, as Azure's own client asks it.

https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
"""

from __future__ import annotations

from collections.abc import Callable

from audit.sandbox import blob_accounts, blob_listing, blob_writing, jobs, permissions, tokens
from audit.sandbox.answers import Call, Refusal, Reply, not_modelled
from audit.sandbox.blob_accounts import SECONDARY
from audit.sandbox.blob_answers import spelt
from audit.sandbox.blob_asking import Asked
from audit.sandbox.effects import EFFECTS

_AUDIENCE = "https://storage.azure.com"
"""https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory"""
_DATA = "Microsoft.Storage/storageAccounts/blobServices/containers"


def is_for(path: str) -> bool:
    """Tell whether a path leads to this service."""
    return path.split("/")[1:2] == ["blob"]


def answer(call: Call, key: str) -> Reply:
    """Answer one request; `key` signs tokens. What is refused is answered as the service refuses it."""
    try:
        jobs.settle(call.store, EFFECTS)
        return spelt(call, _answer(call, key))
    except Refusal as refusal:
        return spelt(call, refusal.reply)


def _answer(call: Call, key: str) -> Reply:
    steps = call.path.split("/", 4)[2:]
    name, container, blob = (*steps, "", "", "")[:3]
    of = blob_accounts.account(call.store, name.removesuffix(SECONDARY))
    secondary = name.endswith(SECONDARY)
    if of is None or (secondary and not of.readable_copy):
        raise Refusal(404, "ResourceNotFound", f"The specified resource does not exist: no account answers as {name}.")
    asked = Asked(call=call, account=of, container=container, blob=container and blob, secondary=secondary)
    action, act = _led(asked)
    if not _open_to_all(asked, action):
        _demand_token(asked, key)
        _demand_action(call, action)
    if secondary and not action.endswith("/read"):
        raise Refusal(403, "WriteOperationNotSupportedOnSecondary", "Write operations are not allowed.")
    return act(asked)


def _led(asked: Asked) -> tuple[str, Callable[[Asked], Reply]]:
    """Return the action that a request needs, and what answers it."""
    call = asked.call
    method = "GET" if call.method == "HEAD" else call.method
    of = "blob" if asked.blob else "container" if asked.container else "account"
    found = _ROUTES.get((of, method, call.query.get("comp", "").lower()))
    if found is None or (asked.blob and call.query.get("snapshot")):
        raise not_modelled(f"{call.method} of a blob {of} with {sorted(call.query)}")
    return found


_ROUTES: dict[tuple[str, str, str], tuple[str, Callable[[Asked], Reply]]] = {
    ("account", "GET", "list"): (f"{_DATA}/read", blob_listing.containers),
    ("account", "GET", "stats"): (f"{_DATA}/read", blob_listing.stats),
    ("container", "GET", ""): (f"{_DATA}/read", blob_listing.container),
    ("container", "GET", "list"): (f"{_DATA}/blobs/read", blob_listing.listed),
    ("container", "PUT", ""): (f"{_DATA}/write", blob_writing.make_container),
    ("container", "DELETE", ""): (f"{_DATA}/delete", blob_writing.delete_container),
    ("blob", "GET", ""): (f"{_DATA}/blobs/read", blob_listing.read),
    ("blob", "PUT", ""): (f"{_DATA}/blobs/write", blob_writing.put),
    ("blob", "PUT", "block"): (f"{_DATA}/blobs/write", blob_writing.put_block),
    ("blob", "PUT", "blocklist"): (f"{_DATA}/blobs/write", blob_writing.put_blocks),
    ("blob", "PUT", "metadata"): (f"{_DATA}/blobs/write", blob_writing.put_metadata),
    ("blob", "PUT", "tier"): (f"{_DATA}/blobs/write", blob_writing.put_tier),
    ("blob", "PUT", "undelete"): (f"{_DATA}/blobs/write", blob_writing.undelete),
    ("blob", "PUT", "immutabilitypolicies"): (f"{_DATA}/blobs/write", blob_writing.put_policy),
    ("blob", "DELETE", "immutabilitypolicies"): (f"{_DATA}/blobs/write", blob_writing.delete_policy),
    ("blob", "PUT", "legalhold"): (f"{_DATA}/blobs/write", blob_writing.put_hold),
    ("blob", "DELETE", ""): (f"{_DATA}/blobs/delete", blob_writing.delete),
}
"""What is asked for, the method and the query's `comp` → the action that it needs, and what answers."""


def _open_to_all(asked: Asked, action: str) -> bool:
    """Tell whether anybody may ask: https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-configure."""
    if asked.call.headers.get("authorization") or not asked.account.public or not action.endswith("/read"):
        return False
    found = blob_accounts.container(asked.call.store, asked.account, asked.container)
    wide = ("Blob", "Container") if asked.blob else ("Container",)
    return found is not None and found.public in wide


def _demand_token(asked: Asked, key: str) -> None:
    """Raise 401 unless the call bears a token that was made for storage."""
    call = asked.call
    realm = f"Bearer authorization_uri={call.base}/{call.store.tenant}/oauth2/authorize resource_id={_AUDIENCE}"
    words = {"WWW-Authenticate": realm}
    if not call.headers.get("authorization"):
        message = "Server failed to authenticate the request. Please refer to the information in the www-authenticate."
        raise Refusal(401, "NoAuthenticationInformation", message, words)
    try:
        tokens.demand(call, key)
    except Refusal as refusal:
        message = refusal.reply.body["error"]["message"]
        raise Refusal(401, "InvalidAuthenticationInfo", message, words) from refusal
    own = f"https://{asked.account.name}.blob.core.windows.net"
    if tokens.audience(call).rstrip("/") not in (_AUDIENCE, own, f"{call.base}/blob/{asked.account.name}"):
        message = "Server failed to authenticate the request. Audience validation failed."
        raise Refusal(401, "InvalidAuthenticationInfo", message, words)


def _demand_action(call: Call, action: str) -> None:
    """Raise 403 where the identity may not do an action on data."""
    if not permissions.allowed(call.store, action):
        message = "This request is not authorized to perform this operation using this permission."
        raise Refusal(403, "AuthorizationPermissionMismatch", message)


def faulted(call: Call, reply: Reply) -> Reply:
    """Return an answer that a fault made, as this service spells it; any other as it is."""
    return spelt(call, reply) if isinstance(reply.body, dict) else reply
