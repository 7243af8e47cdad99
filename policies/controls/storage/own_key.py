"""Storage accounts are encrypted with our own key, and follow its newest version.

Catalogue: STO-08.

## Why we promise this
With our own key, taking the key away closes the data, even to the platform. A pinned version would be left behind
when the key is rotated.

## How to keep it
In `encryption` set `key_source="Microsoft.Keyvault"` and `key_vault_properties` with the name of a key and the address
of a vault of this estate. Leave `key_version` out.
"""

from audit.kinds.key_addresses import UNNAMED, called, vault_at
from audit.kinds.keyvault import KEY_VAULT
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Reference,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    kept,
    same,
)

ON = STORAGE_ACCOUNT
NEEDS = (KEY_VAULT,)
SEVERITY = Severity.HIGH
KEY = "encryption.keyvaultproperties"
ABSENT = {
    **UNNAMED,
    f"{KEY}.keyversion": "https://learn.microsoft.com/azure/storage/common/customer-managed-keys-overview"
    "#update-the-key-version",
}


def judge(account: Resource, estate: Estate) -> Ruling:
    source = account.read("encryption.keySource", str)
    if not same(source, "Microsoft.Keyvault"):
        # Naming the source alone mends nothing: a key must be named with it.
        return broken(f"the key is that of {source}, promised one in our own vault")
    account.link(f"{KEY}.keyname")
    # Without a version Azure follows the newest one, see ABSENT; an empty text says the same.
    if account.read(f"{KEY}.keyversion", str, absent="") != "":
        return broken("the key's version is pinned, promised the newest", change={f"{KEY}.keyversion": ""})
    vault = _vault(account, estate)
    if vault is None:
        return Ruling(verdict=Verdict.BROKEN, reason="the key lies in a vault that is not of this estate", absence=True)
    return kept(f"encrypted with the newest version of a key in {vault.name}")


def _vault(account: Resource, estate: Estate) -> Resource | None:
    """Find the vault that holds the key, by link or by the name that opens its address."""
    address = account.link(f"{KEY}.keyvaulturi")
    if isinstance(address, Reference):
        return next((vault for vault in estate.of(KEY_VAULT) if same(vault.id, address.urn)), None)
    name = vault_at(str(address))
    return next((vault for vault in estate.of(KEY_VAULT) if same(called(vault), name)), None)


_VAULT = Neighbour(KEY_VAULT, {}, name="ring")
_LINKED = {"keyname": "archive", "keyvaulturi": {"$reference": "ring", "property": "properties.vaultUri"}}


def _encrypted(**key: object) -> dict[str, object]:
    return {"encryption": {"keySource": "Microsoft.Keyvault", "keyvaultproperties": {**_LINKED, **key}}}


EXAMPLES = (
    Example(Verdict.KEPT, _encrypted(), (_VAULT,), note="a vault declared beside it"),
    Example(Verdict.KEPT, _encrypted(keyversion="", keyvaulturi="https://ring.vault.azure.net/"), (_VAULT,)),
    Example(Verdict.BROKEN, _encrypted(keyversion="8f3c"), (_VAULT,), note="pinned"),
    Example(Verdict.BROKEN, _encrypted(keyvaulturi="https://other.vault.azure.net/"), (_VAULT,), note="not our vault"),
    Example(Verdict.BROKEN, {"encryption": {"keySource": "Microsoft.Storage"}}),
    Example(Verdict.UNPROVEN, {"encryption": {"keySource": "Microsoft.Keyvault"}}, (_VAULT,), note="no key is named"),
    Example(Verdict.UNPROVEN, _encrypted(keyvaulturi={"$unknown": True}), (_VAULT,)),
    Example(Verdict.UNPROVEN, _encrypted(keyversion={"$unknown": True}), (_VAULT,)),
)
