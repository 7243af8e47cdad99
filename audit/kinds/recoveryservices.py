"""Recovery Services vaults, their backups and Site Recovery. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Parent

_API = "2024-10-01"

RECOVERY_VAULT = Kind(
    arm="Microsoft.RecoveryServices/vaults",
    api=_API,
    pulumi=("azure-native:recoveryservices:Vault",),
    regional=True,
    names="{vaultName}",
    wraps=("privateEndpointConnections[]",),
    table="resources",
)
BACKUP_POLICY = Kind(
    arm="Microsoft.RecoveryServices/vaults/backupPolicies",
    api=_API,
    pulumi=("azure-native:recoveryservices:ProtectionPolicy",),
    parent=Parent(RECOVERY_VAULT.arm, by="vaultName"),
    names="{vaultName}/{policyName}",
)
PROTECTED_ITEM = Kind(
    arm="Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems",
    api=_API,
    pulumi=("azure-native:recoveryservices:ProtectedItem",),
    # Azure makes the fabric and the container itself: neither is declared.
    parent=Parent(RECOVERY_VAULT.arm, by="vaultName"),
    names="{vaultName}/{fabricName}/{containerName}/{protectedItemName}",
    listing="backupProtectedItems",
    action="Microsoft.RecoveryServices/Vaults/backupProtectedItems/read",
)
# A point is found below its item by its id alone: databases of two machines may share the item's name.
RECOVERY_POINT = Kind(
    arm=f"{PROTECTED_ITEM.arm}/recoveryPoints",
    api=_API,
    # Azure makes points and jobs itself.
    pulumi=(),
    parent=Parent(PROTECTED_ITEM.arm, by="protectedItemId"),
    names="{vaultName}/{fabricName}/{containerName}/{protectedItemName}/{recoveryPointId}",
)
BACKUP_JOB = Kind(
    arm="Microsoft.RecoveryServices/vaults/backupJobs",
    api=_API,
    pulumi=(),
    parent=Parent(RECOVERY_VAULT.arm, by="vaultName"),
    names="{vaultName}/{jobName}",
    listing="backupJobs?$filter=startTime eq '{since}' and endTime eq '{until}'",
)
RESOURCE_GUARD_PROXY = Kind(
    arm="Microsoft.RecoveryServices/vaults/backupResourceGuardProxies",
    api=_API,
    pulumi=("azure-native:recoveryservices:ResourceGuardProxy",),
    parent=Parent(RECOVERY_VAULT.arm, by="vaultName"),
    names="{vaultName}/{resourceGuardProxyName}",
)
REPLICATION_FABRIC = Kind(
    # Site Recovery's classes call the vault `resourceName`, where those for backup say `vaultName`.
    arm="Microsoft.RecoveryServices/vaults/replicationFabrics",
    api=_API,
    pulumi=("azure-native:recoveryservices:ReplicationFabric",),
    parent=Parent(RECOVERY_VAULT.arm, by="resourceName"),
    names="{resourceName}/{fabricName}",
)
REPLICATION_POLICY = Kind(
    arm="Microsoft.RecoveryServices/vaults/replicationPolicies",
    api=_API,
    pulumi=("azure-native:recoveryservices:ReplicationPolicy",),
    parent=Parent(RECOVERY_VAULT.arm, by="resourceName"),
    names="{resourceName}/{policyName}",
)
REPLICATION_CONTAINER = Kind(
    arm="Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers",
    api=_API,
    # azure-native has no class for it: programs declare it in an ARM template that they deploy.
    pulumi=(),
    parent=Parent(REPLICATION_FABRIC.arm, by="fabricName"),
    names="{resourceName}/{fabricName}/{protectionContainerName}",
)
REPLICATION_CONTAINER_MAPPING = Kind(
    arm=f"{REPLICATION_CONTAINER.arm}/replicationProtectionContainerMappings",
    api=_API,
    pulumi=("azure-native:recoveryservices:ReplicationProtectionContainerMapping",),
    parent=Parent(REPLICATION_CONTAINER.arm, by="protectionContainerName"),
    names="{resourceName}/{fabricName}/{protectionContainerName}/{mappingName}",
)
REPLICATED_ITEM = Kind(
    arm=f"{REPLICATION_CONTAINER.arm}/replicationProtectedItems",
    api=_API,
    pulumi=("azure-native:recoveryservices:ReplicationProtectedItem",),
    # What is asked for and what ARM answers are two models: A2AEnableProtectionInput and A2AReplicationDetails.
    renamed={
        "recoveryContainerId": "providerSpecificDetails.recoveryContainerId",
        "providerSpecificDetails.protectedManagedDisks": "providerSpecificDetails.vmManagedDisks",
    },
    parent=Parent(REPLICATION_CONTAINER.arm, by="protectionContainerName"),
    names="{resourceName}/{fabricName}/{protectionContainerName}/{replicatedProtectedItemName}",
)
REPLICATION_NETWORK_MAPPING = Kind(
    arm="Microsoft.RecoveryServices/vaults/replicationFabrics/replicationNetworks/replicationNetworkMappings",
    api=_API,
    pulumi=("azure-native:recoveryservices:ReplicationNetworkMapping",),
    parent=Parent(REPLICATION_FABRIC.arm, by="fabricName"),
    names="{resourceName}/{fabricName}/{networkName}/{networkMappingName}",
    # An Azure fabric has one network, of this name: https://learn.microsoft.com/azure/site-recovery/azure-to-azure-powershell
    listing="replicationNetworks/azureNetwork/replicationNetworkMappings",
)
RECOVERY_PLAN = Kind(
    arm="Microsoft.RecoveryServices/vaults/replicationRecoveryPlans",
    api=_API,
    pulumi=("azure-native:recoveryservices:ReplicationRecoveryPlan",),
    parent=Parent(RECOVERY_VAULT.arm, by="resourceName"),
    names="{resourceName}/{recoveryPlanName}",
)
