"""A database can in truth be put back to any moment of the promised weeks.

Catalogue: SQL-19.

## Why we promise this
A policy that was lengthened yesterday, or backups that stopped, leave a window shorter than the one declared. Azure
says how far back it can go now. A database younger than the promise goes back to its first day.

## How to keep it
Lengthen `retention_days` of the database's short-term policy once, and never shorten it: the window only grows day by
day.
"""

from datetime import timedelta

from audit.kinds.moments import age, words
from audit.kinds.sql import REPLICATION_LINK, SQL_DATABASE, is_master
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    kept,
    not_applicable,
    same,
)

ON = SQL_DATABASE
NEEDS = (REPLICATION_LINK,)
PLANES = (Plane.LIVE,)
SEVERITY = Severity.HIGH
DAY = timedelta(days=1)
"""How much the first backup may come after the database, and the oldest day may be gone already."""
LONGEST = timedelta(days=37)
"""Azure keeps 35 days at most: a window longer by more than two was told some time ago and has moved since."""


def judge(database: Resource, estate: Estate, targets: Targets) -> Ruling:
    if is_master(database):
        return not_applicable("Azure keeps the master database itself")
    links = estate.children(database, REPLICATION_LINK)
    if links and all(same(link.read("role", str), "Secondary") for link in links):
        return not_applicable("it is a copy, of which Azure makes no backups before it takes over")
    promised, window = targets.number("sql.restore_days"), age(database, "earliestRestoreDate")
    if window > LONGEST:
        raise Unseen(f"a window of {words(window)} is longer than Azure keeps: it was not told today")
    if window >= timedelta(days=promised) - DAY:
        return kept(f"it can be put back {words(window)}, promised {promised} days")
    life = age(database, "creationDate")
    if window >= life - DAY:
        return kept(f"it can be put back {words(window)}, nearly to its making; promised {promised} days")
    return broken(f"it can be put back {words(window)}, promised {promised} days")


def _case(verdict: Verdict, earliest: object, made: object, note: str = "", *links: Neighbour) -> Example:
    body = {"earliestRestoreDate": earliest, "creationDate": made}
    return Example(verdict, body, links, {"sql.restore_days": 35}, note)


_OLD = "2024-01-01T00:00:00Z"
_LINK = Neighbour(REPLICATION_LINK, {"databaseName": {"$reference": "it"}, "role": "Secondary"})

EXAMPLES = (
    _case(Verdict.KEPT, "2025-12-11T12:00:00Z", _OLD, "35 days"),
    _case(Verdict.KEPT, "2025-12-12T12:00:00Z", _OLD, "34 days: the oldest one is just going"),
    _case(Verdict.BROKEN, "2025-12-12T13:00:00Z", _OLD, "33 days and a bit"),
    _case(Verdict.BROKEN, "2026-01-08T12:00:00Z", _OLD, "a week"),
    _case(Verdict.KEPT, "2026-01-10T13:00:00Z", "2026-01-10T00:00:00Z", "five days old"),
    _case(Verdict.BROKEN, "2026-01-14T13:00:00Z", "2026-01-10T00:00:00Z", "backups began late"),
    _case(Verdict.UNPROVEN, "2025-12-01T12:00:00Z", _OLD, "told two weeks ago"),
    _case(Verdict.UNPROVEN, None, _OLD),
    _case(Verdict.UNPROVEN, "2026-01-08T12:00:00Z", None),
    _case(Verdict.NOT_APPLICABLE, None, None, "the copy", _LINK),
    Example(Verdict.NOT_APPLICABLE, {"databaseName": "master"}),
)
