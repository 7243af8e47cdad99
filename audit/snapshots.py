"""Spells a snapshot as a file, the same bytes for the same snapshot, and reads it again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from audit.model import Answer, Gap, Plane, Resource, Snapshot, Source, Unassessed
from audit.shape import folded, mark, revive

FORMAT = "promise-audit/snapshot/1"
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""One without an offset could be any hour of a day, and cannot be compared."""


class OtherFormat(ValueError):
    """A file that another version wrote."""


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A resource as it stands in the file: markers spelt in JSON, answers by their place in the list."""

    type: str
    id: str
    name: str
    seen_at: _Moment
    body: dict[str, Any]
    answers: tuple[int, ...] = ()
    source: Source | None = None
    component: str = ""
    dependencies: tuple[str, ...] = ()
    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    # What declares it is left out: it is found by comparing with the program, never taken from a file.


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    format: str
    plane: Plane
    origin: str
    seen_at: _Moment
    resources: tuple[_Row, ...]
    answers: tuple[Answer, ...] = ()
    own: int = 0
    """How many of the answers, from the first, are the snapshot's own; others belong to resources alone."""
    gaps: tuple[Gap, ...] = ()
    unassessed: tuple[Unassessed, ...] = ()
    tools: Mapping[str, str] = {}


_SHARED = tuple(name for name in _Row.__struct_fields__ if name not in ("body", "answers"))
_WHOLE = ("plane", "origin", "seen_at", "gaps", "unassessed", "tools")


def encode(snapshot: Snapshot) -> bytes:
    """Spell a snapshot as JSON, the same bytes for the same snapshot."""
    told = [answer for resource in snapshot.resources for answer in resource.answers]
    answers = dict.fromkeys((*snapshot.answers, *told))
    places = {answer: place for place, answer in enumerate(answers)}
    file = _File(
        format=FORMAT,
        resources=tuple(_row(resource, places) for resource in snapshot.resources),
        answers=tuple(answers),
        own=len(set(snapshot.answers)),
        **{name: getattr(snapshot, name) for name in _WHOLE},
    )
    return msgspec.json.encode(file, order="deterministic") + b"\n"


def decode(content: bytes) -> Snapshot:
    """Read a snapshot's file; raises `OtherFormat` where it is another version's, and `ValueError` where it is none."""
    try:
        found = msgspec.json.decode(content, type=_File)
        if found.format != FORMAT:
            raise OtherFormat(f"its format is {found.format!r}, not {FORMAT!r}")
        rows = tuple(_resource(row, found) for row in found.resources)
    except (msgspec.DecodeError, IndexError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return Snapshot(
        resources=rows, answers=found.answers[: found.own], **{name: getattr(found, name) for name in _WHOLE}
    )


def _row(resource: Resource, places: Mapping[Answer, int]) -> _Row:
    shared = {name: getattr(resource, name) for name in _SHARED}
    return _Row(**shared, body=mark(resource.body), answers=tuple(places[answer] for answer in resource.answers))


def _resource(row: _Row, file: _File) -> Resource:
    """Make a resource of a row; raises `IndexError` where it names an answer that is not in the file."""
    if any(place < 0 for place in row.answers):
        raise IndexError("an answer is numbered below 0")
    shared = {name: getattr(row, name) for name in _SHARED}
    answers = tuple(file.answers[place] for place in row.answers)
    body = revive(row.body)
    # A template's properties are read in any case, as they are where it is read itself.
    body = folded(body) if file.plane is Plane.TEMPLATE else body
    return Resource(**shared, plane=file.plane, body=body, answers=answers)
