"""Whatever is backed up is protected now, and its last backup went well.

Catalogue: BCK-09.

## Why we promise this
A backup can be declared and yet be stopped, suspended or failing: the vault knows, and is asked.

## How to keep it
Resume a stopped backup; for a failing one, mend what the item's `healthDetails` name.
"""

from audit.kinds.backup_items import UNDELETED, deleted
from audit.kinds.recoveryservices import PROTECTED_ITEM
from audit.model import (
    Example,
    Plane,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    kept,
    same,
)

ON = PROTECTED_ITEM
PLANES = (Plane.LIVE,)
SEVERITY = Severity.CRITICAL
ABSENT = UNDELETED
# A machine's last backup is Completed; that of a database on a machine is Healthy.
PROMISED = {
    "protectionState": ("Protected",),
    "lastBackupStatus": ("Completed", "Healthy"),
    "healthStatus": ("Passed",),
}
# What each kind of backup tells of itself; a backup server's items tell the vault their state alone.
TOLD = {
    "AzureIaasVM": ("protectionState", "lastBackupStatus", "healthStatus"),
    "AzureWorkload": ("protectionState", "lastBackupStatus"),
    "MAB": ("protectionState", "lastBackupStatus"),
    "AzureBackupServer": ("protectionState",),
    "DPM": ("protectionState",),
}


def judge(item: Resource) -> Ruling:
    if gone := deleted(item):
        return gone
    manager = item.read("backupManagementType", str)
    # A kind that is not known here is asked for everything.
    paths = next((told for name, told in TOLD.items() if same(name, manager)), tuple(PROMISED))
    seen = {path: item.read(path, str) for path in paths}
    for path, state in seen.items():
        if not any(same(state, promised) for promised in PROMISED[path]):
            return broken(f"{path} is {state}, promised {' or '.join(PROMISED[path])}")
    return kept(", ".join(f"{path} is {state}" for path, state in seen.items()))


_MACHINE = {
    "backupManagementType": "AzureIaasVM",
    "protectionState": "Protected",
    "lastBackupStatus": "Completed",
    "healthStatus": "Passed",
}

EXAMPLES = (
    Example(Verdict.KEPT, _MACHINE),
    Example(Verdict.BROKEN, {**_MACHINE, "protectionState": "ProtectionStopped"}),
    Example(Verdict.BROKEN, {**_MACHINE, "protectionState": "BackupsSuspended"}),
    Example(Verdict.BROKEN, {**_MACHINE, "protectionState": "IRPending"}, note="no first backup yet"),
    Example(Verdict.BROKEN, {**_MACHINE, "lastBackupStatus": "Failed"}),
    Example(Verdict.BROKEN, {**_MACHINE, "healthStatus": "ActionRequired"}),
    Example(
        Verdict.KEPT,
        {"backupManagementType": "AzureWorkload", "protectionState": "Protected", "lastBackupStatus": "Healthy"},
    ),
    Example(Verdict.KEPT, {"backupManagementType": "AzureBackupServer", "protectionState": "Protected"}),
    Example(Verdict.UNPROVEN, {**_MACHINE, "healthStatus": None}),
    Example(Verdict.UNPROVEN, {**_MACHINE, "backupManagementType": None}),
    Example(Verdict.UNPROVEN, {"backupManagementType": "Other", "protectionState": "Protected"}, note="another kind"),
    Example(Verdict.NOT_APPLICABLE, {**_MACHINE, "isScheduledForDeferredDelete": True}),
)
