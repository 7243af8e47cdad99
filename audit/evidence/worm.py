"""Stores a sealed pack where nobody can change or delete it for a time, and reads it back."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from audit.evidence.seal import FOLDER


class Stored(msgspec.Struct, frozen=True):
    """One file of a pack as it was read back."""

    key: str
    version: str
    size: int
    until: datetime
    """Until when nobody can delete it."""
    new: bool
    """Whether it was put now; an earlier try, or another copy of the same bytes, had stored it otherwise."""


class Place(Protocol):
    """Where packs are stored: a bucket of S3, or a container of Azure."""

    @property
    def prefix(self) -> str:
        """What every file's name there opens with."""

    def place(self, key: str) -> str:
        """Return where a file lies, as people write it."""

    def demand_locked(self, until: datetime | None) -> None:
        """Raise `AuditError` where it locks nothing, or where nobody says for how long."""

    def stored(self, key: str, content: bytes, until: datetime | None) -> Stored:
        """Put one file where nothing stands, and return it as it was read back; raises `AuditError`."""


def store(folder: Path, place: Place, *, until: datetime | None) -> Iterator[Stored]:
    """Store every file of a pack that verifies, the seal last; each is said once it was read back.

    Without `until` the place's own default retention decides. What is there already is left where it holds the same
    bytes for as long; a shorter lock is made longer. Raises `AuditError` where the place locks nothing, where another
    file has the name, and where what is read back is not what was put.
    """
    # Both clouds keep whole seconds.
    until = until.replace(microsecond=0) if until else None
    place.demand_locked(until)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in sorted(paths, key=lambda path: path.relative_to(folder).parts[0] == FOLDER):
        key = "/".join(
            (*filter(None, place.prefix.strip("/").split("/")), folder.name, *path.relative_to(folder).parts)
        )
        yield place.stored(key, path.read_bytes(), until)
