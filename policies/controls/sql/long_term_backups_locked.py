"""Long-term backups of databases can be deleted by nobody before their time.

Catalogue: SQL-15.

## Why we promise this
A backup kept for years is a backup that can be deleted for years. Locked, it stays until its time is over, whoever
asks.

## How to keep it
With `az sql db ltr-policy set` give the database's policy `--time-based-immutability Enabled` and
`--time-based-immutability-mode Locked`; the SDK cannot yet. The door closes for good, and only new backups go through
it: check the periods first.
"""

from audit.kinds.sql import LONG_TERM_BACKUP
from audit.model import Example, Plane, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = LONG_TERM_BACKUP
PLANES = (Plane.LIVE,)
SEVERITY = Severity.MEDIUM
ONE_WAY = True
PROMISED = {"timeBasedImmutability": "Enabled", "timeBasedImmutabilityMode": "Locked"}


def judge(backup: Resource) -> Ruling:
    for path, promised in PROMISED.items():
        state = backup.read(path, str)
        if not same(state, promised):
            return broken(f"{path} is {state}, promised {promised}")
    return kept("it cannot be deleted before its time")


def _case(verdict: Verdict, immutability: object, mode: object) -> Example:
    return Example(verdict, {"timeBasedImmutability": immutability, "timeBasedImmutabilityMode": mode})


EXAMPLES = (
    _case(Verdict.KEPT, "Enabled", "Locked"),
    _case(Verdict.BROKEN, "Enabled", "Unlocked"),
    _case(Verdict.BROKEN, "Disabled", None),
    _case(Verdict.UNPROVEN, "Enabled", None),
    _case(Verdict.UNPROVEN, None, "Locked"),
)
