"""A machine, a database and a vault that live on secrets, on other stacks and on values that Azure hands out."""

import json

import pulumi
from pulumi_azure_native import authorization, compute, keyvault, network, resources, sql, storage, web

config = pulumi.Config()
password = config.require_secret("password")
partner = config.require_secret_object("partner")
licence = config.get_secret("licence")
client = authorization.get_client_config()
office = pulumi.StackReference("organization/office/dev")

group = resources.ResourceGroup("group", resource_group_name="rg-secrets", location="uksouth")
vault = keyvault.Vault(
    "vault",
    resource_group_name=group.name,
    properties=keyvault.VaultPropertiesArgs(
        tenant_id=client.tenant_id,
        sku=keyvault.SkuArgs(family="A", name=keyvault.SkuName.PREMIUM),
        enable_purge_protection=True,
        enable_rbac_authorization=office.get_output("rbac"),
    ),
)
account = storage.StorageAccount(
    "account",
    resource_group_name=group.name,
    location=group.location,
    kind="StorageV2",
    sku={"name": office.require_output("redundancy")},
    allow_blob_public_access=False,
    minimum_tls_version=office.get_output("tls"),
)
keys = pulumi.Output.all(group.name, account.name).apply(
    lambda names: storage.list_storage_account_keys_output(resource_group_name=names[0], account_name=names[1])
)
key = keys.apply(lambda found: found.keys[0].value)
connection = pulumi.Output.concat("DefaultEndpointsProtocol=https;AccountKey=", key)
web.WebApp(
    "portal",
    resource_group_name=group.name,
    https_only=True,
    site_config={
        "app_settings": [
            {"name": "STORAGE", "value": connection},
            {"name": "MODE", "value": "production"},
            {"name": "SMTP_PASSWORD", "value": "smtp-phrase-in-clear"},
            {"name": "LICENCE", "value": licence},
        ],
        "min_tls_version": "1.2",
    },
)
sql.Server(
    "server",
    resource_group_name=group.name,
    administrator_login="keeper",
    administrator_login_password=password,
    minimal_tls_version="1.2",
    tags={
        "partner": partner.apply(lambda told: told["key"]),
        "note": json.dumps({"phrase": config.require("plainlyKept")}),
    },
)
address = network.PublicIPAddress("address", resource_group_name=group.name, public_ip_allocation_method="Static")
machine = compute.VirtualMachine(
    "machine",
    resource_group_name=group.name,
    hardware_profile={"vm_size": config.require("size")},
    os_profile=compute.OSProfileArgs(
        admin_username="keeper",
        admin_password=config.require_secret("plainlyKept"),
        computer_name="machine",
        custom_data=pulumi.Output.format("echo {0} {1}", password, address.ip_address),
    ),
)
existing = network.get_virtual_network_output(resource_group_name="rg-shared", virtual_network_name="shared")
network.Subnet(
    "subnet",
    resource_group_name="rg-shared",
    virtual_network_name=existing.name,
    address_prefix=existing.address_space.address_prefixes[0],
)


def open_to(ip: str) -> None:
    """Open the server to an address that is not known before deployment."""
    sql.FirewallRule("late", resource_group_name="rg", server_name="server", start_ip_address=ip, end_ip_address=ip)


address.ip_address.apply(open_to)
pulumi.export("password", password)
