"""A provisioning database with the copies that it can be restored from."""

import pulumi
from config import PRIMARY, Settings
from pulumi_azure_native import resources, sql


def database(
    name: str,
    *,
    settings: Settings,
    server: sql.Server,
    group: resources.ResourceGroup,
    ledger: bool,
    protector: sql.EncryptionProtector,
    parent: pulumi.Resource,
) -> sql.Database:
    """Declare database `name` on the primary `server`; with a `ledger`, its past cannot be rewritten unseen.

    It waits for `protector`, so that no page of it is ever written under a key of Microsoft's.
    """
    made = sql.Database(
        f"provisioning-{name}",
        database_name=name,
        server_name=server.name,
        resource_group_name=group.name,
        location=PRIMARY,
        sku=sql.SkuArgs(name="BC_Gen5", tier="BusinessCritical", family="Gen5", capacity=settings.sql_capacity),
        zone_redundant=True,
        requested_backup_storage_redundancy="GeoZone",
        is_ledger_on=ledger,
        read_scale="Disabled",
        collation="SQL_Latin1_General_CP1_CI_AS",
        tags={"data": "provisioning contacts", "environment": settings.environment},
        opts=pulumi.ResourceOptions(parent=parent, protect=True, depends_on=[protector]),
    )
    sql.TransparentDataEncryption(
        f"provisioning-{name}-encryption",
        database_name=made.name,
        server_name=server.name,
        resource_group_name=group.name,
        tde_name="current",
        state=sql.TransparentDataEncryptionState.ENABLED,
        opts=pulumi.ResourceOptions(parent=made),
    )
    return made


def retain(
    name: str,
    *,
    server: sql.Server,
    group: resources.ResourceGroup,
    database_name: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Declare how long backups of a database are kept: any moment of 35 days, then weeks, months and years."""
    sql.BackupShortTermRetentionPolicy(
        f"{name}-any-moment",
        database_name=database_name,
        server_name=server.name,
        resource_group_name=group.name,
        policy_name="default",
        retention_days=35,
        diff_backup_interval_in_hours=12,
        opts=opts,
    )
    sql.LongTermRetentionPolicy(
        f"{name}-long-term",
        database_name=database_name,
        server_name=server.name,
        resource_group_name=group.name,
        policy_name="default",
        weekly_retention="P4W",
        monthly_retention="P12M",
        yearly_retention="P7Y",
        week_of_year=1,
        opts=opts,
    )
