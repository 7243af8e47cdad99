"""Which vault a key lies in, by the link to it or by its address."""

from urllib.parse import urlsplit

from audit.model import Estate, Resource

UNNAMED = {"vaultName": "azure-native 3.29 docstring of keyvault.Vault: its resource name is that of the vault"}


def called(vault: Resource) -> str:
    """Return the name of a vault; a program that gives none leaves it to the resource's own."""
    return vault.read("vaultName", str, absent=vault.name)


def vault_at(address: str) -> str:
    """Return the name of the vault with which the host of an address begins; empty for what is no address.

    https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
    """
    return (urlsplit(address).hostname or "").partition(".")[0]


def vault_of(holder: Resource, path: str, estate: Estate) -> str:
    """Return the name of the vault of the key at `path`; raises `Unseen` where nothing says which it is."""
    address = holder.link(path)
    if isinstance(address, str):
        return vault_at(address)
    return called(estate.parent(estate.target(holder, path)))
