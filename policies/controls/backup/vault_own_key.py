"""Backups of machines are encrypted with our own key.

Catalogue: BCK-05.

## Why we promise this
A backup holds everything the machine held: taking the key away must close it as it closes the machine's disks. The
vault of a backup server is judged by another rule: Azure lets none into a vault with a key of its owner's, and the
server encrypts with a passphrase of ours before anything leaves it.

## How to keep it
In `encryption` set `key_vault_properties.key_uri` to a key of a vault of this estate, without its version,
`kek_identity.use_system_assigned_identity=True` and `infrastructure_encryption="Enabled"`, before the first item is
protected. Tag a backup server's vault `purpose=exchange`.
"""

from audit.kinds.key_addresses import UNNAMED, called, vault_of
from audit.kinds.keyvault import KEY_VAULT, KEY_VAULT_KEY
from audit.kinds.recoveryservices import RECOVERY_VAULT
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
    not_applicable,
    same,
)

ON = RECOVERY_VAULT
NEEDS = (KEY_VAULT, KEY_VAULT_KEY)
SEVERITY = Severity.MEDIUM
KEY = "encryption.keyVaultProperties.keyUri"
SECOND_LAYER = "encryption.infrastructureEncryption"
OWN_IDENTITY = "encryption.kekIdentity.useSystemAssignedIdentity"
ABSENT = UNNAMED


def judge(vault: Resource, estate: Estate) -> Ruling:
    if same(vault.tag("purpose"), "exchange"):
        return not_applicable("a backup server encrypts what it sends here, and Azure admits it to no vault with a key")
    name = vault_of(vault, KEY, estate)
    if not any(same(called(own), name) for own in estate.of(KEY_VAULT)):
        reason = f"the key lies in {name}, which is no vault of this estate"
        return Ruling(verdict=Verdict.BROKEN, reason=reason, absence=True)
    layer = vault.read(SECOND_LAYER, str)
    if not same(layer, "Enabled"):
        return broken(f"the second layer of encryption is {layer}, promised Enabled", change={SECOND_LAYER: "Enabled"})
    if vault.read(OWN_IDENTITY, bool) is not True:
        # A vault with any other identity reaches neither private endpoints nor a closed key vault.
        return broken("the key is not used by the vault's own identity", change={OWN_IDENTITY: True})
    return kept(f"encrypted with a key in {name}, and a second layer")


_VAULT = Neighbour(KEY_VAULT, {"vaultName": "ring"}, name="vault")
_KEY = Neighbour(KEY_VAULT_KEY, {"vaultName": {"$reference": "vault"}}, name="key")
_OURS = {"$reference": "key", "property": "keyUri"}


def _case(
    verdict: Verdict, key: object = _OURS, note: str = "", *, layer: object = "Enabled", own: object = True
) -> Example:
    encryption = {
        "keyVaultProperties": {"keyUri": key},
        "infrastructureEncryption": layer,
        "kekIdentity": {"useSystemAssignedIdentity": own},
    }
    return Example(verdict, {"encryption": encryption}, (_VAULT, _KEY), note=note)


EXAMPLES = (
    _case(Verdict.KEPT),
    _case(Verdict.KEPT, "https://ring.vault.azure.net/keys/backup", "as Azure answers"),
    _case(Verdict.BROKEN, "https://others.vault.azure.net/keys/backup", "somebody else's vault"),
    _case(Verdict.BROKEN, layer="Disabled"),
    _case(Verdict.BROKEN, own=False),
    _case(Verdict.UNPROVEN, None, "no key is named"),
    _case(Verdict.UNPROVEN, {"$unknown": True}),
    _case(Verdict.UNPROVEN, layer=None),
    Example(Verdict.NOT_APPLICABLE, {"tags": {"purpose": "exchange"}}),
)
