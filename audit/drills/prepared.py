"""What was prepared for a drill to measure by: manifests, canaries, the ledger of erasures; signed, a file each."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from audit import canonical, files
from audit.model import AuditError

KEY = "digest-key"
"""The file with the secret by which rows and names become digests."""
_LENGTH = 32
_KINDS = ("manifest", "canaries", "erasures")
FORMAT = "promise-audit/prepared/1"


class Prepared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed: which item it is of, and what."""

    format: str
    ref: str
    what: str
    body: dict[str, Any]


Sign = Callable[[bytes], bytes]
"""Puts content into a signed envelope."""
Verify = Callable[[bytes], bytes]
"""Returns an envelope's content where it is signed by a trusted key; raises `ValueError` where it is not."""


def key(folder: Path) -> bytes:
    """Return the secret of digests, made at the first time and readable by its owner alone; raises `AuditError`.

    Without it nobody can try small tables against their digests, and with another one nothing prepared fits.
    """
    path = folder / KEY
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_LENGTH))
        content = path.read_bytes()
    except OSError as error:
        raise AuditError(f"cannot keep {path}: {error.strerror}. Name another folder with --prepared.") from error
    if len(content) != _LENGTH:
        raise AuditError(f"{path} is no key: it has {len(content)} bytes. Bring the right one, or prepare anew.")
    return content


def write(folder: Path, ref: str, what: str, body: Mapping[str, Any], sign: Sign) -> Path:
    """Write one file, in the place of the one before; raises `AuditError` where it cannot be written."""
    made = Prepared(format=FORMAT, ref=ref, what=what, body=dict(body))
    path = _path(folder, ref, what)
    try:
        files.write({path: sign(canonical.written(msgspec.to_builtins(made)))}, mode=0o600)
    except OSError as error:
        raise AuditError(f"cannot write {path}: {error.strerror}. Name another folder with --prepared.") from error
    except ValueError as error:
        raise AuditError(f"cannot write {path}: {error}. It is a bug of the drill's kind.") from error
    return path


def read(folder: Path, ref: str, what: str, verify: Verify) -> dict[str, Any] | None:
    """Return what was prepared, None where nothing was; raises `AuditError` where it is not what was signed."""
    path = _path(folder, ref, what)
    try:
        if not path.exists():
            return None
        found = msgspec.convert(canonical.read(verify(path.read_bytes())), Prepared)
    except OSError as error:
        raise AuditError(f"cannot read {path}: {error.strerror}. Bring it back, or prepare anew.") from error
    except ValueError as error:
        raise AuditError(f"{path} is not what was signed: {error}. Prepare anew.") from error
    if (found.format, found.ref, found.what) != (FORMAT, ref, what):
        raise AuditError(f"{path} was prepared for something else. Prepare anew.")
    return found.body


def _path(folder: Path, ref: str, what: str) -> Path:
    if what not in _KINDS or "/" in ref or ref.startswith("."):
        raise AuditError(f"nothing is prepared as {what} of {ref}. It is a bug of the drill's kind.")
    return folder / f"{ref}.{what}.dsse.json"
