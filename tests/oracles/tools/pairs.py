"""Which check of another tool is about which control of ours, and why the two may differ where they do."""

from typing import NamedTuple


class Pair(NamedTuple):
    """A check of another tool beside a control of ours."""

    tool: str
    check: str
    """Its name, with `*` where several checks together are about the control."""
    control: str
    whole: bool = False
    """Whether the two judge different things, so that only the worst verdicts of both can be compared."""


class Reason(NamedTuple):
    """Why a check and a control differ: who is right, and where."""

    check: str
    control: str
    theirs: str
    """What they say where it holds: `pass`, `fail`, or `silent` where they have no verdict on anything."""
    text: str
    resource: str = "*"
    """A pattern of the resources' ids."""


PROWLER = {
    "access-no-custom-owner": ("=iam_subscription_roles_owner_custom_not_created",),
    "access-no-standing-access-administrator": ("=iam_role_user_access_admin_restricted",),
    "backup-machines-protected": ("vm_backup_enabled", "=recovery_vault_has_protected_items"),
    "backup-policy-meets-promise": (
        "recovery_vault_backup_policy_retention_adequate",
        "=vm_sufficient_daily_backup_retention_period",
    ),
    "compute-endpoint-protection-runs": ("=defender_assessments_vm_endpoint_protection_installed",),
    "compute-patches-in-time": ("=defender_ensure_system_updates_are_applied",),
    "compute-disks-own-key": ("vm_ensure_attached_disks_encrypted_with_cmk",),
    "compute-managed-disks-only": ("vm_ensure_using_managed_disks",),
    "compute-spare-disks-own-key": ("=vm_ensure_unattached_disks_encrypted_with_cmk",),
    "compute-trusted-launch": ("vm_trusted_launch_enabled",),
    "identity-few-global-administrators": ("=entra_global_admin_in_less_than_five_users",),
    "identity-guests-restricted": (
        "=entra_policy_guest_invite_only_for_admin_roles",
        "=entra_policy_guest_users_access_restrictions",
    ),
    "identity-mfa-for-everyone": (
        "=entra_conditional_access_policy_require_mfa_for_management_api",
        "=entra_privileged_user_has_mfa",
        "=entra_non_privileged_user_has_mfa",
    ),
    "keys-audited": ("keyvault_logging_enabled",),
    "keys-private-endpoint": ("keyvault_private_endpoints",),
    "keys-private-network": ("keyvault_access_only_through_private_endpoints",),
    "keys-purge-protection": ("keyvault_recoverable",),
    "keys-rbac-only": ("keyvault_rbac_enabled",),
    "keys-far-from-expiry": ("keyvault_rbac_key_expiration_set",),
    "keys-rotate": ("keyvault_key_rotation_enabled",),
    "keys-secrets-expire": ("=keyvault_rbac_secret_expiration_set",),
    "monitor-activity-log-exported": (
        "=monitor_diagnostic_settings_exists",
        "=monitor_diagnostic_setting_with_appropriate_categories",
    ),
    "monitor-benchmark-assigned": ("=policy_ensure_asc_enforcement_enabled",),
    "monitor-defender-on": ("=defender_ensure_defender_for_*_is_on", "=defender_ensure_defender_cspm_is_on"),
    "monitor-security-alerts": tuple(
        f"=monitor_alert_{what}"
        for what in (
            "create_policy_assignment",
            "delete_policy_assignment",
            "create_update_nsg",
            "delete_nsg",
            "create_update_security_solution",
            "delete_security_solution",
            "create_update_sqlserver_fr",
            "delete_sqlserver_fr",
            "create_update_public_ip_address_rule",
            "delete_public_ip_address_rule",
        )
    ),
    "monitor-security-contact": (
        "=defender_additional_email_configured_with_a_security_contact",
        "=defender_ensure_notify_alerts_severity_is_high",
        "=defender_ensure_notify_emails_to_owners",
    ),
    "monitor-service-health-alert": ("=monitor_alert_service_health_exists",),
    "network-admin-access-on-request": ("vm_jit_access_enabled",),
    "network-bastion-only-admin": ("=network_bastion_host_exists",),
    "network-every-subnet-guarded": ("network_subnet_nsg_associated",),
    "network-flood-protection": ("=network_vnet_ddos_protection_enabled",),
    "network-flow-logs-kept": ("=network_flow_log_captured_sent", "=network_flow_log_more_than_90_days"),
    "network-no-rdp-from-internet": ("network_rdp_internet_access_restricted",),
    "network-no-sensitive-port-from-internet": (
        "network_http_internet_access_restricted",
        "network_udp_internet_access_restricted",
    ),
    "network-no-ssh-from-internet": ("network_ssh_internet_access_restricted",),
    "network-watched-in-each-region": ("=network_watcher_enabled",),
    "sql-audited": ("sqlserver_auditing_enabled", "sqlserver_auditing_retention_90_days"),
    "sql-encrypted-at-rest": ("sqlserver_tde_encryption_enabled",),
    "sql-entra-only": ("sqlserver_azuread_administrator_enabled",),
    "sql-no-open-firewall": ("sqlserver_unrestricted_inbound_access",),
    "sql-own-key": ("sqlserver_tde_encrypted_with_cmk",),
    "sql-threat-detection": ("sqlserver_microsoft_defender_enabled",),
    "sql-tls-floor": ("sqlserver_recommended_minimal_tls_version",),
    "sql-weaknesses-looked-for": ("sqlserver_vulnerability_assessment_enabled",),
    "storage-double-encryption": ("storage_infrastructure_encryption_is_enabled",),
    "storage-geo-redundant": ("storage_geo_redundant_enabled",),
    "storage-https-only": ("storage_secure_transfer_required_is_enabled",),
    "storage-keys-renewed": ("storage_key_rotation_90_days",),
    "storage-no-anonymous-read": ("storage_blob_public_access_level_is_disabled",),
    "storage-no-cross-tenant-copy": ("storage_cross_tenant_replication_disabled",),
    "storage-no-public-network": (
        "storage_account_public_network_access_disabled",
        "storage_default_network_access_rule_is_denied",
        "storage_ensure_azure_services_are_trusted_to_access_is_enabled",
    ),
    "storage-no-shared-key": (
        "storage_account_key_access_disabled",
        "storage_default_to_entra_authorization_enabled",
    ),
    "storage-own-key": ("storage_ensure_encryption_with_customer_managed_keys",),
    "storage-private-endpoint": ("storage_ensure_private_endpoints_in_storage_accounts",),
    "storage-soft-delete": ("storage_ensure_soft_delete_is_enabled",),
    "storage-tls-floor": ("storage_ensure_minimum_tls_version_12",),
    "storage-versioning": ("storage_blob_versioning_is_enabled",),
    "web-https-only": ("app_ensure_http_is_redirected_to_https",),
    "web-no-ftp": ("app_ftp_deployment_disabled",),
    "web-own-identity": ("app_register_with_identity",),
    "web-tls-floor": ("app_minimum_tls_version_12",),
    "web-visits-logged": ("app_http_logs_enabled",),
}
"""Control → the checks of Prowler about the same; `=` before those that judge another thing than the control does."""

BESIDES = {
    "entra_pim_global_administrator_approval_required": "of Prowler for Microsoft 365, which this run is not",
    "entra_users_mfa_enabled": "as above",
    "entra_legacy_authentication_blocked": "as above",
    "entra_conditional_access_policy_mdm_compliant_device_required": "as above",
    "entra_conditional_access_policy_block_unknown_device_platforms": "as above",
    "intune_device_compliance_policy_unassigned_devices_not_compliant_by_default": "as above",
    "iam_custom_role_has_permissions_to_administer_resource_locks": (
        "asks whether a role for locks exists; access-crown-jewels-locked asks whether the locks do"
    ),
    "network_public_ip_shodan": "asks a service on the Internet about real addresses; here they are made up",
}
"""Checks that the catalogue names and that are set beside no control → why."""

CUSTODIAN = {
    "compute-disks-not-exported": ("disk-downloadable",),
    "compute-encryption-at-host": ("machine-without-encryption-at-host",),
    "compute-trusted-launch": ("machine-without-trusted-launch",),
    "geo-groups-in-uk": ("resourcegroup-outside-the-uk",),
    "keys-private-network": ("vault-on-public-network",),
    "keys-purge-protection": ("vault-without-purge-protection",),
    "keys-rbac-only": ("vault-without-roles",),
    "network-no-rdp-from-internet": ("group-open-to-rdp",),
    "network-no-ssh-from-internet": ("group-open-to-ssh",),
    "sql-audited": ("server-not-audited",),
    "sql-encrypted-at-rest": ("database-not-encrypted",),
    "sql-no-open-firewall": ("server-open-to-all-addresses",),
    "sql-no-public-network": ("server-public-network",),
    "sql-own-key": ("server-encrypted-with-azures-key",),
    "sql-tls-floor": ("server-old-tls-allowed",),
    "storage-https-only": ("storage-http-allowed",),
    "storage-no-anonymous-read": ("storage-anonymous-read-allowed",),
    "storage-no-public-network": ("storage-public-network",),
    "storage-no-shared-key": ("storage-shared-key-allowed",),
    "storage-tls-floor": ("storage-old-tls-allowed",),
    "web-https-only": ("site-http-allowed",),
    "web-no-ftp": ("site-takes-files-by-ftp",),
    "web-tls-floor": ("site-old-tls-allowed",),
}
"""Control → the policies of `c7n/estate.yml` about the same."""


def pairs() -> list[Pair]:
    """Return every pair, Prowler's first, by control."""
    tools = (("Prowler", PROWLER), ("Cloud Custodian", CUSTODIAN))
    return [
        Pair(tool, check.removeprefix("="), control, whole=check.startswith("="))
        for tool, table in tools
        for control, checks in table.items()
        for check in checks
    ]
