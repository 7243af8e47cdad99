"""What stands below a database server: its keys, its one way to log in, its audit and its alarms."""

import pulumi
from pulumi_azure_native import resources, sql

from config import Settings
from diagnostics import diagnose
from keys import KeyRing
from monitoring import Monitoring


def keep_keys(
    name: str,
    *,
    server: sql.Server,
    group: resources.ResourceGroup,
    protector: KeyRing,
    reserve: KeyRing,
    opts: pulumi.ResourceOptions,
) -> sql.EncryptionProtector:
    """Declare the key that encrypts every database of `server`, and a second one in the other region's vault.

    The server was made with the protector's key, so only the reserve is still to be added. Both servers hold both keys:
    a failover needs the same protector on either side, and the reserve is what a lost key vault is answered with.
    """
    spare = reserve.keys["sql"]
    sql.ServerKey(
        f"{name}-reserve-key",
        server_name=server.name,
        resource_group_name=group.name,
        key_name=_key_name(spare.key_uri_with_version),
        server_key_type="AzureKeyVault",
        uri=spare.key_uri_with_version,
        # The service rotates keys by itself; backups still need the version that was added here.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["key_name", "uri"])),
    )
    return sql.EncryptionProtector(
        f"{name}-protector",
        server_name=server.name,
        resource_group_name=group.name,
        encryption_protector_name="current",
        server_key_type="AzureKeyVault",
        server_key_name=_key_name(protector.keys["sql"].key_uri_with_version),
        auto_rotation_enabled=True,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["server_key_name"])),
    )


def _key_name(uri: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return SQL's name for a key, `vault_key_version`, from `https://vault.…/keys/key/version`.

    Azure refuses a server key by any other name: https://learn.microsoft.com/rest/api/sql/server-keys/create-or-update
    """
    return uri.apply(lambda text: "_".join((text.split("/")[2].split(".")[0], *text.split("/")[4:6])))


def only_entra(
    name: str, *, server: sql.Server, group: resources.ResourceGroup, opts: pulumi.ResourceOptions
) -> sql.ServerAzureADOnlyAuthentication:
    """Declare that no SQL login exists on `server`, also after its administrators were changed.

    The server says so too, but Azure reads that at its making only; this is what holds from then on.
    """
    return sql.ServerAzureADOnlyAuthentication(
        f"{name}-entra-only",
        server_name=server.name,
        resource_group_name=group.name,
        authentication_name="Default",
        azure_ad_only_authentication=True,
        opts=opts,
    )


def audit(
    name: str,
    *,
    server: sql.Server,
    group: resources.ResourceGroup,
    monitoring: Monitoring,
    opts: pulumi.ResourceOptions,
) -> sql.ExtendedServerBlobAuditingPolicy:
    """Declare that every statement and every login on `server` is written to the workspace, which keeps it a year."""
    diagnose(
        f"{name}-audit-log",
        # Server auditing writes to the log of the master database, and stays silent until that log has a destination.
        target_id=pulumi.Output.concat(server.id, "/databases/master"),
        workspace=monitoring.workspace,
        categories=["SQLSecurityAuditEvents"],
        parent=server,
    )
    return sql.ExtendedServerBlobAuditingPolicy(
        f"{name}-audit",
        server_name=server.name,
        resource_group_name=group.name,
        blob_auditing_policy_name="default",
        state=sql.BlobAuditingPolicyState.ENABLED,
        is_azure_monitor_target_enabled=True,
        # Counts only where records go to storage; written out, since the audit reads it either way.
        retention_days=365,
        audit_actions_and_groups=[
            # Who read or changed what; who came in and who was refused; and who was given more rights.
            "BATCH_COMPLETED_GROUP",
            "SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP",
            "FAILED_DATABASE_AUTHENTICATION_GROUP",
            "DATABASE_PERMISSION_CHANGE_GROUP",
            "DATABASE_ROLE_MEMBER_CHANGE_GROUP",
        ],
        opts=opts,
    )


def watch(
    name: str,
    *,
    settings: Settings,
    server: sql.Server,
    group: resources.ResourceGroup,
    opts: pulumi.ResourceOptions,
) -> sql.SqlVulnerabilityAssessmentsSetting:
    """Declare that attacks on `server` raise an alarm, and that its weaknesses are looked for.

    An alarm that is on the list of disabled ones would be silent, so the list is declared empty.
    """
    alarm = sql.ServerSecurityAlertPolicy(
        f"{name}-alarm",
        server_name=server.name,
        resource_group_name=group.name,
        security_alert_policy_name="Default",
        state=sql.SecurityAlertsPolicyState.ENABLED,
        disabled_alerts=[],
        email_account_admins=True,
        email_addresses=[settings.breach_mailbox],
        retention_days=365,
        opts=opts,
    )
    return sql.SqlVulnerabilityAssessmentsSetting(
        f"{name}-assessment",
        server_name=server.name,
        resource_group_name=group.name,
        vulnerability_assessment_name="default",
        state=sql.SqlVulnerabilityAssessmentState.ENABLED,
        # The assessment is a part of the plan that the alarm turns on.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[alarm])),
    )
