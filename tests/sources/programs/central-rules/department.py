"""A department's store: a group, an account, and a component for its containers."""

import pulumi
from pulumi_azure_native import resources, storage


class Containers(pulumi.ComponentResource):
    """The containers of one account."""

    def __init__(self, name: str, account: storage.StorageAccount, opts: pulumi.ResourceOptions) -> None:
        super().__init__("departments:index:Containers", name, None, opts)
        self.records = storage.BlobContainer(
            "records" if name == "clinic" else f"{name}-records",
            resource_group_name=f"rg-{name}",
            account_name=account.name,
            public_access=storage.PublicAccess.NONE,
            opts=pulumi.ResourceOptions(parent=self),
        )


class Department(pulumi.ComponentResource):
    """Everything of one department."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("departments:index:Department", name, None, opts)
        below = pulumi.ResourceOptions(parent=self)
        self.group = resources.ResourceGroup(f"{name}-group", resource_group_name=f"rg-{name}", opts=below)
        self.account = storage.StorageAccount(
            f"{name}-account",
            storage.StorageAccountArgs(
                resource_group_name=self.group.name,
                kind=storage.Kind.STORAGE_V2,
                sku=storage.SkuArgs(name=storage.SkuName.STANDARD_ZRS),
            ),
            below,
        )
        self.containers = Containers(name, self.account, below)
        self.register_outputs({"account": self.account.name})
