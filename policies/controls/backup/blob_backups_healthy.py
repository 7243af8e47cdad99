"""Every backup of blobs or disks is protected now.

Catalogue: BCK-16.

## Why we promise this
A backup can be declared and yet be stopped, suspended or failing: the vault knows, and is asked.

## How to keep it
Mend what the backup instance's `protectionErrorDetails` name; often the vault's identity has lost its role on the
account.
"""

from audit.kinds.dataprotection import BLOB_BACKUP_INSTANCE
from audit.model import Example, Plane, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = BLOB_BACKUP_INSTANCE
PLANES = (Plane.LIVE,)
SEVERITY = Severity.HIGH
STATES = ("currentProtectionState", "protectionStatus.status")
PROMISED = "ProtectionConfigured"


def judge(instance: Resource) -> Ruling:
    for path in STATES:
        state = instance.read(path, str)
        if not same(state, PROMISED):
            return broken(f"{path} is {state}, promised {PROMISED}")
    return kept(f"its state is {PROMISED}")


def _case(verdict: Verdict, state: object, status: object) -> Example:
    return Example(verdict, {"currentProtectionState": state, "protectionStatus": {"status": status}})


EXAMPLES = (
    _case(Verdict.KEPT, PROMISED, PROMISED),
    _case(Verdict.BROKEN, "ProtectionError", PROMISED),
    _case(Verdict.BROKEN, "ProtectionStopped", "ProtectionStopped"),
    _case(Verdict.BROKEN, PROMISED, "ConfiguringProtectionFailed"),
    _case(Verdict.UNPROVEN, None, PROMISED),
    _case(Verdict.UNPROVEN, PROMISED, None),
)
