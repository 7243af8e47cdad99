"""Storage accounts and what stands below them. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Parent

STORAGE_ACCOUNT = Kind(
    arm="Microsoft.Storage/storageAccounts",
    api="2024-01-01",
    pulumi=("azure-native:storage:StorageAccount",),
    renamed={
        "supportsHttpsTrafficOnly": "enableHttpsTrafficOnly",
        "networkAcls": "networkRuleSet",
        "isNfsV3Enabled": "enableNfsV3",
        # ARM spells these three all in lower case, and everything else in camelCase.
        "encryption.keyvaultproperties.keyname": "encryption.keyVaultProperties.keyName",
        "encryption.keyvaultproperties.keyvaulturi": "encryption.keyVaultProperties.keyVaultUri",
        "encryption.keyvaultproperties.keyversion": "encryption.keyVaultProperties.keyVersion",
        "encryption.identity.userAssignedIdentity": "encryption.encryptionIdentity.encryptionUserAssignedIdentity",
        "encryption.identity.federatedIdentityClientId": (
            "encryption.encryptionIdentity.encryptionFederatedIdentityClientId"
        ),
    },
    regional=True,
    names="{accountName}",
    wraps=("privateEndpointConnections[]",),
    table="resources",
    # How far the copy in the other region lags behind is told on demand alone.
    one_by_one=True,
    expand="geoReplicationStats",
)


def _service(name: str, called: str) -> Kind:
    """Make the row of one of the services of an account; `called` is Pulumi's name of it."""
    return Kind(
        arm=f"{STORAGE_ACCOUNT.arm}/{name}",
        api="2024-01-01",
        pulumi=(f"azure-native:storage:{called}",),
        parent=Parent(STORAGE_ACCOUNT.arm, by="accountName"),
        names="{accountName}/default",
    )


BLOB_SERVICE = _service("blobServices", "BlobServiceProperties")
FILE_SERVICE = _service("fileServices", "FileServiceProperties")
QUEUE_SERVICE = _service("queueServices", "QueueServiceProperties")
TABLE_SERVICE = _service("tableServices", "TableServiceProperties")
BLOB_CONTAINER = Kind(
    arm="Microsoft.Storage/storageAccounts/blobServices/containers",
    api="2024-01-01",
    pulumi=("azure-native:storage:BlobContainer",),
    # A program names the account, never the blob service that stands between them.
    parent=Parent(STORAGE_ACCOUNT.arm, by="accountName"),
    names="{accountName}/default/{containerName}",
)
CONTAINER_IMMUTABILITY = Kind(
    arm="Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies",
    api="2024-01-01",
    pulumi=("azure-native:storage:BlobContainerImmutabilityPolicy",),
    parent=Parent(BLOB_CONTAINER.arm, by="containerName"),
    names="{accountName}/default/{containerName}/default",
)
MANAGEMENT_POLICY = Kind(
    arm="Microsoft.Storage/storageAccounts/managementPolicies",
    api="2024-01-01",
    pulumi=("azure-native:storage:ManagementPolicy",),
    parent=Parent(STORAGE_ACCOUNT.arm, by="accountName"),
    names="{accountName}/default",
)
OBJECT_REPLICATION_POLICY = Kind(
    arm="Microsoft.Storage/storageAccounts/objectReplicationPolicies",
    api="2024-01-01",
    pulumi=("azure-native:storage:ObjectReplicationPolicy",),
    parent=Parent(STORAGE_ACCOUNT.arm, by="accountName"),
    names="{accountName}/{objectReplicationPolicyId}",
)
