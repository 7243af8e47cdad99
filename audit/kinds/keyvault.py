"""Key vaults, and the keys and secrets in them. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Parent

_API = "2024-11-01"
# The REST API of Key Vault abbreviates as JSON Web Tokens do (RFC 7519, 4.1.4 and 4.1.5): seconds since 1970.
_ATTRIBUTES = {"attributes.exp": "attributes.expires", "attributes.nbf": "attributes.notBefore"}

KEY_VAULT = Kind(
    arm="Microsoft.KeyVault/vaults",
    api=_API,
    pulumi=("azure-native:keyvault:Vault",),
    regional=True,
    names="{vaultName}",
    # Other types keep the SKU beside `properties`.
    top=("-sku",),
    wraps=("privateEndpointConnections[]",),
    table="resources",
)
KEY_VAULT_KEY = Kind(
    arm="Microsoft.KeyVault/vaults/keys",
    api=_API,
    pulumi=("azure-native:keyvault:Key",),
    renamed=_ATTRIBUTES,
    parent=Parent(KEY_VAULT.arm, by="vaultName"),
    names="{vaultName}/{keyName}",
    # A listing leaves out the rotation policy.
    one_by_one=True,
)
KEY_VAULT_SECRET = Kind(
    arm="Microsoft.KeyVault/vaults/secrets",
    api=_API,
    pulumi=("azure-native:keyvault:Secret",),
    renamed=_ATTRIBUTES,
    parent=Parent(KEY_VAULT.arm, by="vaultName"),
    names="{vaultName}/{secretName}",
)
