"""Decodes the files that Pulumi writes: the JSON of a preview, and the export of a stack's state."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from audit.model import AuditError

T = TypeVar("T", bound=msgspec.Struct)
"""The struct that a file is decoded into."""


class Frame(msgspec.Struct, frozen=True):
    """A line of code that was running when a resource was registered, innermost first."""

    sourcePosition: str = ""  # noqa: N815  # Pulumi's own word


class State(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A resource as Pulumi writes it (`ResourceV3` in its `apitype` package); an empty list may be written as null."""

    urn: str
    type: str
    custom: bool = False
    delete: bool = False
    id: str = ""
    inputs: dict[str, Any] | None = None
    outputs: dict[str, Any] | None = None
    parent: str = ""
    protect: bool = False
    external: bool = False
    dependencies: tuple[str, ...] | None = None
    property_dependencies: dict[str, tuple[str, ...] | None] | None = None
    init_errors: tuple[str, ...] | None = None
    pending_replacement: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] | None = None
    source_position: str = ""
    stack_trace: tuple[Frame, ...] | None = None

    @property
    def name(self) -> str:
        """The name that the program gave it."""
        return self.urn.split("::", 3)[-1]


class Step(msgspec.Struct, frozen=True, rename="camel"):
    """One step of a preview (`PreviewStep` in Pulumi's `display` package)."""

    op: str
    urn: str
    old_state: State | None = None
    new_state: State | None = None


class Diagnostic(msgspec.Struct, frozen=True):
    """Something that Pulumi said while it ran."""

    severity: str = ""
    message: str = ""


class Preview(msgspec.Struct, frozen=True, rename="camel"):
    """What `pulumi preview --json` prints."""

    steps: tuple[Step, ...] | None = None
    diagnostics: tuple[Diagnostic, ...] | None = None
    change_summary: dict[str, int] | None = None


class Manifest(msgspec.Struct, frozen=True):
    """When a state was written, and by which Pulumi."""

    time: datetime | None = None
    version: str = ""


class Operation(msgspec.Struct, frozen=True):
    """What Pulumi was doing when a state was written."""

    resource: State
    type: str


class Deployment(msgspec.Struct, frozen=True):
    """What a stack consists of."""

    manifest: Manifest = Manifest()
    resources: tuple[State, ...] | None = None
    pending_operations: tuple[Operation, ...] | None = None


class Export(msgspec.Struct, frozen=True):
    """What `pulumi stack export` writes."""

    version: int
    deployment: Deployment | None = None
    features: tuple[str, ...] | None = None


def decoded(path: Path, shape: type[T], what: str, needs: tuple[str, ...], command: str) -> T:
    """Decode a file that Pulumi wrote, in whichever Unicode encoding a shell saved it; raises `AuditError`.

    `needs` are the words of which at least one must be there: any object would do otherwise.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AuditError(f"cannot read the {what} {path}: {error.strerror}. Name a file of `{command}`.") from error
    try:
        text = content.decode(json.detect_encoding(content))
        words = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        if set(needs).isdisjoint(words):
            raise AuditError(f"{path} is no {what}{_other(words)}. Name a file of `{command}`.")
        return msgspec.json.decode(text, type=shape)
    except RecursionError as error:
        raise AuditError(f"{path} is nested too deeply to be read. Name a file of `{command}`.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # The text of a decoding error can quote the file, and a file may hold anything.
        trouble = "it is no text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise AuditError(f"{path} is no {what}: {trouble}. Name a file of `{command}`.") from error


def _other(words: dict[str, Any]) -> str:
    """Say what a file is that was taken for something else; empty where that is not plain."""
    if "deployment" in words:
        return ", but a state"
    if "steps" in words:
        return ", but a preview"
    return ", but an ARM template" if "$schema" in words else ""
