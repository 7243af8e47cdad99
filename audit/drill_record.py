"""The record of one drill: what was restored, how far that was proven, how long it took and what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

DrillKind = Literal["sql", "exchange", "archive", "vm", "offsite", "failover", "erasure", "breach"]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the record; a misspelt field is an error and not a fact left out."""


class Item(_Strict, frozen=True, kw_only=True):
    """What was restored."""

    kind: DrillKind
    method: str = ""
    """The way in which it was restored (`point-in-time`, `geo`), where its kind knows several."""
    ref: str
    """An opaque id: never a name of a customer."""
    customer: str = ""
    """The customer's pseudonym, empty where it is shared or nobody's."""
    tier: str = ""
    bytes: int = 0


class Left(_Strict, frozen=True, kw_only=True):
    """Something that was left out or is left over, and why or until when."""

    ref: str
    reason: str = ""
    type: str = ""
    until: datetime | None = None


class Population(_Strict, frozen=True, kw_only=True):
    """What could have been chosen, and how the choice was made."""

    in_scope: int
    eligible: int
    excluded: tuple[Left, ...] = ()
    method: str
    seed: str


class RecoveryPoint(_Strict, frozen=True, kw_only=True):
    """The point restored from, and the newer ones passed over."""

    id: str
    created_at: datetime
    tier: str = ""
    completeness: str = ""
    threat: str = ""
    immutable_until: datetime | None = None
    skipped: tuple[Left, ...] = ()


class Isolation(_Strict, frozen=True, kw_only=True):
    """Where the copy lay, and what kept it from the world."""

    subscription: str
    region: str
    residency_ok: bool
    egress_denied: bool
    public_ip: bool
    peerings: int
    proof: tuple[str, ...] = ()


class Phase(_Strict, frozen=True, kw_only=True):
    """One phase by the wall clock and by one that only goes forward."""

    name: str
    began: datetime
    ended: datetime
    duration_ms: int
    skew_ms: int = 0
    job: str = ""
    outcome: str


class Check(_Strict, frozen=True, kw_only=True):
    """One check of what came back; one that did not run proves nothing."""

    id: str
    level: int
    """The proof level, 0 to 6, that it is a part of."""
    result: Literal["pass", "fail", "not-run"]
    reason: str = ""
    observed: Mapping[str, Any] = {}
    expected: Mapping[str, Any] = {}
    duration_ms: int = 0
    evidence: tuple[str, ...] = ()


class Recoverability(_Strict, frozen=True, kw_only=True):
    """How far it is proven that it can be restored."""

    state: Literal["proven", "failed", "inconclusive", "not-run"]
    level: int | None = None
    """The highest level without a gap below it; for a failure the level at which it failed."""
    reason: str = ""


class Measured(_Strict, frozen=True, kw_only=True):
    """A time achieved against its target in seconds, and what it was measured by."""

    achieved_s: int | None
    target_s: int | None
    state: Literal["met", "missed", "unknown", "not-applicable"]
    basis: str
    """RPO: `canary`, `last-transaction`, `recovery-point-metadata`; RTO: the level whose first success ended it."""


class CleanUp(_Strict, frozen=True, kw_only=True):
    """What the drill left behind."""

    state: Literal["clean", "residue-expected", "residue-unexpected", "failed", "not-needed"]
    until: datetime | None = None


class DrillVerdict(_Strict, frozen=True, kw_only=True):
    """Three answers that are never made one."""

    recoverability: Recoverability
    rpo: Measured
    rto: Measured
    cleanup: CleanUp

    @property
    def met(self) -> bool:
        """Tell whether every target that applies was met, and one does."""
        states = {self.rpo.state, self.rto.state}
        return states <= {"met", "not-applicable"} and "met" in states


class Operator(_Strict, frozen=True, kw_only=True):
    """Who did it, by identity and role, and who allowed it."""

    identity: str
    role: str
    authorised_by: str


class Document(_Strict, frozen=True, kw_only=True):
    """A text that was followed or settings that were used, by digest."""

    ref: str
    sha256: str


class ErasureReplay(_Strict, frozen=True, kw_only=True):
    """How many erased persons the restored copy brought back, before and after erasing them again."""

    ledger_keys: int
    found_after: int


class DrillRecord(_Strict, frozen=True, kw_only=True):
    """One attempt of one drill."""

    schema: Literal["promise-audit/drill-record/1"]
    drill_id: str
    attempt: int = 1
    plan: str = ""
    commitments: tuple[str, ...]
    proves: tuple[str, ...] = ()
    """The drills that commitments name (`BCK-13`) which this one is."""
    item: Item
    population: Population
    recovery_point: RecoveryPoint | None = None
    isolation: Isolation | None = None
    phases: tuple[Phase, ...] = ()
    checks: tuple[Check, ...] = ()
    verdict: DrillVerdict
    residue: tuple[Left, ...] = ()
    operator: Operator
    tool: Document
    runbook: Document | None = None
    erasure_replay: ErasureReplay | None = None
    negative_control: bool = False
    """Whether it ran against a copy damaged on purpose, and so had to fail."""
    began: datetime
    ended: datetime
    journal_entries: int = 0
    journal_head: str = ""
