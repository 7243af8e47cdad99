"""Storage accounts of the local Azure, and Azure's own client of their blobs."""

from datetime import timedelta

from azure.storage.blob import BlobServiceClient

AUDIENCE = "https://storage.azure.com"


def account(sandbox, name="archive", *, versions=True, days=0, sku="Standard_LRS", **properties):
    """Make a storage account; returns its path."""
    path = f"{sandbox.group()}/providers/Microsoft.Storage/storageAccounts/{name}"
    body = {"location": "uksouth", "kind": "StorageV2", "sku": {"name": sku}, "properties": properties}
    sandbox.put(path, body)
    deletion = {"enabled": bool(days), **({"days": days} if days else {})}
    services = {"isVersioningEnabled": versions, "deleteRetentionPolicy": deletion}
    sandbox.put(f"{path}/blobServices/default", {"properties": services})
    return path


def container(sandbox, path, name="mail", **properties):
    """Make a container of an account; returns its path."""
    where = f"{path}/blobServices/default/containers/{name}"
    sandbox.put(where, {"properties": properties})
    return where


def client(sandbox, name="archive", **words):
    """Make Azure's client of an account's blobs."""
    words = {"credential": sandbox.credential, "audience": AUDIENCE, "retry_total": 0} | words
    return BlobServiceClient(f"{sandbox.url}/blob/{name}", connection_verify=sandbox.authority, **words)


def later(sandbox, **time):
    """Set the clock on; returns the new moment."""
    moment = sandbox.store.now() + timedelta(**time)
    sandbox.store.set_clock(moment)
    return moment
