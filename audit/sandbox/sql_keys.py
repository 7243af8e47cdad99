"""Whether the customer's key that a database was backed up under can be used where it is restored to.

https://learn.microsoft.com/azure/azure-sql/database/transparent-data-encryption-byok-overview
"""

from typing import Any
from urllib.parse import urlsplit

from audit.kinds.keyvault import KEY_VAULT_KEY
from audit.kinds.sql import SERVER_KEY
from audit.sandbox import resources
from audit.sandbox.address import of_resource
from audit.sandbox.answers import Refusal
from audit.sandbox.sql_contents import Content
from audit.sandbox.store import Store

_OUT_OF_USE = "sql key out of use"


def take_out_of_use(store: Store, uri: str, *, why: str = "disabled") -> None:
    """Let one version of a key be `disabled`, or `gone` from its vault."""
    store.put_document(_OUT_OF_USE, uri.lower(), {"why": why})


def protector(store: Store, server: str) -> str:
    """Return the URI of the customer's key that protects a server, empty where the service's own does."""
    try:
        found = resources.read(store, of_resource(f"{server}/encryptionProtector/current"))
    except Refusal:
        return ""
    told = _told(found)
    if str(told.get("serverKeyType")).lower() != "azurekeyvault":
        return ""
    # One that was declared before its key was known names none: then it is the key that the server has.
    named = store.read(f"{server}/keys/{told.get('serverKeyName')}")
    keys = [named] if named else store.listed(SERVER_KEY.arm, below=server)
    return str(told.get("uri") or next((_told(key).get("uri") for key in keys), None) or "")


def refusal(store: Store, target: str, source: str, content: Content) -> tuple[str, str] | None:
    """Return the code and message with which a restore to a server fails for want of a key, None where it need not.

    The key is the one that the contents name, else the one that protects the server they come from.
    """
    uri = content.key or protector(store, source.rpartition("/databases/")[0])
    if not uri:
        return None
    reason = out_of_use(store, uri)
    if reason == "disabled":
        message = "The operation could not be completed on the server because the Azure Key Vault key is disabled."
        return "AzureKeyVaultKeyDisabled", message
    if reason == "gone":
        message = "The operation could not be completed because the Azure Key Vault Key name does not exist."
        return "AzureKeyVaultKeyNameNotFound", message
    if uri.lower() not in _known_to(store, target):
        message = "Remote server does not have access to key material used as a TDE protector."
        return "KeyMaterialNotFoundOnRemoteServer", message
    return None


def out_of_use(store: Store, uri: str) -> str:
    """Tell whether a key is `disabled` or `gone` from its vault; empty where it can be used."""
    return str((store.document(_OUT_OF_USE, uri.lower()) or {}).get("why") or _state(store, uri))


def _known_to(store: Store, server: str) -> set[str]:
    """Return the URIs of the keys that a server may use, in lower case."""
    keys = store.listed(SERVER_KEY.arm, below=server)
    return {protector(store, server).lower(), *(str(_told(key).get("uri", "")).lower() for key in keys)}


def _state(store: Store, uri: str) -> str:
    """Tell whether the vault of a key holds it no longer (`gone`), or keeps it `disabled`; empty where it is in use."""
    vault, name = (urlsplit(uri).hostname or "").partition(".")[0], uri.partition("/keys/")[2].partition("/")[0]
    for key in store.listed(KEY_VAULT_KEY.arm):
        place = str(key["id"]).lower().split("/")
        if place[-1] == name.lower() and place[-3] == vault.lower():
            return "disabled" if (_told(key).get("attributes") or {}).get("enabled") is False else ""
    return "gone"


def _told(body: dict[str, Any]) -> dict[str, Any]:
    return body.get("properties") or {}
