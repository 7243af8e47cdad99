"""Databases are encrypted with a key of our own, which renews itself.

Catalogue: SQL-02.

## Why we promise this
Who holds the key can end all access to the data, backups included, without asking anybody.

## How to keep it
Declare `sql.EncryptionProtector` with `server_key_type="AzureKeyVault"` and `auto_rotation_enabled=True`, and give the
server (`key_id`) and each `sql.ServerKey` (`uri`) keys of a `keyvault.Vault` declared here: the protector is always one
of the keys that its server holds. The live audit adds which of them.
"""

from collections.abc import Iterator

from audit.kinds.key_addresses import UNNAMED, called, vault_of
from audit.kinds.keyvault import KEY_VAULT, KEY_VAULT_KEY
from audit.kinds.sql import ENCRYPTION_PROTECTOR, SERVER_KEY, SQL_SERVER
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    kept,
    missing,
    same,
)

ON = SQL_SERVER
NEEDS = (ENCRYPTION_PROTECTOR, SERVER_KEY, KEY_VAULT)
SEVERITY = Severity.HIGH
ABSENT = {
    **UNNAMED,
    "keyId": "azure-native 3.29 docstring of sql.ServerKey: a server's other keys are its children",
}


def judge(server: Resource, estate: Estate) -> Ruling:
    protectors = estate.children(server, ENCRYPTION_PROTECTOR)
    if not protectors:
        return missing(
            "nothing says that the databases are encrypted with our own key",
            declare='sql.EncryptionProtector(server_name=…, server_key_type="AzureKeyVault", …)',
        )
    for protector in protectors:
        seen = protector.read("serverKeyType", str)
        if not same(seen, "AzureKeyVault"):
            key_type = {"serverKeyType": "AzureKeyVault"}
            return broken(f"the key is {seen}, promised AzureKeyVault", change=key_type, subject=protector)
        if protector.read("autoRotationEnabled", bool) is not True:
            rotation = {"autoRotationEnabled": True}
            return broken("a renewed key is not taken up by itself", change=rotation, subject=protector)
    return _judge_vaults(sorted(set(_vaults_used(server, estate))), estate)


def _judge_vaults(used: list[str], estate: Estate) -> Ruling:
    """Rule on the vaults whose keys a server uses, by their names: all must be in the estate.

    What is missing is then a vault or a key, so an incomplete listing makes it unproven.
    """
    own = {called(vault).lower() for vault in estate.of(KEY_VAULT)}
    strange = [vault for vault in used if vault not in own]
    if strange:
        return missing(f"holds a key of {', '.join(strange)}, which is no vault of ours", declare="keyvault.Vault(…)")
    if not used:
        return missing("the server holds no key of ours", declare="sql.ServerKey(server_name=…, uri=…)")
    return kept(f"every key lies in {', '.join(used)}, and a renewed one is taken up by itself")


def _vaults_used(server: Resource, estate: Estate) -> Iterator[str]:
    """Yield the vault of each key that the server holds, in lower case; the protector is one of them."""
    # A server made without a key of ours has them all as children.
    if server.link("keyId", absent=""):
        yield vault_of(server, "keyId", estate).lower()
    for key in estate.children(server, SERVER_KEY):
        # Azure lists its own key among them, which the protector is not.
        if same(key.read("serverKeyType", str), "AzureKeyVault"):
            yield vault_of(key, "uri", estate).lower()


_VAULT = Neighbour(KEY_VAULT, {"vaultName": "Hosting-Keys"}, name="vault")
_KEY = Neighbour(KEY_VAULT_KEY, {"vaultName": {"$reference": "vault"}}, name="key")
_OURS = {"$reference": "key", "property": "keyUriWithVersion"}
_OUR_ADDRESS = "https://hosting-keys.vault.azure.net/keys/sql/1"
_THEIRS = "https://others.vault.azure.net/keys/sql/1"


def _protected(*keys: object, key_type: str = "AzureKeyVault", **change: object) -> tuple[Neighbour, ...]:
    below = {"serverName": {"$reference": "it"}, "serverKeyType": key_type}
    protector = Neighbour(ENCRYPTION_PROTECTOR, {**below, "autoRotationEnabled": True, **change}, name="current")
    held = (Neighbour(SERVER_KEY, {**below, "uri": uri}, name=f"held-{number}") for number, uri in enumerate(keys))
    return (_VAULT, _KEY, protector, *held)


_MANAGED = {"serverName": {"$reference": "it"}, "serverKeyType": "ServiceManaged"}
_SECOND = Neighbour(ENCRYPTION_PROTECTOR, _MANAGED, name="second")

EXAMPLES = (
    Example(Verdict.BROKEN, {"keyId": _OURS}, (*_protected(), _SECOND), note="a second protector takes Azure's key"),
    Example(Verdict.KEPT, {"keyId": _OURS}, _protected(_OURS)),
    Example(Verdict.KEPT, {}, _protected(_OUR_ADDRESS), note="as Azure answers"),
    Example(Verdict.BROKEN, {"keyId": _OURS}, _protected(key_type="ServiceManaged")),
    Example(Verdict.BROKEN, {"keyId": _OURS}, _protected(autoRotationEnabled=False)),
    Example(Verdict.BROKEN, {"keyId": _THEIRS}, _protected(_OURS), note="somebody else's vault"),
    Example(Verdict.BROKEN, {"keyId": _OURS}, _protected(_THEIRS), note="one key of somebody else's"),
    Example(Verdict.BROKEN, {}, _protected(), note="no key"),
    Example(Verdict.BROKEN, {"keyId": _OURS}, (_VAULT, _KEY), note="no protector"),
    Example(Verdict.UNPROVEN, {"keyId": {"$unknown": True}}, _protected(_OURS)),
    Example(Verdict.UNPROVEN, {"keyId": _OURS}, _protected({"$unknown": True})),
    Example(Verdict.UNPROVEN, {"keyId": _OURS}, _protected(autoRotationEnabled=None)),
)
