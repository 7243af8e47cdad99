"""Writes the evidence of a run to a folder that is there whole or says that it is not."""

import gzip
import os
import re
import shutil
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import msgspec

from audit import canonical, journal
from audit.drill_record import DrillRecord
from audit.evidence import manifest, statements
from audit.evidence.contents import (
    ANSWERS,
    BEGUN,
    DRILL,
    DRILL_JOURNAL,
    ENDED,
    EXCHANGE,
    PACKED,
    REPORT,
    RUN,
    SNAPSHOT,
    WRITTEN,
    exchanges,
    opened,
)
from audit.evidence.manifest import Heading, Listed
from audit.exchange import Exchange
from audit.model import AuditError
from audit.quarters.model import Quarter
from audit.runs import PackKind, Run

__all__ = ["UNFINISHED", "Unfinished", "begin", "drilled", "exchanges", "identity", "opened", "series", "write_report"]

UNFINISHED = ".unfinished"
_TIMED = re.compile(r"\d{8}T\d{6}Z-")
QUARTERLY = re.compile(r"\d{4}Q[1-4]-")
"""How the id of a pack of a quarter's report begins."""


def begin(
    packs: Path, *, at: datetime, redact: Callable[[bytes, str], bytes], redact_text: Callable[[str], str]
) -> "Unfinished":
    """Begin the pack of a run; `redact` is given a body and its cloud, `redact_text` what was asked and sent.

    Raises `AuditError` where nothing can be written below `packs`.
    """
    return Unfinished(packs, PackKind.RUN, at, redact=redact, redact_text=redact_text)


def identity(at: datetime, first: str) -> str:
    """Return the name of a pack that began at a moment, and whose journal's first line has that digest."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{first[:8]}"


class Unfinished:
    """A pack while it is written, and the tape that keeps every exchange in it; several threads may use it."""

    def __init__(
        self,
        packs: Path,
        kind: PackKind,
        at: datetime,
        *,
        redact: Callable[[bytes, str], bytes],
        redact_text: Callable[[str], str],
        about: Mapping[str, Any] | None = None,
        id: str = "",  # noqa: A002  # it is the field's own name
        name: str = "",
    ) -> None:
        """Make the folder; `about` stands in the journal's first line, and so decides the pack's id.

        A pack of a quarter's report has an `id` without a time, and the `name` that whoever writes it chose.
        """
        self.began = at.astimezone(UTC)
        self._packs, self._kind, self._about = packs, kind, {"kind": kind.value, **(about or {})}
        self._redact, self._redact_text = redact, redact_text
        first, _ = journal.made(1, self.began, BEGUN, self._about, "")
        self.id = id or identity(self.began, first.hash)
        self._whole = packs / (name or self.id)
        self.folder = packs / f"{self._whole.name}{UNFINISHED}"
        self._listed: dict[str, Listed] = {}
        self._lock = threading.Lock()
        self._trouble = ""
        try:
            self._open()
        except OSError as error:
            raise self._cannot(error) from error

    def played(self, cloud: str, asked: str, sent: str) -> Exchange | None:
        """Send every question to the cloud: nothing is known before it was asked."""
        return None

    def kept(self, exchange: Exchange) -> Exchange:
        """Write an exchange down without secrets and people's names, and return it so.

        Raises `AuditError` where it cannot be written; whoever takes that for an answer still gets no whole pack.
        """
        try:
            told = msgspec.structs.replace(
                exchange,
                asked=self._redact_text(exchange.asked),
                sent=self._redact_text(exchange.sent),
                trouble=self._redact_text(exchange.trouble),
                content=self._redact(exchange.content, exchange.cloud) if exchange.content else b"",
            )
        except AuditError as error:
            self._trouble = str(error)
            raise
        try:
            digest = self._answer(told.content)
            self._journal.append(EXCHANGE, _line(told, digest), told.at)
        except (OSError, ValueError) as error:
            raise self._cannot(error) from error
        return told

    def finish(self, run: Run, *, snapshot: bytes, report: bytes, previous: str = "") -> Path:
        """Make the pack whole and return its folder; `snapshot` and `report` are the files as their writers spell them.

        `previous` is the digest of the seal before. Raises `AuditError` where anything could not be written, now or
        before: the folder then stays, and its name says that it is unfinished.
        """
        content = {RUN: canonical.written(msgspec.to_builtins(run)), SNAPSHOT: snapshot, REPORT: report}
        return self.bound(content, ended=run.ended, product=run.product, previous=previous)

    def bound(self, content: Mapping[str, bytes], *, ended: datetime, product: str, **facts: str) -> Path:
        """Add files, list everything and give the folder its name; those that end in `.gz` are given unpacked.

        Raises `AuditError` as `finish` does.
        """
        if self._trouble:
            raise AuditError(self._trouble)
        ended = ended.astimezone(UTC)
        try:
            for path, plain in content.items():
                self._told(path, plain, ended)
            self._told(statements.PACKAGE, statements.package_of(self._listed), ended)
            self._journal.append(ENDED, {}, ended)
            self._journal.close()
            lines = (self.folder / manifest.JOURNAL).read_bytes()
            whole = self._manifest(lines, ended=ended, product=product, facts=facts)
            _write(self.folder / manifest.NAME, manifest.encode(whole))
            return self._named()
        except (OSError, ValueError) as error:
            raise self._cannot(error) from error

    def _told(self, path: str, plain: bytes, at: datetime) -> None:
        """Write a file of the pack, and say in the journal what it holds."""
        self._add(path, plain)
        self._journal.append(WRITTEN, {"path": path, "sha256": canonical.sha256(plain), "size": len(plain)}, at)

    def _manifest(self, lines: bytes, *, ended: datetime, product: str, facts: Mapping[str, str]) -> manifest.Manifest:
        return manifest.make(
            self._kind,
            {**self._listed, manifest.JOURNAL: lines},
            id=self.id,
            began=self.began,
            ended=ended,
            product=product,
            journal=Heading(entries=self._journal.entries, head=self._journal.head),
            **facts,
        )

    def _open(self) -> None:
        if os.path.lexists(self._whole):
            raise AuditError(f"{self._whole} is there already. Name another folder, or try again.")
        self.folder.mkdir(parents=True)
        self._journal = journal.Journal(self.folder / manifest.JOURNAL)
        self._journal.append(BEGUN, self._about, self.began, sync=True)

    def _answer(self, content: bytes) -> str:
        """Write a body once, and return its digest; empty where there is none."""
        if not content:
            return ""
        digest = canonical.sha256(content)
        with self._lock:
            path = f"{ANSWERS}/{digest}{PACKED}"
            if path not in self._listed:
                self._add(path, content)
        return digest

    def _add(self, path: str, plain: bytes) -> None:
        """Write a file of the pack and remember how to list it."""
        stored = gzip.compress(plain, mtime=0) if path.endswith(PACKED) else plain
        _write(self.folder / path, stored)
        self._listed[path] = Listed(path=path, sha256=canonical.sha256(stored), size=len(stored))

    def _named(self) -> Path:
        """Give the folder the name of a whole pack, once everything in it is on the disk."""
        for folder in sorted({self.folder, *((self.folder / path).parent for path in self._listed)}):
            _sync(folder)
        self.folder.rename(self._whole)
        _sync(self._packs)
        return self._whole

    def _cannot(self, error: OSError | ValueError) -> AuditError:
        """Remember that something could not be written, so that no whole pack comes of it."""
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        what = f"cannot write the pack {self.folder}: {why}"
        self._trouble = f"{what}. Make room, or name another folder."
        return AuditError(self._trouble)


def write_report(folder: Path, quarter: Quarter, files: Mapping[str, bytes]) -> None:
    """Write one edition of a quarter's report as a pack in `folder`, in the place of one that is not sealed.

    It speaks of the day up to which it reports, and of no clock: the same report gives the same pack. Raises
    `AuditError` where it cannot be written, where a path is none that a pack may hold, and where something else or a
    sealed report stands there.
    """
    about = {"quarter": quarter.period.name, "edition": quarter.edition.value, "customer": quarter.customer}
    for path in files:
        if (trouble := manifest.path_trouble(path)) or path in (manifest.JOURNAL, statements.PACKAGE):
            raise AuditError(f"{path} cannot stand in a pack: {trouble or 'it is written by itself'}. Rename it.")
    _cleared(folder)
    unfinished = Unfinished(
        folder.parent,
        PackKind.QUARTER,
        _midnight(quarter.period.begins),
        redact=lambda content, _: content,
        redact_text=str,
        about=about,
        id="-".join(filter(None, about.values())),
        name=folder.name,
    )
    ended = _midnight(quarter.period.as_of)
    unfinished.bound(dict(sorted(files.items())), ended=ended, product=quarter.product, **about)


def drilled(
    packs: Path,
    record: DrillRecord,
    *,
    product: str,
    lines: bytes = b"",
    at: datetime | None = None,
    previous: str = "",
) -> Path:
    """Write the pack of one drill, and return its folder; raises `AuditError` where it cannot be written.

    `lines` is the drill's own journal, of which the record was made. The pack is of the time when the drill ended, or
    of `at`, which is later: one that took days stands in the chain of seals behind what was sealed meanwhile.
    """
    try:
        content = canonical.written(msgspec.to_builtins(record))
    except ValueError as error:
        raise AuditError(f"the drill {record.drill_id} cannot be recorded: {error}. Write it as text.") from error
    about = {"drill": record.drill_id, "attempt": record.attempt, "record": canonical.sha256(content)}
    unfinished = Unfinished(
        packs, PackKind.DRILL, at or record.ended, redact=lambda body, _: body, redact_text=str, about=about
    )
    files = {DRILL: content, **({DRILL_JOURNAL: lines} if lines else {})}
    return unfinished.bound(files, ended=at or record.ended, product=product, previous=previous)


def series(name: str) -> str:
    """Return what the names of all packs of one chain of seals share: nothing for runs and drills, else an edition.

    A report whose folder says no quarter is a chain of its own.
    """
    if _TIMED.match(name):
        return ""
    return name.partition("-")[2] if QUARTERLY.match(name) else name


def _cleared(folder: Path) -> None:
    """Take an unsealed report away, and what a killed process left of one; raises `AuditError` for anything else."""
    half = folder.with_name(f"{folder.name}{UNFINISHED}")
    for old in (path for path in (half, folder) if os.path.lexists(path)):
        if (old / manifest.SEAL).exists():
            raise AuditError(f"{old} is sealed already. Name another folder with --out.")
        if old.is_symlink() or not (old / manifest.JOURNAL).is_file():
            raise AuditError(f"{old} is there already, and is no report. Name another folder with --out.")
        try:
            shutil.rmtree(old)
        except OSError as error:
            raise AuditError(f"cannot replace {old}: {error.strerror}. Name another folder with --out.") from error


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _line(exchange: Exchange, digest: str) -> dict[str, Any]:
    """Spell an exchange for the journal: its body by digest and size."""
    fields = {name: getattr(exchange, name) for name in exchange.__struct_fields__ if name != "content"}
    line: dict[str, Any] = msgspec.to_builtins({**fields, "at": exchange.at.astimezone(UTC)})
    return {**line, "sha256": digest, "size": len(exchange.content)}


def _write(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read, through to the disk; raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    """Bring a folder's names to the disk, where a system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
