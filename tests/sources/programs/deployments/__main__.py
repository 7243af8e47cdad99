"""Deploys ARM templates: written out, from a file, by symbolic names, inside each other, and by link."""

import json
from pathlib import Path

from pulumi_azure_native import resources


def deploy(name: str, **properties) -> resources.Deployment:
    """Declare a deployment."""
    return resources.Deployment(name, resource_group_name="rg", properties={"mode": "Incremental", **properties})


def storage_account(name: str, **more) -> dict:
    """Write out an account as a template does."""
    return {"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2024-01-01", "name": name, **more}


written = deploy(
    "written",
    template={"resources": [storage_account("written-out", properties={"allowBlobPublicAccess": True})]},
    parameters={"adminPassword": {"value": "hidden-in-a-parameter"}, "size": {"value": "open-parameter"}},
)
deploy("from-file", template=json.loads(Path("template.json").read_text()))
deploy(
    "symbolic",
    template={
        "languageVersion": "2.0",
        "resources": {
            "one": storage_account("symbolic-one"),
            "there": storage_account("already-there", existing=True),
        },
    },
)
inner = {"resources": [storage_account("innermost", properties={"minimumTlsVersion": "TLS1_2"})]}
deploy(
    "outer",
    template={
        "resources": [
            {
                "type": "Microsoft.Resources/deployments",
                "apiVersion": "2024-03-01",
                "name": "inner",
                "properties": {"mode": "Incremental", "template": inner},
            }
        ]
    },
)
deploy("linked", template_link={"uri": "https://example.com/template.json"})
deploy("unknown", template=written.id.apply(lambda _: {"resources": []}))
