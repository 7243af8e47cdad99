"""What probes and data checks saw, joined to what runs, so that one audit and one pack hold all of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from audit.kinds import BY_ARM
from audit.model import AuditError, Gap, Snapshot, Targets
from audit.snapshots import OtherFormat, decode


def read(path: Path) -> bytes:
    """Return the bytes of a file of `audit probe`; raises `AuditError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise AuditError(f"cannot read {path}: {error.strerror}. Name a file of `audit probe --out`.") from error


def joining(content: bytes, name: str, *, now: datetime, targets: Targets) -> Snapshot:
    """Return what a file saw, as a part of what runs at `now`.

    What is older than the target `probes.hours`, or is to come, is a gap in place of what was seen: it may have changed
    since. Raises `AuditError` where the file is no snapshot, or speaks of what clouds tell themselves: that is never
    taken from a file beside a live audit.
    """
    try:
        seen = decode(content)
    except OtherFormat as error:
        raise AuditError(f"{name}: {error}. Use the version that wrote it.") from error
    except ValueError as error:
        raise AuditError(f"{name} is no snapshot: {error}. Name a file of `audit probe --out`.") from error
    kinds = {resource.type for resource in seen.resources} | {kind for gap in seen.gaps for kind in gap.kinds}
    strange = sorted(kind for kind in kinds if kind.lower() not in BY_ARM or not BY_ARM[kind.lower()].apart)
    if strange or any(not gap.kinds for gap in seen.gaps):
        what = strange[0] if strange else "everything"
        raise AuditError(
            f"{name} speaks of {what}, which a live audit reads itself. Name a file of `audit probe --out`."
        )
    if why := _too_old(seen, now, targets):
        gap = Gap(f"{name} {why}", tuple(sorted(kinds)))
        return msgspec.structs.replace(seen, resources=(), gaps=(gap,))
    return seen


def _too_old(seen: Snapshot, now: datetime, targets: Targets) -> str:
    """Say why what was seen tells nothing of `now`; empty where it does. Raises `Unseen` where no age is chosen."""
    most = timedelta(hours=targets.number("probes.hours"))
    moments = (seen.seen_at, *(resource.seen_at for resource in seen.resources))
    if max(moments) > now + timedelta(minutes=5):
        return "was seen at a time that is to come"
    if now - min(moments) > most:
        return f"was seen more than {most // timedelta(hours=1)} hours ago, the most that the target probes.hours lets"
    return ""
