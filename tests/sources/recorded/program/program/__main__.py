"""A small estate of which previews and states are recorded, as its settings say."""

import parts
import pulumi
from pulumi_azure_native import authorization, monitor, resources, storage

settings = pulumi.Config()
group = resources.ResourceGroup("files-group", resource_group_name="files", location="uksouth")
account = parts.Account("files", group=group, tls=settings.require("tls")).account
monitor.DiagnosticSetting(
    "files-log",
    name="log",
    resource_uri=pulumi.Output.concat(account.id, "/blobServices/default"),
    storage_account_id=account.id,
)
if settings.get_bool("more"):
    storage.BlobContainer(
        "box",
        account_name=account.name,
        resource_group_name=group.name,
        container_name="box",
        metadata={"purpose": "test"},
        opts=pulumi.ResourceOptions(ignore_changes=["metadata"]),
    )
    authorization.ManagementLockByScope(
        "files-lock",
        lock_name="lock",
        level="CanNotDelete",
        scope=account.id,
        notes=settings.require_secret("note"),
    )
if settings.get_bool("fail"):
    raise SystemExit("the settings say so")
