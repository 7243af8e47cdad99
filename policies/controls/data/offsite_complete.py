"""The copy elsewhere holds all of the archive that is older than a day.

Catalogue: AWS-10.

## Why we promise this
The copy is there for the day on which the archive's own account is lost. What was never copied is lost with it.

## How to keep it
Find out why the copying left out what it did, and copy it. What is younger than `data.offsite_hours` is not counted.
Names are compared, and not contents: those the drill of the copy restores and compares by sample.
"""

from audit.kinds.data import OFFSITE_LIST
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = OFFSITE_LIST
SEVERITY = Severity.CRITICAL


def judge(listed: Resource) -> Ruling:
    due, missing = listed.read("due", int), listed.read("missing", int)
    if missing:
        return broken(f"{missing} of {due} messages of the archive are not in the copy")
    if not due:
        raise Unseen("the archive lists nothing that should be in the copy by now")
    return kept(f"all {due} messages of the archive are in the copy")


EXAMPLES = (
    Example(Verdict.KEPT, {"archive": 12, "offsite": 12, "due": 10, "missing": 0}),
    Example(Verdict.BROKEN, {"archive": 12, "offsite": 11, "due": 10, "missing": 1}),
    Example(Verdict.UNPROVEN, {"archive": 0, "offsite": 0, "due": 0, "missing": 0}, note="an empty archive"),
    Example(Verdict.UNPROVEN, {"archive": 12, "offsite": 12, "due": 10, "missing": None}),
)
