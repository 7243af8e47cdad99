"""What the local Azure keeps: resources and documents in one sqlite file that survives a restart."""

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from audit.model import AuditError
from audit.sandbox.address import GROUP_TYPE, SUBSCRIPTION_TYPE, of_resource

TENANT = "0a0d17e5-7e4a-47a1-8a0d-17e57e4a0001"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
"""The tenant and the subscription that a new store holds: constant, so that ids are the same on every machine.

The subscription is the one of zeros, which stands in the stacks' settings for one of the company's."""
EXPANDED = "expanded"
"""The kind of document, by a resource's id, that holds properties which Azure tells only where `$expand` names them."""

_CLOCK = "clock"

_TABLES = """
create table if not exists resources (
    id text primary key, type text not null, subscription text not null, grp text not null,
    body text not null, etag text not null, changed text not null
) without rowid;
create index if not exists resources_by_type on resources (type, id);
create table if not exists documents (
    kind text not null, id text not null, body text not null, primary key (kind, id)
) without rowid;
"""
_BATCH = "insert or replace into resources values (?, ?, ?, ?, ?, ?, ?)"


class Store:
    """The resources (ARM) and documents (all else) of one local Azure; threads and processes may share the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # It holds what a real estate would: its owner alone reads it.
            path.touch(mode=0o600)
            self.connection.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise AuditError(f"cannot keep the local Azure in {path}: {error}. Name another --folder.") from error
        if not self.subscriptions:
            self.put_document("tenant", TENANT, {"tenantId": TENANT, "displayName": "Local Azure"})
            self.add_subscription(SUBSCRIPTION, "Local")

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection of this thread; every statement commits by itself unless a transaction is opened."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            _keep_a_journal(found)
            found.execute("pragma synchronous = normal")
            self._local.connection = found
        return found

    @property
    def tenant(self) -> str:
        """The id of the tenant."""
        return str(self.documents("tenant")[0]["tenantId"])

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The ids of the subscriptions, in order of their making."""
        listed = sorted(self.documents("subscription"), key=lambda found: (found["number"], found["subscriptionId"]))
        return tuple(str(found["subscriptionId"]) for found in listed)

    def now(self) -> datetime:
        """Return what its clock says in UTC: the machine's own time, unless it was set to another."""
        found = self.document(_CLOCK, _CLOCK)
        return datetime.now(UTC) + timedelta(seconds=found["ahead"] if found else 0)

    def set_clock(self, moment: datetime) -> None:
        """Set its clock; from there it goes on as clocks do. Tokens alone keep the machine's time, as clients do."""
        ahead = (moment - datetime.now(UTC)).total_seconds()
        self.put_document(_CLOCK, _CLOCK, {"ahead": ahead})

    def add_subscription(self, subscription: str, name: str) -> None:
        """Add a subscription, or rename the one of this id."""
        known = self.document("subscription", subscription.lower())
        number = known["number"] if known else len(self.documents("subscription"))
        body = {"subscriptionId": subscription, "displayName": name, "number": number}
        self.put_document("subscription", subscription.lower(), body)

    def put(self, identity: str, body: Mapping[str, Any]) -> str:
        """Keep a resource under its ARM id, in the place of what stood there; returns its new etag."""
        row = _row(identity, body)
        self.connection.execute(_BATCH, row)
        return row[5]

    def put_all(self, resources: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Keep many resources, all or none of them."""
        with self.connection as connection:
            connection.execute("begin immediate")
            connection.executemany(_BATCH, (_row(identity, body) for identity, body in resources))

    def read(self, identity: str) -> dict[str, Any] | None:
        """Return the resource of an ARM id, None where there is none."""
        found = self.connection.execute("select body from resources where id = ?", (_key(identity),)).fetchone()
        return _object(found[0]) if found else None

    def etag(self, identity: str) -> str:
        """Return the etag of a resource, empty where there is none."""
        found = self.connection.execute("select etag from resources where id = ?", (_key(identity),)).fetchone()
        return str(found[0]) if found else ""

    def delete(self, identity: str) -> bool:
        """Delete a resource and all that stands below it; tells whether it was there."""
        key = _key(identity)
        with self.connection as connection:
            connection.execute("begin immediate")
            there = connection.execute("delete from resources where id = ?", (key,)).rowcount > 0
            connection.execute("delete from resources where id > ? and id < ?", (f"{key}/", f"{key}0"))
        return there

    def listed(
        self,
        type: str | Iterable[str] | None = None,  # noqa: A002  # ARM's own word for it, and the only fitting one
        subscription: str | None = None,
        group: str | None = None,
        below: str | None = None,
        after: str = "",
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return resources in order of their ids: of one or several types, in a subscription, group or below an id.

        `after` is the id of the last resource of the page before. Empty where there is none.
        """
        types = [type] if isinstance(type, str) else list(type or ())
        terms, values = ["select body from resources where id > ?"], [after.lower()]
        if type is not None:
            terms.append(f"type in ({','.join('?' * len(types))})")
            values += [name.lower() for name in types]
        for column, value in (("subscription", subscription), ("grp", group)):
            if value is not None:
                terms.append(f"{column} = ?")
                values.append(value.lower())
        if below is not None:
            # `0` is the character after `/`: everything whose id opens with the id and a slash.
            terms.append("id > ? and id < ?")
            values += [f"{_key(below)}/", f"{_key(below)}0"]
        query = " and ".join(terms) + " order by id limit ?"
        return [_object(row[0]) for row in self.connection.execute(query, (*values, -1 if limit is None else limit))]

    def count(self) -> int:
        """Return how many resources there are."""
        return int(self.connection.execute("select count(*) from resources").fetchone()[0])

    def documents(self, kind: str) -> list[dict[str, Any]]:
        """Return every document of a kind (Graph objects, faults, subscriptions) in order of ids; empty for none."""
        rows = self.connection.execute("select body from documents where kind = ? order by id", (kind,))
        return [_object(row[0]) for row in rows]

    def document(self, kind: str, identity: str) -> dict[str, Any] | None:
        """Return one document, None where there is none."""
        query = "select body from documents where kind = ? and id = ?"
        found = self.connection.execute(query, (kind, identity)).fetchone()
        return _object(found[0]) if found else None

    def put_document(self, kind: str, identity: str, body: Mapping[str, Any]) -> None:
        """Keep a document, in the place of what stood there."""
        query = "insert or replace into documents values (?, ?, ?)"
        self.connection.execute(query, (kind, identity, json.dumps(body)))

    def delete_document(self, kind: str, identity: str) -> bool:
        """Delete a document; tells whether it was there."""
        query = "delete from documents where kind = ? and id = ?"
        return self.connection.execute(query, (kind, identity)).rowcount > 0

    def empty(self) -> None:
        """Forget every resource and document but the tenant, its subscriptions and the clock."""
        with self.connection as connection:
            connection.execute("begin immediate")
            connection.execute("delete from resources")
            connection.execute("delete from documents where kind not in ('tenant', 'subscription', 'clock')")

    def copy_to(self, path: Path) -> None:
        """Copy everything into another file, in the place of what stood there."""
        path.unlink(missing_ok=True)
        self.connection.execute("vacuum into ?", (str(path),))

    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""
        found = getattr(self._local, "connection", None)
        if found is not None:
            found.close()
            del self._local.connection


def _key(identity: str) -> str:
    return identity.rstrip("/").lower()


def _object(text: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(text)
    return body


def _row(identity: str, body: Mapping[str, Any]) -> tuple[str, str, str, str, str, str, str]:
    """Make the row of a resource; raises `AuditError` where the id is none of ARM's."""
    address = of_resource(identity)
    if address.type == SUBSCRIPTION_TYPE:
        raise AuditError(f"{identity} is a subscription, and no resource. Give the id of a resource in it.")
    etag = f'"{uuid.uuid4()}"'
    changed = datetime.now(UTC).isoformat()
    return (
        _key(identity),
        address.type if address.provider else GROUP_TYPE,
        address.subscription.lower(),
        address.group.lower(),
        json.dumps(body),
        etag,
        changed,
    )


def _keep_a_journal(connection: sqlite3.Connection) -> None:
    """Have the file keep its journal apart; of two who open a new one, one is refused at once and not made to wait.

    https://www.sqlite.org/wal.html#sometimes_queries_return_sqlite_busy_in_wal_mode
    """
    for patience in (0.05,) * 100:
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError:
            time.sleep(patience)
        else:
            return
    connection.execute("pragma journal_mode = wal")
