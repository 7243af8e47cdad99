"""The list of everything that a pack holds, by digest."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from audit import canonical
from audit.evidence import reading
from audit.runs import PackKind

NAME = "manifest.json"
SEAL = "seal"
JOURNAL = "journal.jsonl"
_MOST = 64 * 1024 * 1024
"""More bytes than the manifest of any pack has."""
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,119}")
"""A name that every file system keeps as it is."""
_DIGEST = r"^[0-9a-f]{64}$"
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""One without an offset could be any hour of a day, and cannot be compared."""


class Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of a pack."""

    path: str
    """Below the pack, with `/`."""
    sha256: str
    size: int


class Heading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the journal goes: by these a cut is noticed."""

    entries: int
    head: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a pack is, and every file in it but this one and the seal."""

    format: Literal["promise-audit/pack/1"] = "promise-audit/pack/1"
    kind: PackKind
    id: str
    began: _Moment
    ended: _Moment
    product: str
    quarter: str = ""
    """For a quarter's report: which (`2026Q4`)."""
    edition: str = ""
    customer: str = ""
    """The pseudonym of the customer whom it was made for, empty where it is nobody's own."""
    files: tuple[Listed, ...]
    """In order of their paths."""
    journal: Heading
    previous: str = ""
    """The digest of the seal before, where the pack's maker knew it; the seal itself says it in any case."""


def make(kind: PackKind, files: Mapping[str, bytes | Listed], **facts: object) -> Manifest:
    """Make the manifest of `files`; the other fields are given by name."""
    listed = tuple(_listed(path, content) for path, content in sorted(files.items()))
    return Manifest(kind=kind, files=listed, **facts)  # type: ignore[arg-type]  # the struct's own fields, by name


def _listed(path: str, content: bytes | Listed) -> Listed:
    if isinstance(content, Listed):
        return content
    return Listed(path=path, sha256=canonical.sha256(content), size=len(content))


def encode(manifest: Manifest) -> bytes:
    """Spell a manifest as RFC 8785 does."""
    return canonical.written(msgspec.to_builtins(manifest))


def read(folder: Path) -> Manifest:
    """Read the manifest of a pack; raises `ValueError` where there is none or it is not strictly one."""
    content = reading.file(folder, NAME, most=_MOST)
    try:
        plain = canonical.read(content)
        manifest = msgspec.convert(plain, Manifest)
        if canonical.written(plain) != content:
            raise ValueError("it is not spelt as RFC 8785 writes it")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no manifest: {error}") from error
    return manifest


def path_trouble(path: str) -> str:
    """Say why a path may not stand in a manifest; empty where it may."""
    parts = path.split("/")
    if not all(_PART.fullmatch(part) for part in parts):
        return "its path leads out of the pack, or is no plain name"
    if path == NAME or parts[0].lower() == SEAL:
        return "it may not be listed"
    return ""


def entry_trouble(item: Listed) -> str:
    """Say why an entry of a manifest lists nothing; empty where it does."""
    if trouble := path_trouble(item.path):
        return trouble
    if not re.match(_DIGEST, item.sha256) or item.size < 0:
        return "its digest or its size is none"
    return ""
