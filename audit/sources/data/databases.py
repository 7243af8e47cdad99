"""Asks a database one statement at a time, within limits, and notes each as evidence: what was asked, and a digest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec

from audit.databases import Database, Told, Unanswered
from audit.facts import Unseen
from audit.model import Answer, Kind, Resource
from audit.sources.data import statements
from audit.sources.data.inside import Inside
from audit.sources.looking import resource

_WORDS = {
    207: "it has no such column",
    208: "it has no such table, or we may not know of it",
    229: "SELECT is not granted",
    230: "SELECT on a column is not granted",
    262: "a permission is missing",
    916: "our login has no user there",
    1222: "somebody else's lock was not released in time",
    15406: "IMPERSONATE is not granted",
    15517: "there is no such user, or IMPERSONATE is not granted",
    18456: "the login failed",
    4060: "it cannot be opened by our login",
    -2: "the time limit was over",
    "Syntax error or access violation": "a permission is missing (docs/data.md has what is granted), or somebody"
    " else's lock was not released in time",
}
"""The errors that our statements meet when something is missing, by number, or by the driver's words without one:
https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors"""


class Asking:
    """One open database: what was asked of it so far, and what came back, by digest."""

    def __init__(self, inside: Inside, place: str, database: Database, clock: Callable[[], float]) -> None:
        self._inside, self._place, self._database, self._clock = inside, place, database, clock
        self._began, self._bytes = clock(), 0
        self._limit = inside.targets.number("data.statement_seconds")
        self._most = inside.targets.number("data.bytes")
        self.answers: tuple[Answer, ...] = ()

    def seen(self, kind: Kind, name: str, body: Mapping[str, Any]) -> Resource:
        """Make a resource of what the answers say, with all of them as its evidence."""
        made = resource(kind, name, body, now=self._inside.now)
        return msgspec.structs.replace(made, answers=self.answers)

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return what a statement answers; raises `Unseen` where that fails, takes too long or is too much."""
        asked_at = self._clock()
        found = self._asked(statement, parameters, asked_at)
        self._note(statement, found, asked_at)
        return found

    def texts(self, statement: str) -> list[tuple[Any, ...]]:
        """Return rows of texts; raises as `rows` does.

        The evidence has their number and no digest of them: what a short text was can be tried out.
        """
        asked_at = self._clock()
        found = self._asked(statement, (), asked_at)
        self._note(statement, [(len(found),)], asked_at)
        return found

    def _asked(self, statement: str, parameters: tuple[Any, ...], asked_at: float) -> list[tuple[Any, ...]]:
        found = []
        try:
            for row in self._database.rows(statement, parameters, limit_s=float(self._limit)):
                found.append(row)
                self._bytes += len(msgspec.json.encode(row))
                if self._bytes > self._most or self._clock() - asked_at > self._limit:
                    raise Unseen(f"{self._place} answers with more than {self._most} bytes or {self._limit} s allow")
        except Told as told:
            why = _WORDS.get(told.number or told.words, "see its documentation")
            raise Unseen(f"{self._place} answers with error {told.number or told.words}: {why}") from told
        except (Unanswered, TypeError, ValueError) as error:
            raise Unseen(f"{self._place} gives no answer: {type(error).__name__}") from error
        return found

    def numbers(self, statement: str, *parameters: Any, count: int) -> tuple[int, ...]:
        """Return the one row of so many counts that a statement answers; raises `Unseen` where it is anything else."""
        found = self.rows(statement, *parameters)
        if len(found) != 1 or len(found[0]) != count or not all(_is_count(value) for value in found[0]):
            raise Unseen(f"{self._place} does not answer with {count} counts")
        return tuple(int(value) for value in found[0])

    def stored(self, table: str) -> int:
        """Return how many rows a table, by its quoted name, holds, shown to us or not; raises `Unseen` for no table."""
        ((found,),) = self.rows(statements.STORED, table) or [(None,)]
        if not _is_count(found):
            why = f"how many rows {table} holds is not told: it is not there, or not shown to us, or it is a view"
            raise Unseen(f"{why}. Name the table itself, and no view of it")
        return int(found)

    def names(self, statement: str, *parameters: Any, count: int) -> list[tuple[str, ...]]:
        """Return rows of names; raises `Unseen` where one is anything else."""
        found = self.rows(statement, *parameters)
        if not all(len(row) == count and all(isinstance(value, str) for value in row) for row in found):
            raise Unseen(f"{self._place} does not answer with names")
        return found

    def _note(self, statement: str, found: list[tuple[Any, ...]], asked_at: float) -> None:
        at = self._inside.now + timedelta(seconds=max(0.0, asked_at - self._began))
        digest = sha256(msgspec.json.encode(found)).hexdigest()
        self.answers += (Answer(f"sql://{self._place}", at, "", digest, statement),)


def _is_count(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int) and value >= 0


@contextmanager
def opened(inside: Inside, place: str, *, clock: Callable[[], float] = time.monotonic) -> Iterator[Asking]:
    """Open a database that a target names as server/database, for statements that wait for nobody long.

    Raises `Unseen` where the name is none, or the database does not let us in.
    """
    server, slash, name = place.partition("/")
    if not (server and slash and name):
        raise Unseen(f"the target names {place!r}, which is no database: write it as server/database")
    try:
        database: Database = inside.database(server, name)
    except Unanswered as error:
        raise Unseen(f"{place}: {error}") from error
    try:
        asking = Asking(inside, place, database, clock)
        milliseconds = 1000 * inside.targets.number("data.lock_seconds")
        asking.rows(statements.WAIT.format(milliseconds=milliseconds))
        yield asking
    finally:
        database.close()
