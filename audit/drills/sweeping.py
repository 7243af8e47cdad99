"""Takes away what drills left when they died: only what carries a drill's tag, and only once its time is over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from audit.azure import Refused
from audit.drill_record import Left
from audit.drills.actor import Actor
from audit.drills.drill import GROUP_API, deleted
from audit.drills.groups import of_drills, tag, until
from audit.drills.guard import only
from audit.drills.steps import INTENT, OUTCOME
from audit.drills.time import Clock
from audit.journal import Journal
from audit.model import AuditError

RESOURCES_API = "2021-04-01"
"""https://learn.microsoft.com/rest/api/resources/resources/list"""
BESIDE = {"microsoft.sql/servers/databases": "2023-08-01"}
"""What drills put beside production, as Azure restores it nowhere else: its type → the API version to delete by."""
_GROUP = r"DELETE /subscriptions/[^/]+/resourceGroups/"
_OWN = (
    _GROUP + r"drill-{drill}-\d+",
    _GROUP + r"[^/]+/providers/Microsoft\.Sql/servers/[^/]+/databases/drill-{drill}-\d+",
)
"""What a drill calls its own, with its id."""
_WAIT, _LONGEST = 10.0, 2 * 3600.0


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a sweep."""

    removed: tuple[str, ...] = ()
    waiting: tuple[Left, ...] = ()
    """What carries a drill's tag, and whose time is not over."""
    left: tuple[Left, ...] = ()
    """What could not be taken away, or not be looked for, and why."""


class Broom:
    """Deletes in Azure what carries a drill's tag; whatever else it is told to delete it refuses."""

    def __init__(self, actor: Actor, clock: Clock, journal: Journal) -> None:
        """Sweep by way of `actor`, of which only deletions of tagged things are sent."""
        self._tagged: set[str] = set()
        self._actor = actor.allowed(self._may)
        self._clock, self._journal = clock, journal

    def sweep(self, drills: str, subscriptions: Sequence[str], *, drill: str = "", dry: bool = False) -> Swept:
        """Take away what is over: groups in `drills` and `subscriptions`, databases in the latter.

        With `drill` it is what that one made, however long it still has. With `dry` nothing is deleted.
        """
        removed: list[str] = []
        waiting: list[Left] = []
        left: list[Left] = []
        for found in self._found(drills, subscriptions, left):
            path = str(found["id"])
            if not _named_by_a_drill(path, found):
                left.append(Left(ref=path, type=_type(found), reason="it carries a drill's tag, and no drill made it"))
                continue
            if tag(found, "drill-id") != drill if drill else until(found) > self._clock.now():
                waiting.append(Left(ref=path, type=_type(found), until=_until(found), reason=tag(found, "drill-id")))
            elif dry:
                removed.append(path)
            elif why := self._removed(path, _api(found)):
                left.append(Left(ref=path, type=_type(found), reason=why))
            else:
                removed.append(path)
        return Swept(removed=tuple(removed), waiting=tuple(waiting), left=tuple(left))

    def _found(self, drills: str, subscriptions: Sequence[str], left: list[Left]) -> Iterator[Mapping[str, Any]]:
        """Yield all that carries a drill's tag; what could not be listed is added to `left`."""
        places: list[tuple[str, Callable[[], Iterator[Mapping[str, Any]]]]] = [
            (one, lambda one=one: of_drills(self._actor, one))  # type: ignore[misc]  # a default binds it
            for one in dict.fromkeys((drills, *subscriptions))
        ]
        places += [(one, lambda one=one: self._beside(one)) for one in subscriptions]  # type: ignore[misc]  # a default binds it
        for place, listed in places:
            try:
                yield from list(listed())
            except Refused as refused:
                left.append(Left(ref=f"/subscriptions/{place}", type="subscription", reason=str(refused)))

    def _beside(self, subscription: str) -> Iterator[Mapping[str, Any]]:
        for found in self._actor.listed(f"/subscriptions/{subscription}/resources", RESOURCES_API):
            if tag(found, "drill-id") and str(found.get("type", "")).lower() in BESIDE:
                yield found

    def _removed(self, path: str, api: str) -> str:
        """Delete something once its tag was read again, and wait until it is gone; returns why it is not."""
        self._note(INTENT, path, "")
        try:
            why = self._deleted(path, api)
        except Refused as refused:
            why = str(refused)
        self._note(OUTCOME, path, why)
        return why

    def _deleted(self, path: str, api: str) -> str:
        waited, asked = 0.0, False
        while (found := self._actor.found(path, api)) is not None:
            # Between the list and now somebody may have put something else there.
            if not tag(found, "drill-id") or not _named_by_a_drill(path, found):
                return "it carries no drill's tag"
            if waited > _LONGEST:
                return "it is still there after two hours"
            self._tagged.add(path.lower())
            asked = asked or deleted(self._actor, path, api)
            self._clock.sleep(_WAIT if waited else 0.1)
            waited += _WAIT
        return ""

    def _may(self, method: str, path: str) -> str:
        return "" if method == "DELETE" and path.lower() in self._tagged else "it carries no drill's tag"

    def _note(self, kind: str, path: str, trouble: str) -> None:
        try:
            self._journal.append(kind, {"path": path, "trouble": trouble}, self._clock.now(), sync=True)
        except OSError as error:
            raise AuditError(
                f"cannot write the sweep's journal: {error.strerror}. Make room, and sweep again."
            ) from error


def _named_by_a_drill(path: str, found: Mapping[str, Any]) -> bool:
    """Tell whether a group or a database is called as a drill calls its own: a tag alone could be anybody's slip."""
    drill = re.escape(tag(found, "drill-id"))
    return not only(text.replace("{drill}", drill) for text in _OWN)("DELETE", path)


def _type(found: Mapping[str, Any]) -> str:
    return str(found.get("type") or "resource group")


def _api(found: Mapping[str, Any]) -> str:
    return BESIDE.get(_type(found).lower(), GROUP_API)


def _until(found: Mapping[str, Any]) -> datetime | None:
    moment = until(found)
    return None if moment.year == datetime.max.year else moment
