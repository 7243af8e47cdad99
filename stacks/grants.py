"""Give one identity one of Azure's built-in roles on one resource, and nothing wider."""

import uuid
from typing import Final

import pulumi
from pulumi_azure_native import authorization

from config import Settings

KEY_USER: Final = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
"""Key Vault Crypto Service Encryption User: wrap and unwrap, never read."""
ACCOUNT_BACKUP: Final = "e5e2a7ff-d759-4cd2-bb51-3152d37e2eb1"
"""Storage Account Backup Contributor."""
ACCOUNT_CONTRIBUTOR: Final = "17d1049b-9a84-46fb-8f53-869881c3d3ab"
"""Storage Account Contributor."""
BLOB_CONTRIBUTOR: Final = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
"""Storage Blob Data Contributor."""
GUARD_OPERATOR: Final = "f54b6d04-23c6-443e-b462-9c16ab7b4a52"
"""Backup MUA Operator: may carry out what a Resource Guard protects."""


def grant(
    name: str,
    *,
    settings: Settings,
    role: str,
    scope: pulumi.Input[str],
    principal_id: pulumi.Input[str],
    principal_type: str = "ServicePrincipal",
    subscription_id: str = "",
    opts: pulumi.ResourceOptions,
) -> authorization.RoleAssignment:
    """Declare that `principal_id` holds `role` on `scope`, in `subscription_id` where that is not the usual one.

    Azure asks for a GUID as the assignment's name; it is derived from ours, so that two runs mean the same assignment.
    """
    subscription = subscription_id or settings.subscription_id
    return authorization.RoleAssignment(
        name,
        role_assignment_name=str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{settings.prefix}.{settings.domain}")),
        scope=scope,
        principal_id=principal_id,
        principal_type=principal_type,
        role_definition_id=f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}",
        opts=opts,
    )
