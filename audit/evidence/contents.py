"""Reads what a pack holds, each file only as its manifest and its journal say that it is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from audit import canonical, journal
from audit.drill_record import DrillRecord
from audit.evidence import manifest, reading
from audit.evidence.manifest import Listed, Manifest
from audit.exchange import Exchange
from audit.journal import Entry
from audit.model import AuditError, Snapshot
from audit.promises import Report
from audit.runs import Checked, Pack, PackKind, Run
from audit.snapshots import decode

RUN = "run.json"
SNAPSHOT = "snapshot.json.gz"
REPORT = "report.json.gz"
DRILL = "drill.json"
DRILL_JOURNAL = "drill.jsonl"
"""The journal of a drill, of which its record is made."""
ANSWERS = "answers"
PACKED = ".gz"
BEGUN, EXCHANGE, WRITTEN, ENDED = "begun", "exchange", "written", "ended"
"""The types of a pack's journal lines."""
REPORT_FORMAT = "promise-audit/report/1"
T = TypeVar("T")
_MOST = 512 * 1024 * 1024
"""More bytes than any single file of a pack holds, packed or not."""
MOST_OF_ALL = 1 << 30
"""More bytes than all of a pack holds unpacked: a few packed ones could be made to fill any memory."""


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that the journal names, by what it holds unpacked."""

    path: str
    sha256: str
    size: int


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An exchange as the journal has it: the body by digest and size."""

    cloud: str
    asked: str
    sent: str
    at: datetime
    status: int
    headers: dict[str, str]
    trouble: str
    page: int
    last: bool
    sha256: str
    size: int

    @property
    def body(self) -> Body | None:
        """The file that holds the body, None where there is none."""
        if not self.sha256 and not self.size:
            return None
        return Body(path=f"{ANSWERS}/{self.sha256}{PACKED}", sha256=self.sha256, size=self.size)

    def exchange(self, content: bytes) -> Exchange:
        """Return the exchange with its body."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__ if name not in ("sha256", "size")}
        return Exchange(**fields, content=content)


class _ReportFile(Report, frozen=True, kw_only=True):
    """A report's file, which says its format."""

    format: str


def stored(folder: Path, item: Listed) -> bytes:
    """Return a listed file's bytes; raises `ValueError` where they are not the ones that were listed."""
    if item.size > _MOST:
        raise ValueError(f"it is listed with {item.size} bytes, more than any file of a pack holds")
    content = reading.file(folder, item.path, most=item.size)
    if len(content) != item.size or canonical.sha256(content) != item.sha256:
        raise ValueError("it was changed: its digest is not the one in the manifest")
    return content


def unpacked(content: bytes, body: Body) -> bytes:
    """Return what a stored file holds; raises `ValueError` where that is not what the journal says."""
    if not 0 <= body.size <= _MOST:
        raise ValueError(f"the journal says that it holds {body.size} bytes, which no file of a pack does")
    plain = reading.unpacked(content, size=body.size) if body.path.endswith(PACKED) else content
    if len(plain) != body.size or canonical.sha256(plain) != body.sha256:
        raise ValueError("it holds something else than the journal says")
    return plain


def entries(content: bytes, whole: Manifest) -> tuple[Entry, ...]:
    """Read the journal; raises `ValueError` where it is broken, or ends elsewhere than the manifest says."""
    found = journal.read(content)
    if len(found) != whole.journal.entries:
        raise ValueError(f"it has {len(found)} lines, and the manifest says {whole.journal.entries}: it was cut")
    if (found[-1].hash if found else "") != whole.journal.head:
        raise ValueError("its last line is not the one that the manifest says")
    return found


def lines(found: Iterable[Entry]) -> tuple[Line, ...]:
    """Return the exchanges that a journal names; raises `ValueError` where a line says something else."""
    return tuple(_converted(entry, Line) for entry in found if entry.type == EXCHANGE)


def bodies(found: Iterable[Entry]) -> tuple[Body, ...]:
    """Return the other files that a journal names; raises `ValueError` as `lines` does."""
    return tuple(_converted(entry, Body) for entry in found if entry.type == WRITTEN)


def _converted(entry: Entry, shape: type[T]) -> T:
    try:
        return msgspec.convert(entry.body, shape)
    except msgspec.ValidationError as error:
        raise ValueError(f"line {entry.seq} says something else than its type: {error}") from error


def run(content: bytes) -> Run:
    """Read `run.json`; raises `ValueError`."""
    return _strictly(content, Run)


def drill(content: bytes) -> DrillRecord:
    """Read a drill's record; raises `ValueError`."""
    return _strictly(content, DrillRecord)


def report(content: bytes) -> Report:
    """Read a report's file; raises `ValueError` where it is none, or another version's."""
    canonical.read(content)
    try:
        found = msgspec.json.decode(content, type=_ReportFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"it is no report: {error}") from error
    if found.format != REPORT_FORMAT:
        raise ValueError(f"its format is {found.format!r}, not {REPORT_FORMAT!r}")
    return Report(**{name: getattr(found, name) for name in Report.__struct_fields__})


def snapshot(content: bytes) -> Snapshot:
    """Read a snapshot's file; raises `ValueError` where it is none, or another version's."""
    canonical.read(content)
    return decode(content)


def _strictly(content: bytes, shape: type[T]) -> T:
    plain = canonical.read(content)
    if canonical.written(plain) != content:
        raise ValueError("it is not spelt as RFC 8785 writes it")
    try:
        return msgspec.convert(plain, shape)
    except msgspec.ValidationError as error:
        raise ValueError(f"it is not what its name says: {error}") from error


def opened(folder: Path, checked: Checked) -> Pack:
    """Read a pack that was checked: all of it where nothing is wrong, else nothing but what the check itself says.

    Raises `AuditError` where it has changed since.
    """
    if checked.faults or checked.kind is None:
        return Pack(checked=checked)
    try:
        return _opened(folder, checked)
    except (ValueError, KeyError) as error:
        raise _changed(folder, error) from error


def exchanges(folder: Path) -> tuple[Exchange, ...]:
    """Return every question to a cloud with its answer, in the order of the journal; raises `AuditError`."""
    try:
        shelf = Shelf(folder)
        found = lines(shelf.entries)
        # Each body once, however many lines name it.
        held = {body: shelf.plain(body) for body in {line.body for line in found if line.body}}
        return tuple(line.exchange(held[line.body] if line.body else b"") for line in found)
    except (ValueError, KeyError) as error:
        raise _changed(folder, error) from error


class Shelf:
    """The files of one pack, each given out only where it verifies."""

    def __init__(self, folder: Path) -> None:
        """Read manifest and journal; raises `ValueError`, and `KeyError` where the manifest lists no journal."""
        self.whole = manifest.read(folder)
        self._folder = folder
        self._listed: Mapping[str, Listed] = {item.path: item for item in self.whole.files}
        if trouble := next(filter(None, map(manifest.entry_trouble, self.whole.files)), ""):
            raise ValueError(f"{manifest.NAME}: {trouble}")
        self.entries = entries(stored(folder, self._listed[manifest.JOURNAL]), self.whole)
        self._bodies = {body.path: body for body in bodies(self.entries)}

    def plain(self, body: Body) -> bytes:
        """Return what a file holds that the journal names; raises `ValueError`, and `KeyError` for one not listed."""
        return unpacked(stored(self._folder, self._listed[body.path]), body)

    def named(self, path: str) -> bytes:
        """Return what one of the pack's own files holds; raises as `plain` does."""
        return self.plain(self._bodies[path])


def _opened(folder: Path, checked: Checked) -> Pack:
    shelf = Shelf(folder)
    if shelf.whole.kind is not checked.kind:
        raise ValueError("it is another pack than the one that was checked")
    pack = Pack(checked=checked, entries=len(shelf.entries), exchanges=len(lines(shelf.entries)))
    if checked.kind is PackKind.DRILL:
        return msgspec.structs.replace(pack, drill=_drilled(shelf))
    if checked.kind is PackKind.QUARTER:
        return pack
    return msgspec.structs.replace(
        pack,
        run=run(shelf.named(RUN)),
        snapshot=snapshot(shelf.named(SNAPSHOT)),
        report=report(shelf.named(REPORT)),
    )


def _drilled(shelf: Shelf) -> DrillRecord:
    """Return a drill's record; raises `ValueError` where its journal is not the one that it was made of."""
    record = drill(shelf.named(DRILL))
    if record.journal_entries:
        lines = journal.read(shelf.named(DRILL_JOURNAL))
        if len(lines) != record.journal_entries or lines[-1].hash != record.journal_head:
            raise ValueError(f"{DRILL_JOURNAL} is not the journal that the record was made of")
        if _told_by(lines) != record:
            raise ValueError(f"{DRILL} says something else than {DRILL_JOURNAL}, of which it was made")
    return record


def _told_by(lines: Sequence[Entry]) -> DrillRecord:
    """Make a drill's record once more from its journal; raises `ValueError` where that tells of no drill."""
    from audit.drills.recording import record  # it brings the libraries of clouds, which packs of runs need not

    try:
        return record(lines)
    except (AuditError, ArithmeticError, AttributeError, LookupError, TypeError) as error:
        raise ValueError(f"{DRILL_JOURNAL} is no drill's journal") from error


def _changed(folder: Path, error: Exception) -> AuditError:
    what = f"the manifest or the journal does not name {error}" if isinstance(error, KeyError) else str(error)
    return AuditError(f"{folder}: {what}. Run `audit verify` on it.")
