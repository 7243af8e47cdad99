"""A provisioning database with the copies that it can be restored from."""

import pulumi
from pulumi_azure_native import resources, sql

from config import PRIMARY, Settings


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

    It waits for `protector`, so that no page of it is ever written under a key of Microsoft's. A ledger is chosen when
    a database is made, and never afterwards.
    """
    made = sql.Database(
        f"provisioning-{name}",
        database_name=name,
        server_name=server.name,
        resource_group_name=group.name,
        location=PRIMARY,
        sku=sql.SkuArgs(name="BC_Gen5", tier="BusinessCritical", family="Gen5", capacity=settings.sql_capacity),
        zone_redundant=True,
        # Backups in both regions: a benchmark that forbids this has another promise in mind.
        requested_backup_storage_redundancy="GeoZone",
        is_ledger_on=ledger,
        # Nothing reads from a second copy, so nothing has to be kept safe there.
        read_scale="Disabled",
        collation="SQL_Latin1_General_CP1_CI_AS",
        # By the role the audit knows which one must be a ledger.
        tags={
            "data": "provisioning contacts",
            "environment": settings.environment,
            "role": "register" if ledger else "accounts",
        },
        opts=pulumi.ResourceOptions(parent=parent, protect=True, depends_on=[protector]),
    )
    _encrypt(name, made, server=server, group=group)
    return made


def _encrypt(
    name: str, made: sql.Database, *, server: sql.Server, group: resources.ResourceGroup
) -> sql.TransparentDataEncryption:
    """Declare that the database is encrypted, so that turning it off shows as a change of this program."""
    return sql.TransparentDataEncryption(
        f"provisioning-{name}-encryption",
        database_name=made.name,
        server_name=server.name,
        resource_group_name=group.name,
        tde_name="current",
        state=sql.TransparentDataEncryptionState.ENABLED,
        opts=pulumi.ResourceOptions(parent=made),
    )


def retain(
    name: str,
    *,
    server: sql.Server,
    group: resources.ResourceGroup,
    database_name: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Declare how long backups of a database are kept: any moment of 35 days, then weeks, months and years.

    35 days is the longest that Azure offers for any moment. Both policies have one name only, which Azure prescribes.
    """
    sql.BackupShortTermRetentionPolicy(
        f"{name}-any-moment",
        database_name=database_name,
        server_name=server.name,
        resource_group_name=group.name,
        policy_name="default",
        retention_days=35,
        # The shorter of the two that Azure offers: a restore replays less of the log.
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
