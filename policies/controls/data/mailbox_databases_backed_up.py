"""Every mailbox database is backed up by what knows Exchange, every day.

Catalogue: BCK-12.

## Why we promise this
A copy of a mail server's disks is no backup of its databases: what was in flight is lost, and logs are never cut. A
database that nobody added to the backup is missed on the day it is needed.

## How to keep it
Protect every database with the backup server (MABS), with a full backup each day. Export the databases that there are
as docs/data.md says, and give the folder to `audit data --proofs`. Whether a backup was a full one the vault does not
say: the attended drill of Exchange restores one.
"""

from audit.kinds.data import BACKUP_LIST
from audit.model import Example, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept

ON = BACKUP_LIST
SEVERITY = Severity.CRITICAL


def judge(listed: Resource, targets: Targets) -> Ruling:
    there, missing = listed.read("databases", int), listed.read("missing", int)
    if missing:
        return broken(f"{missing} of {there} databases are backed up by nothing that knows Exchange")
    if not there:
        raise Unseen("the export names no database")
    age, most = listed.read("listed", int), targets.number("probes.hours")
    if age > most:
        raise Unseen(f"the export of the databases is {age} hours old, of use for {most}")
    oldest, promised = listed.read("oldest", int), targets.number("backup.recovery_point_hours")
    if oldest > promised:
        return broken(f"the last backup of one of {there} databases is {oldest} hours old, promised {promised}")
    return kept(f"all {there} databases are backed up, none of them longer than {oldest} hours ago")


_TARGETS = {"probes.hours": 192, "backup.recovery_point_hours": 26}


def _case(verdict: Verdict, note: str = "", **facts: int | None) -> Example:
    body = {"databases": 4, "missing": 0, "listed": 3, "oldest": 20} | facts
    return Example(verdict, body, targets=_TARGETS, note=note)


EXAMPLES = (
    _case(Verdict.KEPT),
    _case(Verdict.BROKEN, missing=1),
    _case(Verdict.BROKEN, oldest=27),
    _case(Verdict.UNPROVEN, "an old export", listed=193),
    _case(Verdict.UNPROVEN, "nothing listed", databases=0),
    _case(Verdict.UNPROVEN, "the vault does not say when", oldest=None),
)
