"""What one run leaves behind, and what a check of it found: the words that packs, the quarter and its report share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from audit.drill_record import DrillRecord
from audit.model import Snapshot, Verdict
from audit.promises import Report


class PackKind(StrEnum):
    """What a pack holds the evidence of."""

    RUN = "run"
    """One audit of what runs."""
    DRILL = "drill"
    """One drill's record."""
    QUARTER = "quarter"
    """One edition of the report of a quarter."""

    @property
    def signatures(self) -> int:
        """Give the fewest signatures it takes: a quarter's report that of who made it, and of who reviewed it."""
        return 2 if self is PackKind.QUARTER else 1


class Identity(msgspec.Struct, frozen=True):
    """By whose eyes a cloud was seen: a workload's identity, never a person's name."""

    cloud: str
    tenant: str
    """Entra's tenant, or the AWS account."""
    principal: str
    """The object id of the principal, or the ARN of the role."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a run says of itself (`run.json` in a pack)."""

    id: str
    """The pack's name: when it began in UTC and a part of the journal's first digest (`20261005T020000Z-1f3a9c2e`)."""
    began: datetime
    ended: datetime
    product: str
    identities: tuple[Identity, ...] = ()
    versions: Mapping[str, str] = {}
    """Dependency → version, of everything that a verdict can rest on."""
    policies: Mapping[str, str] = {}
    """File below the policies folder → its SHA-256."""
    targets: Mapping[str, Any] = {}
    """What `targets.toml` held."""
    statements: Mapping[str, str] = {}
    """Statement → the digest of its published text."""


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a pack: where, and what."""

    where: str
    """A file of the pack, `journal line 7`, `the seal`."""
    what: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What `audit verify` found of one pack; it holds for the bytes, and never for what they say."""

    id: str
    kind: PackKind | None
    """None where the pack cannot even say that."""
    sealed: bool
    faults: tuple[Fault, ...] = ()
    signers: tuple[str, ...] = ()
    """The ids of the trusted keys whose signatures hold."""
    threshold: int = 1
    """How many of them it takes."""
    timestamp: datetime | None = None
    """When a timestamp authority that is trusted saw the seal; None where none did, which is shown."""
    timestamped_by: str = ""
    """The authority's name; with no `timestamp` beside it, it is not one that is trusted here."""
    previous: str = ""
    """The digest of the seal before it, empty for the first."""
    digest: str = ""
    """The SHA-256 of the seal's envelope, by which the next one names it; empty where it is not sealed."""

    @property
    def verdict(self) -> Verdict:
        """Say broken where something is wrong, unproven where trusted signatures are too few, kept otherwise."""
        if self.faults:
            return Verdict.BROKEN
        return Verdict.KEPT if self.sealed and len(self.signers) >= self.threshold else Verdict.UNPROVEN


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A pack that was read: what a run saw and judged, or a drill's record, and how far it can be believed."""

    checked: Checked
    run: Run | None = None
    """None for a drill's pack, or where it cannot be read."""
    snapshot: Snapshot | None = None
    report: Report | None = None
    drill: DrillRecord | None = None
    entries: int = 0
    """The lines of its journal."""
    exchanges: int = 0
    """The questions to clouds that it holds the answers of, refusals counted."""
