"""A component, so that what is recorded has one."""

import pulumi
from pulumi_azure_native import resources, storage


class Account(pulumi.ComponentResource):
    """A storage account."""

    def __init__(self, name: str, *, group: resources.ResourceGroup, tls: str) -> None:
        super().__init__("recorded:parts:Account", name)
        self.account = storage.StorageAccount(
            f"{name}-account",
            resource_group_name=group.name,
            kind="StorageV2",
            sku=storage.SkuArgs(name=pulumi.Config().get("sku") or "Standard_ZRS"),
            allow_blob_public_access=False,
            minimum_tls_version=tls,
            opts=pulumi.ResourceOptions(parent=self, protect=pulumi.Config().get_bool("protect")),
        )
        self.register_outputs({})
