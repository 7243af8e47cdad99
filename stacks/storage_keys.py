"""Storage accounts encrypt with our own key, twice, and follow its newest version."""

from keys import KeyRing
from pulumi_azure_native import storage


def own_key(ring: KeyRing) -> storage.EncryptionArgs:
    """Return the encryption of an account whose contents only `ring` can open."""
    return storage.EncryptionArgs(
        key_source="Microsoft.Keyvault",
        key_vault_properties=storage.KeyVaultPropertiesArgs(
            key_name=ring.keys["archive"].name,
            key_vault_uri=ring.vault.properties.vault_uri,
            # No version: the account then follows each rotation by itself.
            key_version="",
        ),
        encryption_identity=storage.EncryptionIdentityArgs(encryption_user_assigned_identity=ring.identity.id),
        require_infrastructure_encryption=True,
        services=storage.EncryptionServicesArgs(
            blob=storage.EncryptionServiceArgs(enabled=True, key_type="Account"),
            file=storage.EncryptionServiceArgs(enabled=True, key_type="Account"),
            queue=storage.EncryptionServiceArgs(enabled=True, key_type="Account"),
            table=storage.EncryptionServiceArgs(enabled=True, key_type="Account"),
        ),
    )
