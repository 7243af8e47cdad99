"""A helper that declares accounts for others."""

from pulumi_azure_native import storage


def account(name: str, **more) -> storage.StorageAccount:
    """Declare an account with whatever the caller wants of it."""
    return storage.StorageAccount(
        name,
        resource_group_name="rg",
        kind="StorageV2",
        sku={"name": "Standard_LRS"},
        **more,
    )
