"""What happens in Recovery Services vaults is logged to the workspace.

Catalogue: BCK-14.

## Why we promise this
Jobs, alarms, changed policies and deleted backups must be answerable after the fact, also when the vault's own memory
of its jobs is over.

## How to keep it
Declare a `monitor.DiagnosticSetting` of the vault with a `workspace_id`, every log named in this control's `BACKUP`
and `log_analytics_destination_type="Dedicated"`; and a second one with those in `RECOVERY`, which share a table.
"""

from collections.abc import Iterator

from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, kept, missing, same

ON = RECOVERY_VAULT
NEEDS = (DIAGNOSTIC_SETTING,)
SEVERITY = Severity.MEDIUM
BACKUP = (
    "CoreAzureBackup",
    "AddonAzureBackupJobs",
    "AddonAzureBackupAlerts",
    "AddonAzureBackupPolicy",
    "AddonAzureBackupStorage",
    "AddonAzureBackupProtectedInstance",
    "AzureBackupOperations",
)
RECOVERY = (
    "AzureSiteRecoveryJobs",
    "AzureSiteRecoveryEvents",
    "AzureSiteRecoveryReplicatedItems",
    "AzureSiteRecoveryReplicationStats",
    "AzureSiteRecoveryRecoveryPoints",
)


def judge(vault: Resource, estate: Estate) -> Ruling:
    logged: set[str] = set()
    for setting in estate.children(vault, DIAGNOSTIC_SETTING):
        # A setting without a workspace keeps its logs elsewhere, and is not one of those looked for.
        if setting.link("workspaceId", absent=""):
            logged |= set(_logged(setting))
    left_out = [name for name in BACKUP + RECOVERY if name.casefold() not in logged]
    if left_out:
        return missing(
            f"not sent to a workspace: {', '.join(left_out)}",
            declare='monitor.DiagnosticSetting(resource_uri=vault.id, log_analytics_destination_type="Dedicated", …)',
        )
    return kept(f"{len(BACKUP + RECOVERY)} logs of backup and recovery are sent to the workspace")


def _logged(setting: Resource) -> Iterator[str]:
    """Yield the categories that a setting sends; those of backup count only where each gets a table of its own."""
    for log in setting.each("logs"):
        # A log names either one category or one group, and a group may leave out what is not in it.
        name = log.read("category", str, absent="")
        if log.read("enabled", bool) is True and (not _is_backup(name) or _is_dedicated(setting)):
            yield name.casefold()


def _is_backup(name: str) -> bool:
    return any(same(name, category) for category in BACKUP)


def _is_dedicated(setting: Resource) -> bool:
    """Tell whether a setting writes tables of their own; Azure leaves the property out where it does not."""
    return same(setting.read("logAnalyticsDestinationType", str, absent=""), "Dedicated")


def _setting(names: tuple[str, ...], **more: object) -> Neighbour:
    logs = [{"category": name, "enabled": True} for name in names]
    return Neighbour(
        DIAGNOSTIC_SETTING, {"resourceUri": {"$reference": "it"}, "workspaceId": "w", "logs": logs, **more}
    )


_OWN = {"logAnalyticsDestinationType": "Dedicated"}

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_setting(BACKUP, **_OWN), _setting(RECOVERY))),
    Example(Verdict.KEPT, {}, (_setting(BACKUP + RECOVERY, **_OWN),)),
    Example(Verdict.BROKEN, {}, (_setting(BACKUP), _setting(RECOVERY)), note="all in one table"),
    Example(Verdict.BROKEN, {}, (_setting(BACKUP, **_OWN),), note="Site Recovery left out"),
    Example(Verdict.BROKEN, {}, (_setting(BACKUP[1:], **_OWN), _setting(RECOVERY)), note="one left out"),
    Example(Verdict.BROKEN, {}, (_setting(BACKUP + RECOVERY, **_OWN, workspaceId=None),), note="no workspace"),
    Example(Verdict.BROKEN, {}, note="no setting"),
    Example(Verdict.UNPROVEN, {}, (_setting(BACKUP + RECOVERY, **_OWN, logs={"$unknown": True}),)),
)
