"""Destructive backup operations need a second person, from a subscription that the backup's owners do not own."""

from collections.abc import Mapping

import pulumi
import pulumi_azure_native
from pulumi_azure_native import dataprotection, resources

from config import REGIONS, Region, Settings
from grants import GUARD_OPERATOR, grant


class Guards(pulumi.ComponentResource):
    """A Resource Guard in each region, since a guard must lie in the region of the vaults it guards.

    They stand in a subscription with other owners: where one person owns both vault and guard, asking for approval is
    asking oneself. For the same reason the identity that deploys may read the guards and never be contributor on them.
    """

    guards: Mapping[Region, dataprotection.ResourceGuard]

    def __init__(self, name: str, *, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("promise-audit:stacks:Guards", name, None, opts)
        # A provider of its own, because a provider works in one subscription.
        elsewhere = pulumi_azure_native.Provider(
            f"{name}-subscription",
            subscription_id=settings.guard_subscription_id,
            tenant_id=settings.tenant_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        there = pulumi.ResourceOptions(parent=self, provider=elsewhere)
        self.guards = {
            region: _guard(f"{name}-{region}", settings=settings, region=region, opts=there) for region in REGIONS
        }
        self.register_outputs({"guards": [guard.id for guard in self.guards.values()]})


def _guard(
    name: str, *, settings: Settings, region: Region, opts: pulumi.ResourceOptions
) -> dataprotection.ResourceGuard:
    """Declare the guard of one region, and who may approve what it guards."""
    group = resources.ResourceGroup(
        f"{name}-group",
        resource_group_name=f"{settings.prefix}-guard-{region}",
        location=region,
        tags={"data": "platform", "environment": settings.environment},
        opts=opts,
    )
    guard = dataprotection.ResourceGuard(
        name,
        resource_guards_name=f"{settings.prefix}-guard-{region}",
        resource_group_name=group.name,
        location=region,
        # Nothing is excluded: every critical operation asks the guard.
        properties=dataprotection.ResourceGuardArgs(vault_critical_operation_exclusion_list=[]),
        tags={"data": "platform", "environment": settings.environment},
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=True)),
    )
    grant(
        f"{name}-operators",
        settings=settings,
        role=GUARD_OPERATOR,
        scope=guard.id,
        principal_id=settings.guard_group,
        principal_type="Group",
        subscription_id=settings.guard_subscription_id,
        opts=opts,
    )
    return guard
