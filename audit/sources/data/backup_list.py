"""Sets the mailbox databases that there are beside those that the mail servers' own backup holds.

Exchange says which databases there are: `mailbox-databases.json` in the folder of proofs, as docs/data.md has it
exported. The recovery vault says what the backup server (MABS) protects and when each was last backed up. What stands
in the body of a `backup.DatabaseList`: `databases`, `missing` (how many of them no item of the vault names), `oldest`
(the greatest age in hours of a database's last recovery point; left out while one is not known) and `listed` (the age
of the export in hours). Of two items of one name, as after a server was replaced, the one with the newer point counts.
No name leaves the check.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from audit.facts import Unseen
from audit.kinds.data import BACKUP_LIST
from audit.kinds.moments import age
from audit.kinds.recoveryservices import PROTECTED_ITEM
from audit.model import Resource, same
from audit.sources.data.inside import Inside
from audit.sources.looking import Found, resource

KINDS = (BACKUP_LIST,)
EXPORT = "mailbox-databases.json"
_LARGEST = 16 * 1024 * 1024
_HOUR = timedelta(hours=1)
_SERVERS = ("AzureBackupServer", "DPM")
"""How the vault calls what a backup server protects:
https://learn.microsoft.com/rest/api/backup/protected-items/get#backupmanagementtype"""
_EXCHANGE = "Exchange"
"""How it calls what they hold of a mail server, where it says so (`DataSourceType`, on the same page)."""


class _Export(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What Exchange listed, and when."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    databases: tuple[str, ...]


def asks(inside: Inside) -> tuple[str, ...]:
    """Say what it reads."""
    return (f"{EXPORT} in the folder of proofs, and the vault's items in the estate's snapshot: names and times",)


def check(inside: Inside) -> Found:
    """Compare the two lists; raises `Unseen` where there is no export, or no estate to compare it with."""
    export = _exported(inside)
    held: defaultdict[str, list[Resource]] = defaultdict(list)
    for found in inside.held(PROTECTED_ITEM):
        held[_database(found).lower()].append(found)
    names = {name.lower() for name in export.databases}
    body: dict[str, object] = {
        "databases": len(names),
        "missing": len(names - held.keys()),
        "listed": _hours(inside.now - export.at),
    }
    ages = [list(_ages(inside, held[name])) for name in names & held.keys()]
    if ages and all(ages):
        body["oldest"] = max(_hours(min(of_one)) for of_one in ages)
    return Found((resource(BACKUP_LIST, "mailbox databases", body, now=inside.now),))


def _exported(inside: Inside) -> _Export:
    """Read what Exchange listed; raises `Unseen` where that is not there, not readable or yet to come."""
    if inside.proofs is None:
        raise Unseen(f"no folder of proofs was given, so {EXPORT} is not known: add --proofs")
    path = inside.proofs / EXPORT
    try:
        with path.open("rb") as file:
            export = msgspec.json.decode(file.read(_LARGEST), type=_Export)
    except OSError as error:
        why = error.strerror if inside.proofs.is_dir() else "the folder of --proofs is not there"
        raise Unseen(f"{EXPORT} cannot be read: {why}") from error
    except msgspec.DecodeError as error:
        raise Unseen(f"{EXPORT} is not what Exchange is to export: {error}") from error
    if export.at > inside.now + _HOUR:
        raise Unseen(f"{EXPORT} was made at a time that is to come")
    return export


def _ages(inside: Inside, items: Iterable[Resource]) -> Iterator[timedelta]:
    """Yield how long ago the last recovery point of each item was made, of those that say so."""
    for item in items:
        with suppress(Unseen):
            yield age(item, "lastRecoveryPoint") + (inside.now - item.seen_at)


def _database(found: Resource) -> str:
    """Return the name of a mailbox database that a backup server protects; empty for anything else."""
    kind, name = found.body.get("backupManagementType"), found.body.get("friendlyName")
    of_exchange = same(str(found.body.get("workloadType") or _EXCHANGE), _EXCHANGE)
    ours = of_exchange and any(same(str(kind), server) for server in _SERVERS)
    return name if isinstance(name, str) and ours else ""


def _hours(passed: timedelta) -> int:
    """Return hours, rounded up: no promise is kept by rounding."""
    return -(-passed // _HOUR)
