"""A component in a file of its own."""

import pulumi
from pulumi_azure_native import storage


class Store(pulumi.ComponentResource):
    """An account with one container."""

    def __init__(self, name: str) -> None:
        super().__init__("demo:index:Store", name)
        self.account = storage.StorageAccount(
            f"{name}-account",
            resource_group_name="rg",
            kind="StorageV2",
            sku={"name": "Standard_LRS"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.container = storage.BlobContainer(
            f"{name}-container",
            resource_group_name="rg",
            account_name=self.account.name,
            opts=pulumi.ResourceOptions(parent=self.account),
        )
        self.register_outputs({})
