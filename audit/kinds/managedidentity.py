"""Identities that resources use instead of secrets. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind

USER_ASSIGNED_IDENTITY = Kind(
    arm="Microsoft.ManagedIdentity/userAssignedIdentities",
    api="2023-01-31",
    pulumi=("azure-native:managedidentity:UserAssignedIdentity",),
    regional=True,
    names="{resourceName}",
    table="resources",
)
