"""What SQL databases hold after their first day, and the first of their backups for the long term.

The customers and mailboxes are made up, the same on every machine.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from audit.kinds.sql import LONG_TERM_RETENTION, SQL_DATABASE
from audit.model import days
from audit.sandbox.made import moment
from audit.sandbox.sql_contents import hold, since, source
from audit.sandbox.sql_points import take_long_term
from audit.sandbox.store import Store

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_CUSTOMERS, _MAILBOXES = 24, 240
_NONE = "PT0S"
_IMMUTABLE = ("timeBasedImmutability", "timeBasedImmutabilityMode")


def fill(store: Store, now: datetime) -> None:
    """Let every database that holds nothing yet hold customers since a day ago, and have its long-term backup.

    A copy holds what its original does, and `master` nothing.
    """
    for found in store.listed(SQL_DATABASE.arm):
        identity = str(found["id"])
        if found["name"].lower() == "master" or source(store, identity) != identity or since(store, identity):
            continue
        hold(store, identity, now - _DAY, made_up(now - _DAY))
        _take(store, identity, now)


def made_up(at: datetime) -> dict[str, dict[str, Any]]:
    """Return tables with rows that were made up, all older than a moment."""
    customers = [
        [one, f"Customer {one}", {"decimal": f"{one * 7 % 100}.50"}, {"datetime": _before(at, one)}]
        for one in range(1, _CUSTOMERS + 1)
    ]
    mailboxes = [
        [one, 1 + one % _CUSTOMERS, f"mailbox{one}@example.org", 50 * 1024, one % 9 != 0, {"bytes": f"{one:08x}"}]
        for one in range(1, _MAILBOXES + 1)
    ]
    paid, when = ["credit", "decimal(10,2)"], ["since", "datetime2(7)"]
    named, kept = ["name", "nvarchar(100)"], ["quota_mb", "bigint"]
    key, owner = ["id", "int"], ["customer_id", "int"]
    held = [key, owner, ["address", "nvarchar(320)"], kept, ["active", "bit"], ["seal", "varbinary(32)"]]
    return {
        "dbo.customers": {"columns": [key, named, paid, when], "rows": customers},
        "dbo.mailboxes": {"columns": held, "rows": mailboxes},
    }


def _before(at: datetime, many: int) -> str:
    return (at - many * _DAY).replace(tzinfo=None, microsecond=0).isoformat()


def _take(store: Store, database: str, now: datetime) -> None:
    """Take the first long-term backup of a database, where its policy keeps any."""
    found = store.read(f"{database}/{LONG_TERM_RETENTION.arm.rpartition('/')[2]}/default") or {}
    policy: Mapping[str, Any] = found.get("properties") or {}
    spans = [str(policy.get(f"{rhythm}Retention") or _NONE) for rhythm in ("weekly", "monthly", "yearly")]
    kept = next((days(span) for span in spans if span != _NONE), 0)
    if kept:
        # A backup is as immutable as the policy was when it was taken; one that says nothing leaves it open.
        locked = {name: policy[name] for name in _IMMUTABLE if name in policy}
        at = now - 12 * _HOUR
        take_long_term(store, database, at, at + kept * _DAY, serverCreateTime=moment(now - _DAY), **locked)
