"""All that the auditor may do in Azure: read configuration, and nothing that shows a secret or anybody's data."""

import json
import uuid
from pathlib import Path

import pulumi
from pulumi_azure_native import authorization

# The role is made from what the audit reads; what each action is for stands beside it, in `auditor-role.md`.
SHIPPED = Path(__file__).parents[1] / "docs" / "auditor-role.json"


def auditor_role(name: str, *, scope: str, opts: pulumi.ResourceOptions | None = None) -> authorization.RoleDefinition:
    """Declare the only role that the audit needs: it can neither change anything nor read anybody's data."""
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return authorization.RoleDefinition(
        f"{name}-auditor",
        # Azure wants a GUID here; derived from the scope it is the same on every run.
        role_definition_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{scope}/promise-auditor")),
        role_name=shipped["Name"],
        role_type="CustomRole",
        description=shipped["Description"],
        scope=scope,
        assignable_scopes=[scope],
        permissions=[
            authorization.PermissionArgs(
                actions=shipped["Actions"],
                not_actions=shipped["NotActions"],
                # None at all: data actions read blobs, rows and secrets.
                data_actions=shipped["DataActions"],
                not_data_actions=shipped["NotDataActions"],
            )
        ],
        opts=opts,
    )
