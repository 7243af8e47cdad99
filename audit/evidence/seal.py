"""Puts a seal on a pack, whole or not at all, and reads it back: who signed what, and what is wrong with it."""

import glob
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from audit import canonical
from audit.evidence import envelopes, statements
from audit.evidence.checking import check
from audit.evidence.pack import series
from audit.evidence.signers import Signer
from audit.evidence.timestamps import checked
from audit.evidence.trust import Trust
from audit.model import AuditError
from audit.runs import Fault

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope

FOLDER = "seal"
PACK = "pack.dsse.json"
ONE_FILE = "manifest.dsse.json"
PACKAGE = "package.dsse.json"
STAMP = "pack.tsr"
ENVELOPES = (PACK, ONE_FILE, PACKAGE)
"""What every seal holds: our statement, and two in trestle's words."""
NAMES = (*ENVELOPES, STAMP)
"""All that it may hold: the reply of a timestamp authority, too."""
_LARGEST = 64 << 20
"""A statement takes some 150 bytes a file; nobody's pack needs more than this."""
_HEX = frozenset("0123456789abcdef")

Stamper = Callable[[bytes], bytes]
"""Asks an authority to see bytes, and returns its raw reply; raises `AuditError` where none can be had."""


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What a seal says, and how far it holds."""

    faults: tuple[Fault, ...] = ()
    signers: tuple[str, ...] = ()
    """The trusted keys whose signatures hold on every envelope."""
    threshold: int = 1
    """How many it takes: the seal's own number, or the one demanded where that is higher."""
    timestamp: datetime | None = None
    timestamped_by: str = ""
    previous: str = ""
    digest: str = ""
    """The SHA-256 of `seal/pack.dsse.json`; empty where there is none."""
    there: bool = False
    """Whether there is a seal at all, a broken one too."""
    statement: Mapping[str, Any] = {}
    """What it says of the pack, where it agrees with the manifest."""


class Made(msgspec.Struct, frozen=True):
    """A seal that was made or extended."""

    digest: str
    signers: int
    threshold: int
    stamped: bool = False
    trouble: str = ""
    """Why it has no timestamp, where one was asked for."""


def seal(
    folder: Path, signers: Sequence[Signer], *, threshold: int, stamp: Stamper | None, previous: str | None = None
) -> Made:
    """Seal a pack; `previous` is the digest of the seal before it, by default that of the newest one beside it.

    Where the authority gives no timestamp, the seal stands without. Raises `AuditError` where the pack is not whole, is
    sealed already or cannot be written, where a later pack is sealed, and what a signer raises.
    """
    if os.path.lexists(folder / FOLDER):
        raise AuditError(f"{folder} is sealed already. Add a signature with --add; a seal is never made anew.")
    with _mending(folder):
        _demand_whole(folder)
        _demand_last(folder)
        before = newest_seal(folder.parent, folder.name) if previous is None else previous
        said = _statements(folder, threshold=threshold, previous=before)
        files = {name: envelopes.signed(payload, signers) for name, payload in said.items()}
        reply, trouble = _stamped(files[PACK], stamp)
        _place(folder, files | ({STAMP: reply} if reply else {}))
    return Made(canonical.sha256(files[PACK]), len(signers), threshold, bool(reply), trouble)


def add(folder: Path, signers: Sequence[Signer], *, stamp: Stamper | None) -> Made:
    """Add signatures to a seal, a timestamp, or both.

    A signature changes the envelope, so a timestamp that was there is replaced. Raises `AuditError` where the seal is
    not there or does not fit the pack, where a later pack names it, where a timestamp would be lost, and as `seal`.
    """
    with _mending(folder):
        found = _extendable(folder, signers, stamp)
        files = {name: envelopes.extended(envelope, signers) for name, envelope in found.items()}
        reply, trouble = _stamped(files[PACK], stamp)
        if trouble and signers and (folder / FOLDER / STAMP).exists():
            raise AuditError(f"{trouble} Nothing was added, since the timestamp that is there would be lost.")
        _replace(folder, files if signers else {}, reply)
        digest = _digest(folder)
    threshold, _ = _terms(found[PACK].payload)
    return Made(digest, len(found[PACK].signatures), threshold, bool(reply), trouble)


def verified(folder: Path, trust: Trust) -> Sealed:
    """Say how far the seal of a pack holds; a pack without one has neither faults nor a digest.

    It holds what was signed against `manifest.json` alone: whether the files are what the manifest lists is checked
    elsewhere. Never raises for what a pack holds.
    """
    if not os.path.lexists(folder / FOLDER):
        return Sealed(threshold=trust.threshold or 1)
    faults = _strange(folder / FOLDER)
    if faults:
        return Sealed(faults=faults, threshold=trust.threshold or 1, there=True)
    try:
        return _read(folder, trust)
    except (OSError, ValueError) as error:
        return Sealed(faults=(Fault("the seal", str(error)),), threshold=trust.threshold or 1, there=True)


def newest_seal(packs: Path, before: str) -> str:
    """Return the digest of the newest seal among a folder's packs whose names come before one; empty where none is.

    Runs and drills are one chain, and each edition of the quarter for each customer another, as their names say.
    """
    return next((_digest(folder) for folder in reversed(_sealed_like(packs, before)) if folder.name < before), "")


def _sealed_like(packs: Path, name: str) -> list[Path]:
    """Return the packs of a folder that have a seal in one chain with the pack of a name, in order of time."""
    found = (folder for folder in packs.iterdir() if series(folder.name) == series(name))
    return sorted(folder for folder in found if folder.name[0] != "." and (folder / FOLDER / PACK).is_file())


def _digest(folder: Path) -> str:
    return canonical.sha256((folder / FOLDER / PACK).read_bytes())


def _statements(folder: Path, *, threshold: int, previous: str) -> dict[str, bytes]:
    """Write what every envelope of a pack's seal must say."""
    manifest = statements.content_of(folder, statements.MANIFEST)
    return {
        PACK: statements.of_pack(manifest, threshold=threshold, previous=previous),
        ONE_FILE: statements.of_manifest(manifest),
        PACKAGE: statements.of_package(folder, manifest),
    }


def _demand_last(folder: Path) -> None:
    """Demand that no later pack is sealed: its seal could not name this one any more, and the chain would be broken."""
    for later in _sealed_like(folder.parent, folder.name):
        if later.name > folder.name:
            raise ValueError(f"{later.name} is later and sealed, and a seal cannot be put in before it")


def _demand_whole(folder: Path) -> None:
    """Demand that nothing is wrong with a pack or its seal; raises `ValueError` naming it."""
    for fault in check(folder, Trust()).faults:
        raise ValueError(f"{fault.where}: {fault.what}")


def _stamped(envelope: bytes, stamp: Stamper | None) -> tuple[bytes, str]:
    if stamp is None:
        return b"", ""
    try:
        return stamp(envelope), ""
    except AuditError as error:
        return b"", str(error)


def _place(folder: Path, files: Mapping[str, bytes]) -> None:
    """Give a pack its seal in one step: until then the files lie beside the pack, where no check looks for them."""
    with _beside(folder) as half:
        for name, content in files.items():
            _written(half / name, content)
        _synced(half)
        half.rename(folder / FOLDER)
        _synced(folder)


def _replace(folder: Path, files: Mapping[str, bytes], reply: bytes) -> None:
    """Put longer envelopes in the place of what is there: a killed process leaves a signature out, never a wrong one.

    A signature counts where it is on every envelope; an old timestamp goes before the envelope that it was made for.
    """
    here = folder / FOLDER
    with _beside(folder) as half:
        for name, content in {**files, **({STAMP: reply} if reply else {})}.items():
            _written(half / name, content)
        for name in (name for name in files if name != PACK):
            (half / name).replace(here / name)
        if files:
            (here / STAMP).unlink(missing_ok=True)
            (half / PACK).replace(here / PACK)
        if reply:
            (half / STAMP).replace(here / STAMP)
        _synced(here)


def _extendable(folder: Path, signers: Sequence[Signer], stamp: Stamper | None) -> dict[str, "Envelope"]:
    """Read the envelopes of a seal that may be extended; raises `ValueError` where it may not."""
    if not (folder / FOLDER).exists():
        raise ValueError("it has no seal yet. Leave --add out")
    _demand_whole(folder)
    found = _envelopes(folder)
    if any(one.key.id in found[PACK].signatures and one.key.id in found[PACKAGE].signatures for one in signers):
        raise ValueError("that key has signed already")
    if signers and stamp is None and (folder / FOLDER / STAMP).exists():
        raise ValueError("a signature would void its timestamp. Add --timestamp URL for a new one")
    digest = _digest(folder)
    for later in _sealed_like(folder.parent, folder.name) if signers else ():
        if later.name > folder.name and _terms(_envelope(later / FOLDER / PACK).payload)[1] == digest:
            raise ValueError(f"{later.name} names this seal, which another signature would change")
    return found


def _strange(here: Path) -> tuple[Fault, ...]:
    """Name what a seal's folder holds and may not, and what it lacks."""
    if here.is_symlink() or not here.is_dir():
        return (Fault(FOLDER, "it is not a folder"),)
    names = sorted(path.name for path in here.iterdir())
    faults = [Fault(f"{FOLDER}/{name}", "nothing but the seal may lie here") for name in names if name not in NAMES]
    faults += [Fault(f"{FOLDER}/{name}", "it is missing") for name in ENVELOPES if name not in names]
    for name in (name for name in names if name in NAMES):
        found = (here / name).lstat()
        if not stat.S_ISREG(found.st_mode):
            faults.append(Fault(f"{FOLDER}/{name}", "it is not a plain file"))
        elif found.st_size > _LARGEST:
            faults.append(Fault(f"{FOLDER}/{name}", "it is larger than any seal"))
    return tuple(faults)


def _read(folder: Path, trust: Trust) -> Sealed:
    """Hold every envelope of a seal against what it must say."""
    here = folder / FOLDER
    found = _envelopes(folder)
    content = (here / PACK).read_bytes()
    threshold, previous = _terms(found[PACK].payload)
    said = _statements(folder, threshold=threshold, previous=previous)
    faults = [
        Fault(f"{FOLDER}/{name}", _difference(found[name].payload, payload))
        for name, payload in said.items()
        if found[name].payload != payload
    ]
    signers, forged = _signers(found, trust)
    faults += forged
    stamp = None
    if (here / STAMP).exists():
        stamp = checked((here / STAMP).read_bytes(), content, trust.authorities)
        faults += [Fault(f"{FOLDER}/{STAMP}", stamp.fault)] if stamp.fault else []
    return Sealed(
        faults=tuple(faults),
        signers=signers,
        threshold=max(threshold, trust.threshold or 1),
        timestamp=stamp.at if stamp else None,
        timestamped_by=stamp.by if stamp else "",
        previous=previous,
        digest=canonical.sha256(content),
        there=True,
        statement={} if faults else canonical.read(found[PACK].payload)["predicate"],
    )


def _envelopes(folder: Path) -> dict[str, "Envelope"]:
    return {name: _envelope(folder / FOLDER / name) for name in ENVELOPES}


def _envelope(path: Path) -> "Envelope":
    try:
        return envelopes.read(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def _terms(payload: bytes) -> tuple[int, str]:
    """Read from our statement what the manifest cannot say: how many signatures it takes, and the seal before it."""
    found = canonical.read(payload)
    predicate = found.get("predicate") if isinstance(found, dict) else None
    if not isinstance(predicate, dict) or found.get("predicateType") != statements.PACK_PREDICATE:
        raise ValueError(f"{PACK} does not hold a statement about a pack")
    threshold, previous = predicate.get("threshold"), predicate.get("previous")
    if type(threshold) is not int or not 0 < threshold <= envelopes.MOST_SIGNATURES:
        raise ValueError(f"{PACK} does not say how many signatures it takes")
    if not isinstance(previous, str) or len(previous) not in (0, 64) or not _HEX.issuperset(previous):
        raise ValueError(f"{PACK} does not name the seal before it by a digest")
    return threshold, previous


def _difference(signed: bytes, said: bytes) -> str:
    """Say in which part a statement that was signed differs from what it must say."""
    try:
        was, must = canonical.read(signed), canonical.read(said)
    except ValueError as error:
        return f"its statement cannot be read: {error}"
    if not isinstance(was, dict) or was.get("predicateType") != must["predicateType"]:
        return "its statement is of another kind"
    if not isinstance(was.get("subject"), list):
        return "its statement names no files"
    names = {str(row.get("name")): row for row in was["subject"] if isinstance(row, dict)}
    for row in must["subject"]:
        if names.pop(row["name"], None) != row:
            return f"it was signed for another {row['name']}"
    if names:
        return f"it was signed for a file that the manifest does not list: {min(names)}"
    return "it was signed for another pack"


def _signers(found: Mapping[str, "Envelope"], trust: Trust) -> tuple[tuple[str, ...], list[Fault]]:
    """Return the trusted keys whose signatures hold on every envelope, and what is forged or by nobody trusted."""
    held: list[set[str]] = []
    faults: list[Fault] = []
    for name, envelope in found.items():
        try:
            held.append({*envelopes.signers_of(envelope, trust.keys)})
        except ValueError as error:
            held.append(set())
            faults.append(Fault(f"{FOLDER}/{name}", str(error)))
    if trust.keys and not faults and not any(held):
        ids = ", ".join(sorted(str(key)[:16] for key in found[PACK].signatures))
        faults.append(Fault("the seal", f"it is signed by {ids} and by no key that is trusted here"))
    return tuple(key.id for key in trust.keys if all(key.id in ids for ids in held)), faults


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Give a folder beside a pack, hidden from who lists packs, and take away what killed processes left of it."""
    half = Path(tempfile.mkdtemp(prefix=f".{folder.name}.sealing-", dir=folder.parent))
    try:
        half.chmod(0o755)
        yield half
        for left in folder.parent.glob(f".{glob.escape(folder.name)}.sealing-*"):
            shutil.rmtree(left, ignore_errors=True)
    finally:
        shutil.rmtree(half, ignore_errors=True)


@contextmanager
def _mending(folder: Path) -> Iterator[None]:
    """Say in one line why a pack cannot be sealed."""
    try:
        yield
    except ValueError as error:
        raise AuditError(f"cannot seal {folder}: {error}. See what is wrong with `audit verify`.") from error
    except OSError as error:
        raise AuditError(f"cannot seal {folder}: {error.strerror}. Nothing was sealed.") from error


def _written(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _synced(folder: Path) -> None:
    """Make the names in a folder last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
