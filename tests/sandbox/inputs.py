"""Types and inputs that tests of the provider declare."""

GROUP = "azure-native:resources:ResourceGroup"
ACCOUNT = "azure-native:storage:StorageAccount"
CONTAINER = "azure-native:storage:BlobContainer"
SERVICE = "azure-native:storage:BlobServiceProperties"
NETWORK = "azure-native:network:VirtualNetwork"
SUBNET = "azure-native:network:Subnet"
VAULT = "azure-native:keyvault:Vault"
KEY = "azure-native:keyvault:Key"
LOCK = "azure-native:authorization:ManagementLockByScope"
ROLE = "azure-native:authorization:RoleAssignment"
MACHINE = "azure-native:compute:VirtualMachine"
FABRIC = "azure-native:recoveryservices:ReplicationFabric"
DEPLOYMENT = "azure-native:resources:Deployment"
IN_GROUP = {"resourceGroupName": "rg", "location": "uksouth"}
FILES = {
    **IN_GROUP,
    "accountName": "files",
    "kind": "StorageV2",
    "sku": {"name": "Standard_GRS"},
    "enableHttpsTrafficOnly": True,
    "minimumTlsVersion": "TLS1_2",
    "networkRuleSet": {"defaultAction": "Deny", "bypass": "AzureServices", "ipRules": []},
    "tags": {"data": "mail", "who.is": "ours"},
}
KEYS = {
    **IN_GROUP,
    "vaultName": "keys",
    "properties": {
        "tenantId": "0a0d17e5-7e4a-47a1-8a0d-17e57e4a0001",
        "sku": {"family": "A", "name": "premium"},
        "enableRbacAuthorization": True,
        "networkAcls": {"defaultAction": "Deny"},
    },
}
