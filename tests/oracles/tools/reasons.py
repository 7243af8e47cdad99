"""Why other tools and we differ where we do: each difference decided, with who is right and why."""

from pairs import Reason

_VAULT = (
    "Prowler reads a vault's keys at its own address, which is private here and refused by the proxy. It then leaves "
    "the whole vault out, and its report does not say so. We read what Resource Manager tells, and rule; where Cloud "
    "Custodian was asked of these vaults, it agrees with us"
)
_REGISTERED = (
    "Prowler asks which people registered a second factor. That report was not to be had (501), and Prowler counts all "
    "as without one. We ask whether signing in demands one, and it does"
)

REASONS = (
    Reason(
        "entra_conditional_access_policy_require_mfa_for_management_api",
        "identity-mfa-for-everyone",
        "fail",
        "Prowler looks for a policy that names the management API. Ours is for all applications, which that is one of: "
        "we are right",
    ),
    Reason("entra_privileged_user_has_mfa", "identity-mfa-for-everyone", "fail", _REGISTERED),
    Reason("entra_non_privileged_user_has_mfa", "identity-mfa-for-everyone", "fail", _REGISTERED),
    Reason("keyvault_logging_enabled", "keys-audited", "silent", _VAULT),
    Reason("keyvault_private_endpoints", "keys-private-endpoint", "silent", _VAULT),
    Reason("keyvault_access_only_through_private_endpoints", "keys-private-network", "silent", _VAULT),
    Reason("keyvault_recoverable", "keys-purge-protection", "silent", _VAULT),
    Reason("keyvault_rbac_enabled", "keys-rbac-only", "silent", _VAULT),
    Reason("keyvault_key_rotation_enabled", "keys-rotate", "silent", _VAULT),
    Reason("keyvault_rbac_key_expiration_set", "keys-far-from-expiry", "silent", _VAULT),
    Reason("keyvault_rbac_secret_expiration_set", "keys-secrets-expire", "silent", _VAULT),
    Reason(
        "defender_assessments_vm_endpoint_protection_installed",
        "compute-endpoint-protection-runs",
        "silent",
        "Prowler looks for an assessment by a title that Defender retired, and says nothing where there is none. We "
        "look for those that took its place, by their keys",
    ),
    Reason(
        "defender_ensure_system_updates_are_applied",
        "compute-patches-in-time",
        "silent",
        "Prowler looks for three assessments by their titles, and says nothing where one of them is missing. We read "
        "each machine's own patch assessment",
    ),
    Reason(
        "defender_ensure_defender_cspm_is_on",
        "monitor-defender-on",
        "silent",
        "Prowler's run of all its checks leaves this one out. Asked for alone it passes the plan, as we do: what we "
        "break on is another plan",
    ),
    Reason(
        "vm_backup_enabled",
        "backup-machines-protected",
        "fail",
        "Prowler wants every machine in a backup of machines. Snapshots of Exchange are not supported: a backup that "
        "knows Exchange protects these, and our control holds machines of that role not applicable. We are right",
    ),
    Reason(
        "recovery_vault_backup_policy_retention_adequate",
        "backup-policy-meets-promise",
        "fail",
        "Prowler fails a vault that has no policy of its own. These keep what backs up Exchange and what recovers the "
        "site, neither of which has a policy of that kind: there is nothing to keep a promise with, and none is broken",
        "*/vaults/hosting-[er]*",
    ),
    Reason(
        "vm_ensure_attached_disks_encrypted_with_cmk",
        "compute-disks-own-key",
        "silent",
        "Prowler judges disks in use by this check, and spare ones by another, which fails this one, too",
        "*/disks/spare",
    ),
    Reason(
        "monitor_alert_service_health_exists",
        "monitor-service-health-alert",
        "fail",
        "Prowler wants an alert that is narrowed to incidents. Ours is not narrowed, so it tells of incidents and of "
        "security advisories, too: we are right",
    ),
    Reason(
        "network_vnet_ddos_protection_enabled",
        "network-flood-protection",
        "fail",
        "Prowler wants a protection plan on the network. Each public address here is protected on its own, which Azure "
        "offers as the other way: we are right",
    ),
    Reason(
        "network_watcher_enabled",
        "network-watched-in-each-region",
        "fail",
        "Prowler wants a watcher in each region that the subscription could use; we want one in each region that has a "
        "network. Nothing can be watched where there is no network: we are right",
    ),
    Reason(
        "policy_ensure_asc_enforcement_enabled",
        "monitor-benchmark-assigned",
        "silent",
        "Prowler looks for an assignment by the name that Defender gives its own, and says nothing where there is "
        "none. We look for the initiative, whatever its assignment is called",
    ),
    Reason(
        "sqlserver_vulnerability_assessment_enabled",
        "sql-weaknesses-looked-for",
        "fail",
        "Prowler knows the classic assessment, which writes to a storage container. The servers use the express one, "
        "which has no container: we are right",
    ),
    Reason(
        "storage_ensure_azure_services_are_trusted_to_access_is_enabled",
        "storage-no-public-network",
        "pass",
        "Prowler asks whether Azure's own services get past the firewall, and they do. We ask whether anybody else "
        "does: its other two checks, which ask that, fail these accounts as we do",
    ),
    Reason(
        "storage_key_rotation_90_days",
        "storage-keys-renewed",
        "fail",
        "Prowler asks whether somebody is reminded of the keys' age. We ask whether shared keys are off, or how old "
        "they are: these accounts take none, or their keys are new. Ours is the promise, theirs a help to keep it",
    ),
    Reason(
        "vm_sufficient_daily_backup_retention_period",
        "backup-policy-meets-promise",
        "pass",
        "Prowler is content with seven days, which it comes with. We compare with the days that were promised",
    ),
)
