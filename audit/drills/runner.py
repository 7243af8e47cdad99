"""Runs drills side by side, each in a folder of its own, so that one that dies can be gone on with."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec

from audit.drill_record import DrillRecord
from audit.drills import recording
from audit.drills.drill import Beginning, Drill, Means
from audit.drills.kinds import kind
from audit.drills.machine import run
from audit.drills.states import State
from audit.drills.steps import BEGUN, STATE, Steps
from audit.journal import Entry, Journal, read
from audit.model import AuditError

JOURNAL, PACKED = "journal.jsonl", "packed"
"""The files of a drill's folder: its journal, and the name of the pack that was made of it."""
_LOCKS = "locks"


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A drill that came to its end, died on the way, or could not begin; with a folder and no record it died."""

    folder: Path | None = None
    record: DrillRecord | None = None
    ref: str
    why: str = ""
    """Why it did not begin or died, where it did."""


def begin(work: Path, begun: Beginning) -> Path:
    """Make the folder of a drill with the first line of its journal; raises `AuditError` where it cannot be written."""
    folder = work / f"{begun.drill_id}-{begun.attempt}"
    try:
        folder.mkdir(parents=True, mode=0o700)
        journal = Journal(folder / JOURNAL)
        journal.append(BEGUN, msgspec.to_builtins(begun), begun.clock.at, sync=True)
        journal.close()
    except OSError as error:
        raise AuditError(f"cannot write {folder}: {error.strerror}. Name another folder with --work.") from error
    return folder


def lines(folder: Path) -> tuple[Entry, ...]:
    """Return the whole lines of a drill's journal; raises `AuditError` where it cannot be read or was changed."""
    try:
        content = (folder / JOURNAL).read_bytes()
        return read(content[: content.rfind(b"\n") + 1])
    except OSError as error:
        raise AuditError(f"cannot read {folder / JOURNAL}: {error.strerror}. Name a drill's folder.") from error
    except ValueError as error:
        raise AuditError(f"{folder / JOURNAL}: {error}. It is no evidence any more; sweep up with --drill.") from error


def folders(work: Path) -> tuple[Path, ...]:
    """Return the folders of all drills, the oldest first; empty where there are none."""
    return tuple(sorted(path.parent for path in work.glob(f"*/{JOURNAL}")))


def ended(entries: Sequence[Entry]) -> bool:
    """Tell whether a drill came to its end."""
    return any(entry.type == STATE and entry.body["state"] == State.ENDED for entry in entries)


@contextmanager
def held(work: Path, ref: str) -> Iterator[None]:
    """Hold an item on this machine while the block lasts; raises `AuditError` where another process has it.

    The system lets go of it when the process ends in any way.
    """
    path = work / _LOCKS / ref
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise AuditError(f"cannot write {path}: {error.strerror}. Name another folder with --work.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise AuditError(
            f"{ref} is being drilled by another process. Wait for it, or look with `audit drill show`."
        ) from error
    finally:
        os.close(descriptor)


def go(folder: Path, means: Callable[[Beginning], Means]) -> DrillRecord:
    """Take a drill on from where its journal ends, to its end; `means` makes what it acts by.

    Raises `AuditError` where the journal cannot be read or written.
    """
    begun = recording.beginning(demand_begun(folder))
    made = means(begun)
    try:
        journal, entries = Journal.resumed(folder / JOURNAL)
    except (OSError, ValueError) as error:
        raise AuditError(f"cannot go on with {folder}: {error}. Sweep up with --drill.") from error
    try:
        return run(kind(begun.recoverable.kind), Drill(begun, Steps(journal, entries, made.clock), made))
    except OSError as error:
        raise AuditError(f"cannot write {folder}: {error.strerror}. Make room, then `audit drill resume`.") from error
    finally:
        journal.close()


def run_all(
    work: Path,
    beginnings: Iterable[Callable[[], Beginning]],
    means: Callable[[Beginning], Means],
    *,
    at_once: int,
    may_begin: Callable[[], bool],
    told: Callable[[Ended], None],
) -> tuple[Ended, ...]:
    """Run drills, so many `at_once`, and return what came of them in their order.

    None begins once `may_begin` says no; what has begun is brought to its end. What is held by another process does not
    begin. `told` hears of each at its end.
    """

    def one(make: Callable[[], Beginning]) -> Ended:
        begun = make()
        result = _one(work, begun, means) if may_begin() else _not_begun(begun, "this run begins nothing more")
        told(result)
        return result

    with ThreadPoolExecutor(max_workers=at_once) as threads:
        return tuple(threads.map(one, beginnings))


def resume_all(
    work: Path, dead: Iterable[Path], means: Callable[[Beginning], Means], *, told: Callable[[Ended], None]
) -> tuple[Ended, ...]:
    """Take drills that died to their end, one after the other, and return what came of each.

    One that another process has, or whose journal is no evidence any more, keeps none of the others from its end.
    """
    found = []
    for folder in dead:
        found.append(_resumed(work, folder, means))
        told(found[-1])
    return tuple(found)


def _resumed(work: Path, folder: Path, means: Callable[[Beginning], Means]) -> Ended:
    ref = folder.name
    try:
        ref = recording.beginning(demand_begun(folder)).recoverable.ref
        with held(work, ref):
            return Ended(folder=folder, record=go(folder, means), ref=ref)
    except AuditError as error:
        return Ended(ref=ref, why=str(error))


def demand_begun(folder: Path) -> tuple[Entry, ...]:
    """Return the lines of a drill that began; raises `AuditError` where it died before its first line was whole."""
    found = lines(folder)
    if not found:
        raise AuditError(f"{folder} holds no line: the drill died before it did anything. Remove the folder.")
    return found


def _one(work: Path, begun: Beginning, means: Callable[[Beginning], Means]) -> Ended:
    folder = None
    try:
        with held(work, begun.recoverable.ref):
            folder = begin(work, begun)
            return Ended(folder=folder, record=go(folder, means), ref=begun.recoverable.ref)
    except AuditError as error:
        return msgspec.structs.replace(_not_begun(begun, str(error)), folder=folder)


def _not_begun(begun: Beginning, why: str) -> Ended:
    return Ended(ref=begun.recoverable.ref, why=why)
