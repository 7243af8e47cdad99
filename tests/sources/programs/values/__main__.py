"""Declares resources whose properties are numbers, secrets, unknowns and links in every form that Pulumi has."""

import pulumi
from pulumi_azure_native import (
    authorization,
    compute,
    keyvault,
    managedidentity,
    operationalinsights,
    resources,
    sql,
    storage,
)

config = pulumi.Config()
client = authorization.get_client_config()
PHRASE = "correct-horse-battery"

group = resources.ResourceGroup("group", resource_group_name="rg-values", location="uksouth")
identity = managedidentity.UserAssignedIdentity("identity", resource_group_name=group.name)
account = storage.StorageAccount(
    "account",
    account_name="valuesaccount",
    resource_group_name=group.name,
    location=group.location,
    kind="StorageV2",
    sku={"name": "Standard_GRS"},
    identity={"type": "UserAssigned", "userAssignedIdentities": [identity.id]},
    tags={"zebra": "1", "aardvark": "2", "principal": identity.principal_id},
    opts=pulumi.ResourceOptions(
        protect=True, retain_on_delete=True, ignore_changes=["tags", "sku"], depends_on=[identity]
    ),
)
# With the list echoed as the map that comes out of Azure, the program would stop here.
pulumi.export("identity", account.identity)
pulumi.export("kind", account.identity.type)

keys = storage.list_storage_account_keys_output(account_name=account.name, resource_group_name=group.name)
known_keys = storage.list_storage_account_keys(account_name="another", resource_group_name="rg-other")
vault = keyvault.Vault(
    "vault",
    resource_group_name=group.name,
    properties={
        "tenantId": client.tenant_id,
        "sku": {"family": "A", "name": "premium"},
        "enablePurgeProtection": True,
        "networkAcls": {"defaultAction": "Deny"},
        # A reader of ids in clear would be misled by a made-up one inside a text, too.
        "createMode": f"mode-{client.subscription_id}",
    },
)
keyvault.Secret(
    "vault-secret",
    resource_group_name=group.name,
    vault_name=vault.name,
    properties={"value": "the-vaults-own-secret"},
)
server = sql.Server(
    "server",
    resource_group_name=group.name,
    server_name="values-server",
    administrator_login="keeper",
    administrator_login_password=config.require_secret("databasePassword"),
    minimal_tls_version="1.2",
)
workspace = operationalinsights.Workspace(
    "workspace",
    resource_group_name=group.name,
    workspace_name="values-workspace",
    retention_in_days=90,
    workspace_capping={"dailyQuotaGb": 1.5},
)
machine = compute.VirtualMachine(
    "machine",
    resource_group_name=group.name,
    os_profile={
        "computer_name": "machine",
        "admin_username": "keeper",
        "admin_password": PHRASE,
        "custom_data": "aGVsbG8tZnJvbS1jbG91ZC1pbml0",
    },
    tags={
        "wrapped": pulumi.Output.secret("wrapped-in-a-tag"),
        "derived": pulumi.Output.secret("wrapped-in-a-tag").apply(lambda text: f"derived-from-{text}"),
        "key": known_keys.keys[0].value,
        "text": "written-out",
    },
)
compute.VirtualMachineExtension(
    "extension",
    resource_group_name=group.name,
    vm_name=machine.name,
    vm_extension_name="agent",
    settings={"proxy": "open-setting"},
    protected_settings={"commandToExecute": "run-with-hidden-text", "inner": {"word": "deeply-hidden-text"}},
)
children = storage.StorageAccount(
    "links",
    account_name="valueslinks",
    resource_group_name="rg-elsewhere",
    kind="StorageV2",
    sku={"name": "Standard_LRS"},
    tags={
        "id": account.id,
        "known_name": account.name,
        "unknown_name": identity.name,
        "lifted": account.primary_endpoints.blob,
        "listed": keys.keys[0].value,
        "concat": pulumi.Output.concat(server.id, "/databases/master"),
        "format": pulumi.Output.format("{0}/databases/{1}", server.id, "master"),
        "format_name": pulumi.Output.format("{id}/databases/master", id=server.id),
        "headless": pulumi.Output.concat("https://", account.name, ".blob/", identity.principal_id),
        "two_links": pulumi.Output.concat(server.id, account.id),
        "secret_suffix": pulumi.Output.concat(server.id, pulumi.Output.secret("hidden-in-a-suffix")),
        "text": server.id.apply(lambda value: f"{value}/databases/master"),
        "all": pulumi.Output.all(server.id, account.id).apply(lambda values: f"{values[0]}+{values[1]}"),
        "json": pulumi.Output.json_dumps({"id": server.id}),
        "seen_by_the_program": pulumi.Output.from_input(server.id).apply(
            lambda value: type(value).__name__, run_with_unknowns=True
        ),
    },
)
existing = resources.ResourceGroup.get("existing", "/subscriptions/0/resourceGroups/rg-existing")
storage.StorageAccount(
    "beside-existing",
    account_name="valuesbeside",
    resource_group_name=existing.name,
    kind="StorageV2",
    sku={"name": "Standard_LRS"},
    tags={"existing": existing.id},
)
pulumi.CustomResource("azure-native:unheardof:Thing", "unheard-of", {"size": 3.0, "share": 0.5})


def declare_more(principal: str) -> None:
    """Declare what depends on a value that only a deployment knows."""
    storage.BlobContainer(f"never-{principal}", resource_group_name="rg", account_name="never")


identity.principal_id.apply(declare_more)
