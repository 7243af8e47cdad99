"""ARM templates as Python writes them out, for the tests of their source."""

import json

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.sources import template
from tests.support import NOON

ACCOUNT = "Microsoft.Storage/storageAccounts"
CHILDREN = f"{ACCOUNT}/blobServices"
GROUP = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SUBSCRIPTION = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"


def written(*resources, **more):
    """Write out a template."""
    return {"$schema": GROUP, "contentVersion": "1.0.0.0", "resources": list(resources), **more}


def account(name="logs", **more):
    """Write out a storage account as a template does."""
    return {"type": ACCOUNT, "apiVersion": "2024-01-01", "name": name, **more}


def deployment(resources, **properties):
    """Write out a deployment inside a template."""
    template = {**written(), "resources": resources, **properties.pop("more", {})}
    return {
        "type": "Microsoft.Resources/deployments",
        "name": "inner",
        "properties": {"mode": "Incremental", "template": template, **properties},
    }


def only(snapshot, kind=STORAGE_ACCOUNT):
    """Return the one resource of a kind."""
    (found,) = (resource for resource in snapshot.resources if resource.type == kind.arm)
    return found


def reader(folder):
    """Return a function that writes a template of some resources into a folder and reads it back."""

    def read(*resources, schema=GROUP, listed=None, **more):
        content = {"$schema": schema, "contentVersion": "1.0.0.0", "resources": listed or list(resources), **more}
        (folder / "main.json").write_text(json.dumps(content, indent=2))
        return template.collect(folder / "main.json", now=NOON)

    return read
