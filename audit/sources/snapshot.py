"""Writes what was seen to a file, whole or not at all, and reads it back: another machine then judges the same."""

from datetime import datetime, timedelta
from pathlib import Path

from audit import files
from audit.model import AuditError, Snapshot
from audit.snapshots import FORMAT, OtherFormat, decode, encode

__all__ = ["FORMAT", "collect", "encode", "write"]

_CLOCKS = timedelta(minutes=5)
"""By how much two machines' clocks may differ."""


def collect(path: Path, *, now: datetime) -> Snapshot:
    """Read the snapshot at `path`; raises `AuditError` where it is none, another version's, or not seen yet."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AuditError(
            f"cannot read the snapshot {path}: {error.strerror}. Name a file of `audit collect`."
        ) from error
    try:
        found = decode(content)
    except OtherFormat as error:
        raise AuditError(f"{path}: {error}. Use the version that wrote it.") from error
    except ValueError as error:
        raise AuditError(f"{path} is no snapshot: {error}. Name a file of `audit collect`.") from error
    latest = max((found.seen_at, *(resource.seen_at for resource in found.resources)))
    if latest > now + _CLOCKS:
        raise AuditError(
            f"{path} was seen at {latest:%Y-%m-%d %H:%M %Z}, which is to come. Check this machine's clock."
        )
    return found


def write(snapshot: Snapshot, path: Path) -> None:
    """Write `snapshot` to `path`, which holds the whole of it or what it held before; raises `AuditError`."""
    try:
        files.write({path: encode(snapshot)}, mode=0o600)
    except OSError as error:
        raise AuditError(f"cannot write the snapshot {path}: {error.strerror}. Name another file.") from error
