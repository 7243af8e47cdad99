"""Backup vaults for blobs and disks are immutable, and locked so.

Catalogue: BCK-15.

## Why we promise this
In a locked vault no recovery point can be deleted or shortened before its time, by anyone.

## How to keep it
Prove a restore, then close the door with `audit lock`: it closes for good. Declare
`security_settings.immutability_settings.state="Locked"` once it is closed.
"""

from audit.kinds.dataprotection import BLOB_BACKUP_VAULT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = BLOB_BACKUP_VAULT
SEVERITY = Severity.HIGH
ONE_WAY = True
STATE = "securitySettings.immutabilitySettings.state"


def judge(vault: Resource) -> Ruling:
    state = vault.read(STATE, str)
    if same(state, "Locked"):
        return kept("immutability is Locked")
    return broken(f"immutability is {state}, promised Locked", change={STATE: "Locked"})


def _case(verdict: Verdict, state: str | None) -> Example:
    return Example(verdict, {"securitySettings": {"immutabilitySettings": {"state": state}}})


EXAMPLES = (
    _case(Verdict.KEPT, "Locked"),
    _case(Verdict.BROKEN, "Unlocked"),
    _case(Verdict.BROKEN, "Disabled"),
    _case(Verdict.UNPROVEN, None),
)
