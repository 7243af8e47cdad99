"""Recovery Services vaults, their backups and Site Recovery. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Parent

_API = "2024-10-01"

RECOVERY_VAULT = Kind(
    arm="Microsoft.RecoveryServices/vaults",
    api=_API,
    pulumi=("azure-native:recoveryservices:Vault",),
    regional=True,
)
BACKUP_POLICY = Kind(
    arm="Microsoft.RecoveryServices/vaults/backupPolicies",
    api=_API,
    pulumi=("azure-native:recoveryservices:ProtectionPolicy",),
    parent=Parent(RECOVERY_VAULT.arm, by="vaultName"),
)
PROTECTED_ITEM = Kind(
    arm="Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems",
    api=_API,
    pulumi=("azure-native:recoveryservices:ProtectedItem",),
    # Azure makes the fabric and the container itself: neither is declared.
    parent=Parent(RECOVERY_VAULT.arm, by="vaultName"),
)
RESOURCE_GUARD_PROXY = Kind(
    arm="Microsoft.RecoveryServices/vaults/backupResourceGuardProxies",
    api=_API,
    pulumi=("azure-native:recoveryservices:ResourceGuardProxy",),
    parent=Parent(RECOVERY_VAULT.arm, by="vaultName"),
)
REPLICATION_FABRIC = Kind(
    # Site Recovery's classes call the vault `resourceName`, where those for backup say `vaultName`.
    arm="Microsoft.RecoveryServices/vaults/replicationFabrics",
    api=_API,
    pulumi=("azure-native:recoveryservices:ReplicationFabric",),
    parent=Parent(RECOVERY_VAULT.arm, by="resourceName"),
)
REPLICATION_POLICY = Kind(
    arm="Microsoft.RecoveryServices/vaults/replicationPolicies",
    api=_API,
    pulumi=("azure-native:recoveryservices:ReplicationPolicy",),
    parent=Parent(RECOVERY_VAULT.arm, by="resourceName"),
)
REPLICATION_CONTAINER = Kind(
    arm="Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers",
    api=_API,
    # azure-native has no class for it: programs declare it in an ARM template that they deploy.
    pulumi=(),
    parent=Parent(REPLICATION_FABRIC.arm, by="fabricName"),
)
REPLICATION_CONTAINER_MAPPING = Kind(
    arm=f"{REPLICATION_CONTAINER.arm}/replicationProtectionContainerMappings",
    api=_API,
    pulumi=("azure-native:recoveryservices:ReplicationProtectionContainerMapping",),
    parent=Parent(REPLICATION_CONTAINER.arm, by="protectionContainerName"),
)
REPLICATED_ITEM = Kind(
    arm=f"{REPLICATION_CONTAINER.arm}/replicationProtectedItems",
    api=_API,
    pulumi=("azure-native:recoveryservices:ReplicationProtectedItem",),
    parent=Parent(REPLICATION_CONTAINER.arm, by="protectionContainerName"),
)
REPLICATION_NETWORK_MAPPING = Kind(
    arm="Microsoft.RecoveryServices/vaults/replicationFabrics/replicationNetworks/replicationNetworkMappings",
    api=_API,
    pulumi=("azure-native:recoveryservices:ReplicationNetworkMapping",),
    parent=Parent(REPLICATION_FABRIC.arm, by="fabricName"),
)
RECOVERY_PLAN = Kind(
    arm="Microsoft.RecoveryServices/vaults/replicationRecoveryPlans",
    api=_API,
    pulumi=("azure-native:recoveryservices:ReplicationRecoveryPlan",),
    parent=Parent(RECOVERY_VAULT.arm, by="resourceName"),
)
