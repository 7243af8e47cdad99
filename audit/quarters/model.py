"""The facts of one quarter, promise by promise; every edition and every format is a projection of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

import msgspec

from audit.drill_record import DrillRecord
from audit.model import Severity, Verdict
from audit.people import AttestationResult, Breach, Response
from audit.promises import Drift, Proof, Waiver
from audit.runs import Checked, Identity


class Edition(StrEnum):
    """Whom a report is written for."""

    CUSTOMER = "customer"
    BOARD = "board"
    """The data protection officer and the board."""
    AUDITOR = "auditor"


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A quarter of a year, in UTC."""

    name: str
    """Such as `2026Q4`."""
    begins: date
    ends: date
    """The last day."""
    as_of: date
    """The day up to which the report speaks: the last day of the quarter, or earlier while it runs."""


class WeekState(StrEnum):
    """What a week has to show."""

    SEEN = "seen"
    DOUBTED = "not verified"
    """There is a pack, and it does not verify: it proves nothing."""
    HOLE = "no evidence"
    AHEAD = "not yet"


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """Seven days from Monday; the first and the last week of a quarter have what is left of their neighbours, too."""

    number: int
    """Counted from 1 within the quarter."""
    begins: date
    ends: date
    state: WeekState
    packs: tuple[str, ...] = ()
    why: str = ""
    """Why it proves nothing, where it does not."""


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """One control under one promise: what was tested by the newest evidence, and how it went over the period."""

    control: str
    title: str
    catalogue: str
    severity: Severity
    verdict: Verdict
    """Over the whole period."""
    now: Verdict
    """By the newest evidence."""
    population: int
    """The findings it made by the newest evidence that count for the promise."""
    by: Mapping[Verdict, int]
    """Every verdict → how many of the population; the numbers sum to it."""
    evidence: tuple[str, ...] = ()


class PromiseInPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """One commitment over the quarter."""

    id: str
    statement: str
    text: str
    """Our own words."""
    quote: str = ""
    """The published sentence, where the statement's file was given and its digest matches."""
    gdpr: tuple[str, ...]
    binds: str
    counted: bool
    complementary: bool
    categorical: bool
    verdict: Verdict
    """The worst over the period; a week without evidence is unproven."""
    reason: str
    now: Verdict
    """By the newest evidence."""
    was: Verdict | None
    """Last quarter's, None where there was none."""
    weeks: tuple[Verdict | None, ...]
    """One for each week of the quarter, None where it is not yet over; a hole is unproven."""
    tests: tuple[Tested, ...]
    needs: Proof
    """What no evidence was there for at the end."""
    attestations: tuple[str, ...] = ()
    """Those that held at the end."""
    drills: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    """The ids of the words and drills it rests on, and of the drills against it."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time in which something was seen to be broken or waived."""

    before: datetime | None
    """When it was last seen otherwise before, None where it never was: it began after that."""
    first: datetime
    last: datetime
    after: datetime | None
    """When it was first seen otherwise again, None while it lasts."""


class ExceptionInPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """What was broken or waived in the quarter, from when to when, and what is done about it."""

    id: str
    """`X-` and eight digits of a digest of control and resource: the same in every quarter."""
    control: str
    title: str
    severity: Severity
    verdict: Verdict
    """The worst: broken, or waived."""
    resource: str
    name: str
    type: str
    reason: str
    promises: tuple[str, ...]
    spans: tuple[Span, ...]
    standing: bool
    """Whether it was there by the newest evidence."""
    days: int
    """From when it was first seen, in this quarter or before, to when it was last."""
    customers: tuple[str, ...] = ()
    shared: bool = False
    """Whether it concerns what serves several customers."""
    waiver: str = ""
    response: Response | None = None
    evidence: tuple[str, ...] = ()


class InventoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One type of resource; expected + appeared - disappeared = found = in scope + out of scope."""

    type: str
    expected: int
    """Found by the last evidence before the quarter; by the first in it, where there was none before."""
    appeared: int
    disappeared: int
    found: int
    in_scope: int
    out_of_scope: int
    why: str = ""
    """Why any are out of scope."""


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What there was, reconciled."""

    rows: tuple[InventoryRow, ...]
    opening: str
    """The pack that `expected` was counted in."""
    closing: str
    opened_before: bool
    """Whether the opening was before the quarter began."""
    gaps: tuple[str, ...]
    """What the closing pack could not see."""


class Cause(StrEnum):
    """Why a promise's verdict is another than last quarter's."""

    ESTATE = "the estate changed"
    STATEMENT = "the statement changed"
    CONTROL = "a control changed"
    TARGET = "a target changed"
    PEOPLE = "an attestation or a drill came or went"
    EVIDENCE = "evidence came or went"


class PromiseChange(msgspec.Struct, frozen=True, kw_only=True):
    """One promise whose verdict is another than last quarter's."""

    promise: str
    was: Verdict | None
    now: Verdict | None
    """None where the promise is there no more."""
    rejudged: Verdict | None
    """Last quarter's evidence by today's rules; None where it could not be judged again."""
    causes: tuple[Cause, ...]
    detail: str


class RuleChange(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the policies that is another than at the end of last quarter, or one tool of another version."""

    what: str
    was: str
    """A digest's first twelve digits or a version; empty where it is new."""
    now: str


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what drills must prove was proven by one."""

    kind: str
    in_scope: int
    proven: int
    """Items with a drill that proved level 4 or more within the period."""
    proven_year: int
    """The same within the last twelve months."""
    negative: str
    """What became of a drill on a damaged copy: `failed, as it must`, `passed, which it must not` or `none`."""


class FollowUp(msgspec.Struct, frozen=True, kw_only=True):
    """An exception of the last report, and what became of it."""

    id: str
    title: str
    name: str
    was: Verdict
    outcome: str
    owner: str = ""
    due: date | None = None


class BreachInPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """One breach with its clock."""

    breach: Breach
    minutes: int | None
    """From awareness to notice; None while nobody was told."""


class WaiverInPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver that was there in the quarter."""

    waiver: Waiver
    excuses: bool
    """Whether it excused anything by the newest evidence."""
    flaws: tuple[str, ...]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence that the report refers to."""

    id: str
    """Such as `E-0012`."""
    kind: str
    """`answer`, `report`, `drill`, `attestation`."""
    pack: str
    what: str
    """What was asked of whom, or what was looked at."""
    at: datetime
    digest: str


class PackInPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """One pack of the quarter (or the last before it)."""

    checked: Checked
    at: datetime | None
    week: int
    """0 for the one before the quarter."""
    resources: int = 0
    findings: int = 0
    gaps: int = 0
    entries: int = 0
    exchanges: int = 0
    identities: tuple[Identity, ...] = ()
    product: str = ""


class StatementInPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """One published statement."""

    id: str
    company: str
    title: str
    url: str
    seen: date
    digest: str
    drift: tuple[Drift, ...]
    quoted: bool
    """Whether its sentences are quoted: its file was given, and its digest matches."""


class Quarter(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the report of a quarter says."""

    product: str
    company: str
    period: Period
    edition: Edition
    customer: str = ""
    """The pseudonym, in a customer's edition."""
    leaves_out: tuple[str, ...] = ()
    """What this edition leaves out, sentence by sentence."""
    verdict: Verdict
    """The worst of the promises that count."""
    weeks: tuple[Week, ...]
    statements: tuple[StatementInPeriod, ...]
    promises: tuple[PromiseInPeriod, ...]
    exceptions: tuple[ExceptionInPeriod, ...]
    inventory: Inventory | None
    """None where no pack of the quarter could be read."""
    packs: tuple[PackInPeriod, ...]
    drills: tuple[DrillRecord, ...]
    coverage: tuple[Coverage, ...]
    breaches: tuple[BreachInPeriod, ...]
    has_register: bool
    """Whether the policies have a register of breaches, be it an empty one."""
    changes: tuple[PromiseChange, ...]
    rules: tuple[RuleChange, ...]
    waivers: tuple[WaiverInPeriod, ...]
    attestations: tuple[AttestationResult, ...]
    targets_unattested: tuple[str, ...]
    follow_up: tuple[FollowUp, ...]
    evidence: tuple[Evidence, ...]
    previous: str
    """The name of the last quarter, where there is evidence of it; empty otherwise."""
    seal: str
    """The digest of the newest seal in the period, empty where there is none."""
    keys: Mapping[str, str] = {}
    """Id of a key that packs were verified with → its fingerprint."""
