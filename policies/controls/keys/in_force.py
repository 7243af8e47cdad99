"""Every key that a store is encrypted with is there, is on, and lies in a vault of ours.

Catalogue: KEY-10.

## Why we promise this
After a disaster a store is worth as much as its key: without it, what was brought back cannot be read.

## How to keep it
Name a `keyvault.Key` of this estate with `attributes=keyvault.KeyAttributesArgs(enabled=True)` in each storage account,
SQL server, disk encryption set and recovery vault, and keep old versions while a backup was made under them: Azure
tells nobody which are still needed.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from audit.kinds.compute import DISK_ENCRYPTION_SET
from audit.kinds.key_addresses import UNNAMED, called, vault_at
from audit.kinds.keyvault import KEY_VAULT, KEY_VAULT_KEY
from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.kinds.sql import SERVER_KEY, SQL_SERVER
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Reference,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    broken,
    kept,
    missing,
    not_applicable,
    same,
)

ON = (STORAGE_ACCOUNT, SQL_SERVER, DISK_ENCRYPTION_SET, RECOVERY_VAULT)
NEEDS = (KEY_VAULT, KEY_VAULT_KEY, SERVER_KEY)
SEVERITY = Severity.MEDIUM
ABSENT = {
    **UNNAMED,
    "keyName": "azure-native 3.29 docstring of keyvault.Key: its resource name is that of the key",
    "keyId": "azure-native 3.29 docstring of sql.ServerKey: a server's other keys are its children",
}

ACCOUNT_KEY = "encryption.keyvaultproperties"
PATHS = {DISK_ENCRYPTION_SET.arm: "activeKey.keyUrl", RECOVERY_VAULT.arm: "encryption.keyVaultProperties.keyUri"}


def judge(store: Resource, estate: Estate) -> Ruling:
    other = _other_key(store)
    if other:
        return not_applicable(other)
    used = list(_keys_used(store, estate))
    for key in used:
        if key is None:
            return missing("it is encrypted with a key that is in no vault of ours", declare="keyvault.Key(…)")
        if key.read("attributes.enabled", bool) is not True:
            return broken(f"its key {key.name} is off, promised on", change={"attributes.enabled": True}, subject=key)
    return kept(f"in force: {', '.join(sorted({key.name for key in used if key}))}")


def _other_key(store: Resource) -> str:
    """Say why no key of ours is looked for, since other controls judge that one is named; empty where it is."""
    if same(store.type, RECOVERY_VAULT.arm) and same(store.tag("purpose"), "exchange"):
        return "a backup server encrypts what it sends here, and Azure admits it to no vault with a key"
    if not same(store.type, STORAGE_ACCOUNT.arm):
        return ""
    source = store.read("encryption.keySource", str)
    return "" if same(source, "Microsoft.Keyvault") else f"the key is that of {source}, as storage-own-key will say"


def _keys_used(store: Resource, estate: Estate) -> Iterator[Resource | None]:
    """Yield each key that a store is encrypted with, None for one that is not in the estate."""
    if same(store.type, STORAGE_ACCOUNT.arm):
        yield _key_of_account(store, estate)
    elif same(store.type, SQL_SERVER.arm):
        yield from _keys_of_server(store, estate)
    else:
        yield _key(store, PATHS[store.type], estate)


def _keys_of_server(server: Resource, estate: Estate) -> Iterator[Resource | None]:
    """Yield each key of ours that a server holds; raises `Unseen` where there is none, so what protects it is not seen.

    A key that is not in the estate is None.
    """
    # A server made without a key of ours has them all as children.
    first = [server] if server.link("keyId", absent="") else []
    others = [
        one for one in estate.children(server, SERVER_KEY) if same(one.read("serverKeyType", str), "AzureKeyVault")
    ]
    if not first and not others:
        raise Unseen(f"no key of {server.name} was seen")
    yield from (_key(holder, "keyId", estate) for holder in first)
    yield from (_key(holder, "uri", estate) for holder in others)


def _key_of_account(account: Resource, estate: Estate) -> Resource | None:
    """Find the key of a storage account, which names it and its vault apart; None where it is not in the estate."""
    name = account.link(f"{ACCOUNT_KEY}.keyname")
    if isinstance(name, Reference):
        return estate.target(account, f"{ACCOUNT_KEY}.keyname")
    address = account.link(f"{ACCOUNT_KEY}.keyvaulturi")
    if isinstance(address, Reference):
        vault = called(estate.target(account, f"{ACCOUNT_KEY}.keyvaulturi"))
    else:
        vault = vault_at(str(address))
    return _named(vault, str(name), estate)


def _key(holder: Resource, path: str, estate: Estate) -> Resource | None:
    """Find the key that a link or an address points to; None where it is not in the estate.

    An address is `https://VAULT.vault.azure.net/keys/NAME/VERSION`, the version left out where it follows the newest:
    https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
    """
    address = holder.link(path)
    if isinstance(address, Reference):
        return estate.target(holder, path)
    steps = urlsplit(str(address)).path.strip("/").split("/")
    if len(steps) < len(("keys", "NAME")) or steps[0] != "keys":
        raise Unseen(f"{path} is no address of a key")
    return _named(vault_at(str(address)), steps[1], estate)


def _named(vault: str, name: str, estate: Estate) -> Resource | None:
    """Find a key by the names of its vault and its own."""
    return next(
        (
            key
            for key in estate.of(KEY_VAULT_KEY)
            if same(key.read("keyName", str, absent=key.name), name) and same(called(estate.parent(key)), vault)
        ),
        None,
    )


def _ring(*, on: Any = True) -> tuple[Neighbour, ...]:
    body = {"vaultName": {"$reference": "ring"}, "keyName": "mail", "attributes": {"enabled": on}}
    return (Neighbour(KEY_VAULT, {"vaultName": "hosting"}, name="ring"), Neighbour(KEY_VAULT_KEY, body, name="key"))


def _account(name: Any, address: Any, source: Any = "Microsoft.Keyvault") -> dict[str, Any]:
    return {"encryption": {"keySource": source, "keyvaultproperties": {"keyname": name, "keyvaulturi": address}}}


_LINK = {"$reference": "key", "property": "keyUri"}
_HOST = "https://hosting.vault.azure.net/"
_OURS, _LOST = f"{_HOST}keys/mail", f"{_HOST}keys/lost"
_DECLARED = _account({"$reference": "key", "property": "name"}, {"$reference": "ring", "property": "vaultUri"})


def _held(uri: Any, kind: str = "AzureKeyVault") -> Neighbour:
    return Neighbour(
        SERVER_KEY, {"serverName": {"$reference": "it"}, "serverKeyType": kind, "uri": uri}, name=f"held-{kind}"
    )


def _set(address: Any) -> dict[str, Any]:
    return {"activeKey": {"keyUrl": address}}


EXAMPLES = (
    Example(Verdict.KEPT, _DECLARED, _ring(), note="as declared"),
    Example(Verdict.KEPT, _account("mail", _HOST), _ring(), note="as Azure answers"),
    Example(Verdict.BROKEN, _account("lost", _HOST), _ring(), note="the key is gone"),
    Example(Verdict.BROKEN, _account("mail", "https://other.vault.azure.net"), _ring(), note="another's vault"),
    Example(Verdict.BROKEN, _DECLARED, _ring(on=False)),
    Example(Verdict.NOT_APPLICABLE, _account(None, None, "Microsoft.Storage"), _ring()),
    Example(Verdict.UNPROVEN, _DECLARED, _ring(on=None)),
    Example(Verdict.UNPROVEN, _account({"$unknown": True}, _HOST), _ring()),
    Example(Verdict.KEPT, _set(_LINK), _ring(), kind=DISK_ENCRYPTION_SET),
    Example(Verdict.KEPT, _set(f"{_OURS}/1f0c"), _ring(), kind=DISK_ENCRYPTION_SET, note="a version of it"),
    Example(Verdict.BROKEN, _set(_LOST), _ring(), kind=DISK_ENCRYPTION_SET),
    Example(Verdict.UNPROVEN, _set("https://hosting.vault.azure.net"), _ring(), kind=DISK_ENCRYPTION_SET),
    Example(Verdict.KEPT, {"keyId": _LINK}, (*_ring(), _held(_OURS)), kind=SQL_SERVER),
    Example(Verdict.BROKEN, {"keyId": _LINK}, (*_ring(), _held(_LOST)), kind=SQL_SERVER, note="the reserve is gone"),
    Example(Verdict.UNPROVEN, {}, (*_ring(), _held(None, "ServiceManaged")), kind=SQL_SERVER, note="Azure's own key"),
    Example(Verdict.KEPT, {"encryption": {"keyVaultProperties": {"keyUri": _OURS}}}, _ring(), kind=RECOVERY_VAULT),
    Example(Verdict.NOT_APPLICABLE, {"tags": {"purpose": "exchange"}}, _ring(), kind=RECOVERY_VAULT),
    Example(Verdict.UNPROVEN, {}, _ring(), kind=RECOVERY_VAULT, note="no key of ours was seen"),
)
