"""What was promised and what was found of it: statements, commitments, waivers, findings and the report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec

from audit.facts import Cause, Reading
from audit.model import Answer, Gap, Plane, Severity, Unassessed, Verdict
from audit.people import AttestationResult


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a promise needs besides built controls, by nature; ids."""

    controls: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    data_checks: tuple[str, ...] = ()
    drills: tuple[str, ...] = ()
    attestations: tuple[str, ...] = ()

    def ids(self) -> tuple[str, ...]:
        """Return every id, whatever its nature."""
        return self.controls + self.probes + self.data_checks + self.drills + self.attestations


class Commitment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One promise of a statement, in our own words, and what proves it."""

    id: str
    promise_text: str = msgspec.field(name="text")
    sentences: tuple[str, ...]
    """SHA-256 digests of the sentences it stands for, as `audit statement` cuts them."""
    binds: str
    """processor, vendor, controller, reseller, partner, hosting provider or customer; several with commas."""
    gdpr: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    pending: Proof = Proof()
    categorical: bool = False
    promise: bool = True
    complementary: bool = False
    unprovable: str = ""
    """Why nothing proves it, where nothing does."""

    @property
    def counted(self) -> bool:
        """Tell whether it is a promise of the company's own."""
        return self.promise and not self.complementary


class Drift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence that can no longer be literally true, and what would clear it."""

    id: str
    text: str
    commitments: tuple[str, ...]
    cleared_by: str


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document the company published, and the commitments read out of it."""

    id: str
    company: str
    title: str
    url: str
    seen: date
    digest: str
    """SHA-256 of the whole text, normalised."""
    scope: tuple[str, ...]
    """The data classes it speaks for: a resource tagged `data` with none of them is not judged against it."""
    sentences: tuple[str, ...]
    """The digest of every sentence in order, navigation labels included: what `audit statement` compares with."""
    drift: tuple[Drift, ...] = ()
    commitments: tuple[Commitment, ...] = msgspec.field(name="commitment", default=())


class Waiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A deviation accepted in writing by a named owner until a date."""

    control: str
    resource: str
    """The resource's name, as the program declares it."""
    planes: tuple[Plane, ...]
    reason: str
    owner: str
    until: date


class Flaw(StrEnum):
    """What is wrong with a waiver, the worst first."""

    EXPIRED = "expired"
    TOO_WIDE = "too wide"
    UNUSED = "unused"
    ENDING = "near expiry"


class WaiverFlaw(msgspec.Struct, frozen=True):
    """One thing that is wrong with a waiver, and what to do about it."""

    flaw: Flaw
    reason: str


class WaiverResult(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver, whether it excuses anything on this plane today, and what is wrong with it."""

    waiver: Waiver
    excuses: bool
    flaws: tuple[WaiverFlaw, ...]


class Since(StrEnum):
    """How a finding stands to the baseline it was compared with; the words are those of SARIF 2.1.0, §3.27.24."""

    NEW = "new"
    UPDATED = "updated"
    """The baseline has another ruling on it, or the same on another value."""
    UNCHANGED = "unchanged"
    ABSENT = "absent"
    """The baseline has it, and it was not found again."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a remedy: a Pulumi argument to set or a resource to declare, and where."""

    code: str
    file: str = ""
    line: int = 0


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One control's ruling on one resource: verdict, reason, evidence."""

    control: str
    severity: Severity
    verdict: Verdict
    reason: str
    resource: str = ""
    name: str = ""
    type: str = ""
    file: str = ""
    line: int = 0
    remedy: tuple[Change, ...] = ()
    evidence: tuple[Reading, ...] = ()
    cause: Cause | None = None
    waiver: str = ""
    data: tuple[str, ...] = ()
    """The data classes of the resource, empty for all of them."""
    answers: tuple[Answer, ...] = ()
    """The answers of the cloud that the resource was read from."""
    since: Since | None = None
    """How it stands to the baseline, None where it was compared with none."""
    was: Verdict | None = None
    """The verdict that the baseline has, the worst where it has several; None where it has none."""

    @property
    def blocks(self) -> bool:
        """Tell whether this is unproven for want of what the plane should hold."""
        obligation = self.cause is Cause.UNKNOWN and self.severity is not Severity.CRITICAL
        return self.verdict is Verdict.UNPROVEN and not obligation


class ControlResult(msgspec.Struct, frozen=True, kw_only=True):
    """A control's verdict over all its findings."""

    id: str
    title: str
    catalogue: str
    severity: Severity
    verdict: Verdict
    findings: tuple[Finding, ...]
    targets: tuple[str, ...] = ()
    """The dotted names of the targets that it asked for while it judged."""


class PromiseResult(msgspec.Struct, frozen=True, kw_only=True):
    """A commitment's verdict, its declared part and what it still needs."""

    id: str
    text: str
    binds: str
    gdpr: tuple[str, ...]
    counted: bool
    complementary: bool
    categorical: bool
    verdict: Verdict
    controls: Mapping[str, Verdict]
    needs: Proof
    reason: str
    drift: tuple[str, ...]
    attested: tuple[str, ...] = ()
    """The attestations that it asks for and that hold."""
    targets: tuple[str, ...] = ()
    """The targets that its controls asked for and whose present values nobody has attested."""


class StatementResult(msgspec.Struct, frozen=True, kw_only=True):
    """A statement's promises with their verdicts, and its drift."""

    id: str
    company: str
    title: str
    url: str
    seen: date
    digest: str
    outside: tuple[str, ...]
    """Data classes that are other statements' alone: findings with no other class do not count here."""
    promises: tuple[PromiseResult, ...]
    drift: tuple[Drift, ...]


class Obligation(msgspec.Struct, frozen=True):
    """A value unknown before deployment that the next live audit must settle."""

    control: str
    resource: str
    """The resource's name."""
    reason: str
    id: str
    """The resource's id, by which a live audit finds it again."""


class Contrast(StrEnum):
    """How what runs differs from what is declared, the worst first."""

    VERDICT = "judged otherwise"
    UNDECLARED = "in no stack"
    MISSING = "declared and not there"
    UNSEEN = "declared and not seen"
    PROPERTY = "set otherwise"
    OPEN = "obligation open"
    SETTLED = "obligation settled"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One difference between what is declared and what runs that matters to a control."""

    contrast: Contrast
    resource: str
    """The id of what runs, or the URN of what is declared and does not run."""
    name: str
    type: str
    controls: tuple[str, ...] = ()
    """The controls it matters to."""
    path: str = ""
    """The property, where one is set otherwise."""
    declared: Any = None
    live: Any = None
    reason: str = ""
    file: str = ""
    line: int = 0
    """Where it is declared."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a baseline holds of one finding that is not kept."""

    control: str
    resource: str
    """The URN or ARM id, empty for the whole estate."""
    name: str
    verdict: Verdict
    value: str
    """The digest of what was judged: it changes when a value does, and not when a line moves."""
    reason: str


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """What comparing a report with a baseline says; it changes what the exit code states, and no promise's verdict."""

    judged_on: date
    """The day of the report that the baseline was written from."""
    adds: Verdict
    """The worst of what the baseline does not have; `not applicable` where it has all of it."""
    absent: tuple[Known, ...]
    """What the baseline has, and was not found again."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Findings folded by commitment; every format is a projection of it."""

    product: str
    plane: Plane
    origin: str
    seen_at: datetime
    judged_on: date
    verdict: Verdict
    """What the exit code says: the worst of what this plane can hold."""
    statements: tuple[StatementResult, ...]
    controls: tuple[ControlResult, ...]
    resources: int
    gaps: tuple[Gap, ...]
    unassessed: tuple[Unassessed, ...]
    obligations: tuple[Obligation, ...]
    tools: Mapping[str, str]
    differences: tuple[Difference, ...] | None = None
    """What runs against what is declared, where the two were compared."""
    waivers: tuple[WaiverResult, ...] = ()
    """Every waiver, with what is wrong with it."""
    against: Against | None = None
    """How the findings stand to a baseline, where one was given."""
    attestations: tuple[AttestationResult, ...] = ()
    """Every attestation, and whether it holds."""
