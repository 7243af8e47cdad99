"""Connects to the SQL databases of drills: what gives no answer shows nothing of what was restored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from azure.core.credentials import TokenCredential

from audit import databases
from audit.clouds import Cloud
from audit.drills.drill import Database
from audit.drills.outcomes import Inconclusive
from audit.drills.time import Clock
from audit.limits import Bucket


class Told(Inconclusive):
    """A database that refuses a statement: its error's number, and nothing of its text, which may hold data."""

    def __init__(self, number: int, severity: int = 0) -> None:
        super().__init__(f"the database answers with error {number}")
        self.number, self.severity = number, severity


def connecting(cloud: Cloud, credential: TokenCredential, clock: Clock) -> Callable[[str, str], Database]:
    """Return what connects to a database by the names of its server and its own."""
    bucket = Bucket(rate=50, burst=200, clock=clock.forward, sleep=clock.sleep)
    opening = databases.connecting(cloud, credential, bucket)
    return lambda server, name: _Drilled(opening, server, name)


class _Drilled:
    """An open database whose silence ends a drill as inconclusive."""

    def __init__(self, opening: Callable[[str, str], databases.Database], server: str, name: str) -> None:
        """Open it; raises `Inconclusive` where it cannot be reached."""
        try:
            self._database = opening(server, name)
        except databases.Unanswered as error:
            raise Inconclusive(str(error)) from error

    def rows(self, statement: str, parameters: tuple[Any, ...] = (), *, limit_s: float) -> Iterator[tuple[Any, ...]]:
        """Run a statement and yield its rows; raises `Told` where it fails and `Inconclusive` without an answer."""
        try:
            yield from self._database.rows(statement, parameters, limit_s=limit_s)
        except databases.Told as told:
            raise Told(told.number, told.severity) from told
        except databases.Unanswered as error:
            raise Inconclusive(str(error)) from error

    def close(self) -> None:
        """Close it."""
        self._database.close()
