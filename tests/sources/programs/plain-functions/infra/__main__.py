"""Files of a few shops: an account and two containers each, and one database server for all."""

import pulumi
from database import declare_databases
from pulumi_azure_native import resources, storage

config = pulumi.Config()
SHOPS = config.require_object("shops")
CONTAINERS = {"invoices": "None", "photos": "Blob"}
ADDRESSES = ("192.0.2.1", "192.0.2.2")


def declare_account(group: resources.ResourceGroup, shop: str) -> storage.StorageAccount:
    """Declare one shop's account; the south's was never brought up to date."""
    account = storage.StorageAccount(
        f"{shop}-files",
        account_name=f"{shop}files",
        resource_group_name=group.name,
        location=config.require("location"),
        kind="StorageV2",
        sku={"name": "Standard_GRS"},
        allow_blob_public_access=False,
        minimum_tls_version="TLS1_2" if shop != "south" else "TLS1_0",
        network_rule_set={
            "default_action": "Deny",
            "ip_rules": [{"i_p_address_or_range": address} for address in ADDRESSES],
        },
    )
    for container, access in CONTAINERS.items():
        storage.BlobContainer(
            f"{shop}-{container}",
            **{"account_name": account.name, "resource_group_name": group.name, "public_access": access},
        )
    storage.BlobServiceProperties(
        f"{shop}-service",
        resource_group_name=group.name,
        account_name=account.name,
        blob_services_name="default",
        delete_retention_policy={"enabled": True, "days": config.require_int("retentionDays")},
    )
    return account


shops = resources.ResourceGroup("shops", resource_group_name="rg-shops", location=config.require("location"))
accounts = {shop: declare_account(shops, shop) for shop in SHOPS}
declare_databases(shops, list(accounts))
pulumi.export("endpoints", {shop: account.primary_endpoints.blob for shop, account in accounts.items()})
