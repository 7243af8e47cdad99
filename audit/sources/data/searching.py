"""Searches one object: fetches it within its limits, takes its text out, and finds the numbers in it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator

import msgspec

from audit.facts import Unseen
from audit.sources.data.documents import Budget, Spent, parts
from audit.sources.data.numbers import CLASSES, Hits, found, joined

Clock = Callable[[], float]
_TRIPS = (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RecursionError, TypeError, ValueError)
"""What a document made to do harm may make a library trip over: that document was not read, and the others are."""


class Limits(msgspec.Struct, frozen=True):
    """What one object may cost."""

    bytes: int
    """Of the object and of all that is unpacked from it."""
    seconds: float


class Seen(msgspec.Struct, frozen=True):
    """What searching one object or some text showed."""

    hits: dict[str, frozenset[bytes]] = {}
    bytes: int = 0
    unread: bool = False
    """Whether any of it was not read."""
    pictures: int = 0
    """How many pictures and sounds were in it, of which nobody reads what they show."""

    def beside(self, other: Seen) -> Seen:
        """Return what the two showed together."""
        hits = dict(joined(self.hits, other.hits))
        return Seen(hits, self.bytes + other.bytes, self.unread or other.unread, self.pictures + other.pictures)

    def holds(self) -> bool:
        """Tell whether there is a number in it that is not one for trying."""
        return any(self.hits.get(kind) for kind in CLASSES if kind != "test")


class Job(msgspec.Struct, frozen=True):
    """An object to search: by whom it is read, and its name there. It can be sent to another computer."""

    read: Callable[[str], Iterable[bytes]]
    name: str
    salt: bytes
    limits: Limits

    def __repr__(self) -> str:
        return "Job()"  # its name is a customer's, and the salt is nobody's


def look(job: Job, *, clock: Clock = time.monotonic) -> Seen:
    """Fetch and search an object; one that cannot be fetched within its limits was not read."""
    began = clock()
    content, whole = _fetched(job, clock)
    left = max(0.0, job.limits.seconds - (clock() - began))
    seen = searched(content, job.salt, msgspec.structs.replace(job.limits, seconds=left), clock=clock)
    return seen if whole else msgspec.structs.replace(seen, unread=True)


def searched(content: bytes, salt: bytes, limits: Limits, *, clock: Clock = time.monotonic) -> Seen:
    """Search what an object holds; what its budget does not reach was not read."""
    budget = Budget(bytes=limits.bytes, seconds=limits.seconds, clock=clock)
    hits: Hits = {}
    unread, pictures = False, 0
    try:
        for part in parts(content, budget):
            unread |= part.unread
            pictures += part.picture
            hits = joined(hits, found(part.text, salt, tick=lambda: budget.take(0)))
    except (Spent, *_TRIPS):
        unread = True
    return Seen(dict(hits), len(content), unread, pictures)


def _fetched(job: Job, clock: Clock) -> tuple[bytes, bool]:
    """Return what came of an object, and whether that is all of it.

    A client's own time limits start anew with each byte, so another thread reads and is left alone when time is over.
    """
    arriving: queue.Queue[bytes | None] = queue.Queue(maxsize=4)
    whole, ended = threading.Event(), threading.Event()
    threading.Thread(target=_read, args=(job, arriving, whole, ended), daemon=True).start()
    content, until = bytearray(), clock() + job.limits.seconds
    try:
        while (piece := arriving.get(timeout=max(0.0, until - clock()))) is not None:
            content += piece
            if len(content) > job.limits.bytes:
                return bytes(content[: job.limits.bytes]), False
        return bytes(content), whole.is_set()
    except queue.Empty:
        return bytes(content), False
    finally:
        ended.set()


def _read(job: Job, arriving: queue.Queue[bytes | None], whole: threading.Event, ended: threading.Event) -> None:
    """Put what is read where it is waited for, and None after the last."""
    try:
        for piece in job.read(job.name):
            while not _put(arriving, piece) and not ended.is_set():
                continue
            if ended.is_set():
                return
        whole.set()
    except (Unseen, OSError, RuntimeError, ValueError):
        # What these say may hold a name; that it did not end well is all that is told.
        return
    finally:
        while not _put(arriving, None) and not ended.is_set():
            continue


def _put(arriving: queue.Queue[bytes | None], piece: bytes | None) -> bool:
    try:
        arriving.put(piece, timeout=0.2)
    except queue.Full:
        return False
    return True


def texts(cells: Iterable[str | bytes], salt: bytes, limits: Limits) -> Iterator[Seen]:
    """Search texts one by one, such as the cells of a database's text columns; bytes are taken as documents."""
    for cell in cells:
        content = cell.encode("utf-8", "surrogatepass") if isinstance(cell, str) else cell
        if isinstance(cell, str) and not _opened(cell):
            yield Seen(dict(found(cell, salt)), len(content))
        else:
            yield searched(content, salt, limits)


def _opened(cell: str) -> bool:
    """Tell whether a text is to be taken as a document: a page, a mail, or more than a search should take at once."""
    return len(cell) > 1 << 16 or "<" in cell or cell.startswith("{\\rtf")
