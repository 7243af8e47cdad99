"""Writes what a stack analysis found, and keeps what earlier ones still owe until a live audit has looked."""

from collections.abc import Collection
from pathlib import Path

import msgspec

from audit import files
from audit.model import AuditError, Plane
from audit.promises import Obligation, Report
from audit.reports import machine

FILE = "report.json"


class _Earlier(msgspec.Struct, frozen=True):
    """What is read of an earlier report: where it looked, and what it left open."""

    plane: Plane
    origin: str
    obligations: tuple[Obligation, ...]


def write(report: Report, folder: Path, resources: Collection[str]) -> None:
    """Write `report.json` into `folder`, with what an earlier analysis of the same stack still owes.

    A value that was unknown before deployment is known to the engine afterwards, and yet nobody has looked whether it
    runs so. Only a live audit that writes to the same folder closes it, or the end of the resource, which is then not
    among `resources`. Raises `AuditError` where the folder cannot be written, or what stands there is no report.
    """
    path = folder / FILE
    # One without a resource is the estate's own.
    earlier = [one for one in _earlier(path, report) if not one.id or one.id in resources]
    owed = {(one.control, one.id): one for one in (*earlier, *report.obligations)}
    content = machine.render(msgspec.structs.replace(report, obligations=tuple(owed.values())))
    try:
        files.write({path: content})
    except OSError as error:
        raise AuditError(f"cannot write to {folder}: {error.strerror}. Configure another folder as report.") from error


def _earlier(path: Path, report: Report) -> tuple[Obligation, ...]:
    """Read what an earlier analysis of the same stack left open; nothing where there is none, or a live audit came."""
    try:
        earlier = msgspec.json.decode(path.read_bytes(), type=_Earlier)
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.DecodeError) as error:
        raise AuditError(f"cannot read {path}: {error}. Remove it, or configure another folder as report.") from error
    same = earlier.plane is not Plane.LIVE and earlier.origin == report.origin
    return earlier.obligations if same else ()
