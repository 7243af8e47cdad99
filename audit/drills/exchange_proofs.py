"""Reads the files that a person hands over in a drill of Exchange: only counts, states and digests leave them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from audit.drills.outcomes import Inconclusive

_LARGEST = 64 * 1024 * 1024
_FIELD = re.compile(r"^\s*(Database|DB Signature|State|Log Required):\s*(.*?)\s*$", re.MULTILINE)
_COUNT = re.compile(
    r"^\s*(\d+) (pages seen|bad checksums|correctable checksums|uninitialized pages|wrong page numbers)\s*$",
    re.MULTILINE,
)
_FINISHED = re.compile(r"^\s*Operation completed successfully in [\d.]+ seconds\.\s*$", re.MULTILINE)
_STATES = ("Clean Shutdown", "Dirty Shutdown", "Just Created", "Being Converted", "Force Detach")
_CANARY = re.compile(r"promise-audit canary (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ([0-9a-f]{64})")


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What `eseutil /mh` says of a database.

    https://learn.microsoft.com/previous-versions/tn-archive/aa998760(v=exchg.65)
    """

    state: str
    """One of its own words, empty for any other."""
    path: str
    """Where the file lies; it is compared, and kept nowhere."""
    signature: str
    """What tells this database from any other; it is compared as a digest, and kept nowhere."""


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """What `eseutil /k` counted in a database."""

    path: str
    seen: int
    bad: int
    correctable: int
    misplaced: int


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One recovery point that MABS lists."""

    at: datetime
    place: str


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One recovery job of MABS."""

    status: str
    began: datetime
    ended: datetime | None


class Mounted(msgspec.Struct, frozen=True, kw_only=True):
    """How Exchange says that a database stands."""

    name: str
    mounted: bool
    recovery: bool


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """One mailbox: its GUID, which leaves here as a digest alone, and how many items it holds."""

    guid: str
    items: int


class Canary(msgspec.Struct, frozen=True):
    """A canary message: when it was written, and its digest."""

    at: datetime
    digest: str


def header(content: bytes) -> Header:
    """Read the output of `eseutil /mh`; raises `Inconclusive` where it is something else or not whole."""
    text = _text(content)
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        found.setdefault(name, value)
    if not {"Database", "DB Signature", "State"} <= found.keys() or not _FINISHED.search(text):
        raise Inconclusive("the file is no whole output of eseutil /mh")
    state = next((state for state in _STATES if found["State"].lower() == state.lower()), "")
    return Header(state=state, path=found["Database"], signature=found["DB Signature"])


def pages(content: bytes) -> Pages:
    """Read the output of `eseutil /k`; raises `Inconclusive` where it is something else or not whole."""
    text = _text(content)
    counts = {name: int(number) for number, name in _COUNT.findall(text)}
    path = next((value for name, value in _FIELD.findall(text) if name == "Database"), "")
    wanted = {"pages seen", "bad checksums", "correctable checksums", "wrong page numbers"}
    if not wanted <= counts.keys() or not path:
        raise Inconclusive("the file is no whole output of eseutil /k")
    clean = counts["bad checksums"] == counts["wrong page numbers"] == 0
    # With bad pages it ends in an error, and says so instead.
    if clean and not _FINISHED.search(text):
        raise Inconclusive("the output of eseutil /k has no end")
    return Pages(
        path=path,
        seen=counts["pages seen"],
        bad=counts["bad checksums"],
        correctable=counts["correctable checksums"],
        misplaced=counts["wrong page numbers"],
    )


def points(content: bytes) -> tuple[Point, ...]:
    """Read the recovery points that MABS listed, the newest first; raises `Inconclusive`."""
    rows = table(content, ("At", "DataLocation"))
    found = [Point(at=_moment(row["At"]), place=_word(row["DataLocation"])) for row in rows]
    return tuple(sorted(found, key=lambda point: point.at, reverse=True))


def jobs(content: bytes) -> tuple[Job, ...]:
    """Read the recovery jobs that MABS exported, the newest first; raises `Inconclusive`."""
    found = [
        Job(
            status=_word(row["Status"]),
            began=_moment(row["Began"]),
            ended=_moment(row["Ended"]) if row["Ended"] else None,
        )
        for row in table(content, ("Status", "Began", "Ended"))
    ]
    return tuple(sorted(found, key=lambda job: job.began, reverse=True))


def databases(content: bytes) -> tuple[Mounted, ...]:
    """Read what `Get-MailboxDatabase -Status` said; raises `Inconclusive`."""
    return tuple(
        Mounted(name=row["Name"], mounted=_truth(row["Mounted"]), recovery=_truth(row["Recovery"]))
        for row in table(content, ("Name", "Mounted", "Recovery"))
    )


def boxes(content: bytes) -> tuple[Box, ...]:
    """Read what `Get-MailboxStatistics` said of each mailbox; raises `Inconclusive`, also where one stands twice."""
    rows = table(content, ("MailboxGuid", "ItemCount"))
    found = tuple(Box(guid=row["MailboxGuid"].strip().lower(), items=_number(row["ItemCount"])) for row in rows)
    if len({box.guid for box in found}) != len(found) or not all(box.guid for box in found):
        raise Inconclusive("the list of mailboxes names one twice, or one without its GUID")
    return found


def stopped(content: bytes) -> bool:
    """Tell whether the transport services are stopped, each of them; raises `Inconclusive` where none is told."""
    rows = table(content, ("Name", "Status"))
    states = [row["Status"].strip().lower() for row in rows if row["Name"].strip().lower().startswith("msexchange")]
    if not states:
        raise Inconclusive("the file tells of no service of Exchange")
    return all(state == "stopped" for state in states)


def canaries(content: bytes) -> tuple[Canary, ...]:
    """Read the canaries among exported subjects, the newest first; every other subject is passed over."""
    rows = table(content, ("Subject",))
    found = [
        Canary(_moment(match[1]), match[2]) for row in rows if (match := _CANARY.fullmatch(row["Subject"].strip()))
    ]
    return tuple(sorted(found, key=lambda canary: canary.at, reverse=True))


def table(content: bytes, columns: Sequence[str]) -> list[Mapping[str, str]]:
    """Read the named columns of a CSV file as PowerShell writes it, and no other; raises `Inconclusive`."""
    lines = [line for line in _text(content).splitlines() if not line.startswith("#TYPE")]
    rows = csv.DictReader(io.StringIO("\n".join(lines)), strict=True)
    try:
        missing = set(columns) - set(rows.fieldnames or ())
        if missing:
            raise Inconclusive(f"the file lacks the columns {', '.join(sorted(missing))}")
        return list(_rows(rows, columns))
    except csv.Error as error:
        raise Inconclusive("the file is no CSV") from error


def _rows(rows: Iterator[Mapping[str, str | None]], columns: Sequence[str]) -> Iterator[Mapping[str, str]]:
    for row in rows:
        values = {name: row[name] for name in columns}
        if None in values.values():
            raise Inconclusive("a line of the file is cut off")
        yield {name: value or "" for name, value in values.items()}


def _text(content: bytes) -> str:
    """Decode a file as Windows writes it; raises `Inconclusive`."""
    if len(content) > _LARGEST:
        raise Inconclusive("the file is too large to be a proof")
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Inconclusive("the file is no text") from error


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Inconclusive("a time in the file is not written as 2026-08-12T09:00:00Z") from error


def _number(text: str) -> int:
    if not text.strip().isdecimal():
        raise Inconclusive("a count in the file is no number")
    return int(text)


def _truth(text: str) -> bool:
    if text.strip().lower() not in ("true", "false"):
        raise Inconclusive("the file says neither True nor False")
    return text.strip().lower() == "true"


def _word(text: str) -> str:
    """Return a single word of the service's own; anything longer could be a name, and is left out."""
    word = text.strip()
    return word if word.isalpha() and len(word) <= 20 else "other"  # noqa: PLR2004  # no state is longer
