"""Backup vaults for blobs and disks, and Resource Guards. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Parent

BLOB_BACKUP_VAULT = Kind(
    arm="Microsoft.DataProtection/backupVaults",
    api="2025-01-01",
    pulumi=("azure-native:dataprotection:BackupVault",),
    regional=True,
    names="{vaultName}",
    table="resources",
)
BLOB_BACKUP_POLICY = Kind(
    arm="Microsoft.DataProtection/backupVaults/backupPolicies",
    api="2025-01-01",
    pulumi=("azure-native:dataprotection:BackupPolicy",),
    parent=Parent(BLOB_BACKUP_VAULT.arm, by="vaultName"),
    names="{vaultName}/{backupPolicyName}",
)
BLOB_BACKUP_INSTANCE = Kind(
    arm="Microsoft.DataProtection/backupVaults/backupInstances",
    api="2025-01-01",
    pulumi=("azure-native:dataprotection:BackupInstance",),
    parent=Parent(BLOB_BACKUP_VAULT.arm, by="vaultName"),
    names="{vaultName}/{backupInstanceName}",
)
RESOURCE_GUARD = Kind(
    arm="Microsoft.DataProtection/resourceGuards",
    api="2025-01-01",
    pulumi=("azure-native:dataprotection:ResourceGuard",),
    regional=True,
    names="{resourceGuardsName}",
    table="resources",
)
BLOB_RESOURCE_GUARD_PROXY = Kind(
    arm="Microsoft.DataProtection/backupVaults/backupResourceGuardProxies",
    api="2025-01-01",
    pulumi=("azure-native:dataprotection:DppResourceGuardProxy",),
    parent=Parent(BLOB_BACKUP_VAULT.arm, by="vaultName"),
    names="{vaultName}/{resourceGuardProxyName}",
)
