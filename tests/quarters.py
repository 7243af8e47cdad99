"""A quarter made by hand: holes, a doubted pack, exceptions, drills, a breach, and texts that mean harm."""

from datetime import UTC, date, datetime, timedelta

import msgspec

from audit.drill_record import (
    Check,
    CleanUp,
    DrillRecord,
    DrillVerdict,
    ErasureReplay,
    Isolation,
    Item,
    Left,
    Measured,
    Operator,
    Phase,
    Population,
    Recoverability,
    RecoveryPoint,
)
from audit.drill_record import Document as Tool
from audit.model import Plane, Severity, Verdict
from audit.people import Attestation, AttestationResult, AttestationState, Breach, Response
from audit.promises import Drift, Proof, Waiver
from audit.quarters.model import (
    BreachInPeriod,
    Cause,
    Coverage,
    Edition,
    Evidence,
    ExceptionInPeriod,
    FollowUp,
    Inventory,
    InventoryRow,
    PackInPeriod,
    Period,
    PromiseChange,
    PromiseInPeriod,
    Quarter,
    RuleChange,
    Span,
    StatementInPeriod,
    Tested,
    WaiverInPeriod,
    Week,
    WeekState,
)
from audit.runs import Checked, Fault, Identity, PackKind

K, B, W, U, NA = Verdict.KEPT, Verdict.BROKEN, Verdict.WAIVED, Verdict.UNPROVEN, Verdict.NOT_APPLICABLE

SCRIPT = "<script>alert('x')</script>"
TYPST = "#panic($1$) *strong* @ref [x] `raw`"
ESCAPE = "tidy\x1b[2J\nKept: all is well\u202eexe"
GLYPHS = "\u4e2d\u6587 \U0001f512 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 e\u0301  \ue000"
FORMULA = "=cmd|'/c calc'!A1"
LONG = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourcegroups/rg-archive/" + "archive" * 20
DIGEST = "8a33ffe65ec9a772b72b25fd929dbd46451b9a723793eda1dd703814d4f71bdc"
KEY = "5f0c" * 16
REVIEWER = "a1b2" * 16
CANARY = "canary-of-c-07"
OTHER_CANARY = "canary-of-c-11"
DOUBTED_WEEK, HOLE_WEEK, WEEKS_OVER = 8, 5, 12


def at(month, day, hour=2, minute=0):
    """Give a moment of 2026 in UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def pack_id(moment):
    """Name the pack of a run that began then."""
    return f"{moment:%Y%m%dT%H%M%SZ}-1f3a9c2e"


def _weeks():
    begins, found = date(2026, 10, 1), []
    while begins <= date(2026, 12, 31):
        ends = min(begins + timedelta(days=6 - begins.weekday()), date(2026, 12, 31))
        found.append(_week(len(found) + 1, begins, ends))
        begins = ends + timedelta(days=1)
    return tuple(found)


def _week(number, begins, ends):
    packs = (pack_id(datetime(begins.year, begins.month, begins.day, 2, tzinfo=UTC)),)
    state, why = WeekState.SEEN, ""
    if number == HOLE_WEEK:
        state, packs, why = WeekState.HOLE, (), "no pack was left between 2026-10-26 and 2026-11-01"
    elif number == DOUBTED_WEEK:
        state, why = WeekState.DOUBTED, "answers/9c1e.gz: its digest is not the manifest's"
    elif number > WEEKS_OVER:
        state, packs = WeekState.AHEAD, ()
    return Week(number=number, begins=begins, ends=ends, state=state, packs=packs, why=why)


WEEKS = _weeks()
PERIOD = Period(name="2026Q4", begins=date(2026, 10, 1), ends=date(2026, 12, 31), as_of=date(2026, 12, 20))
BEFORE = pack_id(at(9, 28))
NEWEST = WEEKS[WEEKS_OVER - 1].packs[0]


def weeks_of(letters):
    """Spell a promise's weeks by letters, the hole and the doubted week put in: they are unproven for all."""
    by = {"K": K, "B": B, "W": W, "U": U, "-": None}
    found = [by[letter] for letter in letters]
    found[HOLE_WEEK - 1] = found[DOUBTED_WEEK - 1] = U
    return tuple(found)


def tried(control, title, verdict, now, by, *evidence, severity=Severity.HIGH, catalogue="STO-03"):
    """Make a test of a promise; `by` gives counts by verdict."""
    whole = {one: by.get(one, 0) for one in Verdict}
    return Tested(
        control=control,
        title=title,
        catalogue=catalogue,
        severity=severity,
        verdict=verdict,
        now=now,
        population=sum(whole.values()),
        by=whole,
        evidence=evidence,
    )


def promise(identity, text, verdict, now, weeks, tests=(), **more):
    """Make a promise of statement A that counts, unless told otherwise."""
    plain = {"statement": "A", "gdpr": ("Art. 32(1)(b)",), "binds": "processor", "counted": True}
    plain |= {"complementary": False, "categorical": False, "was": K, "needs": Proof(), "reason": ""}
    return PromiseInPeriod(
        id=identity, text=text, verdict=verdict, now=now, weeks=weeks_of(weeks), tests=tests, **plain | more
    )


ANONYMOUS = tried(
    "storage-no-anonymous-read", "Storage accounts refuse anonymous reads", B, K, {K: 11, NA: 1}, "E-0001", "E-0002"
)
HTTPS = tried("storage-https-only", "Storage accounts answer over TLS alone", K, K, {K: 12}, "E-0003")
BACKUP = tried("backup-daily", "Machines are backed up every day", W, W, {K: 6, W: 1}, "E-0004", catalogue="BCK-01")
OPEN_TEST = tried(
    "keys-rotated", "Keys are rotated", U, U, {U: 2}, "E-0007", severity=Severity.MEDIUM, catalogue="KEY-04"
)
PROMISES = (
    promise(
        "A-01",
        "Nobody can read your files without signing in.",
        B,
        K,
        "KKBBKKKKKKKK--",
        (ANONYMOUS, HTTPS),
        reason="storage-no-anonymous-read was broken from 2026-10-12 to 2026-10-19",
        quote=f'We never let "anyone" in. {SCRIPT}',
        exceptions=("X-1a2b3c4d", "X-9c0d1e2f"),
        drift=("D-1",),
        was=K,
    ),
    promise(
        "A-02",
        "A copy of your mail is restored within a day.",
        U,
        U,
        "UUUUUUUUUUUU--",
        (BACKUP,),
        needs=Proof(drills=("BCK-13",), attestations=("AT-03",)),
        reason="it still needs a drill and an attestation",
        drills=("01JB0000000000000000000001",),
        exceptions=("X-5e6f7a8b",),
        gdpr=("Art. 32(1)(c)", "Art. 32(1)(d)"),
        was=U,
    ),
    promise(
        "A-03",
        f"Keys are changed every year. {TYPST}",
        U,
        U,
        "KKKKKKKKKUUU--",
        (OPEN_TEST,),
        reason="the listing of keys was refused (403) on 2026-12-14",
        attestations=("AT-05",),
    ),
    promise("A-04", "Your archive stays in the United Kingdom.", U, K, "KKKKKKKKKKKK--", (HTTPS,), categorical=True),
    promise(
        "B-01",
        f"Deviations are written down. {GLYPHS}",
        W,
        W,
        "WWWWWWWWWWWW--",
        (BACKUP,),
        statement="B",
        exceptions=("X-5e6f7a8b",),
        was=None,
    ),
    promise(
        "B-02",
        "You keep your own passwords secret.",
        U,
        U,
        "UUUUUUUUUUUU--",
        statement="B",
        binds="customer",
        counted=False,
        complementary=True,
        was=None,
    ),
    promise("B-03", "Definitions", U, U, "UUUUUUUUUUUU--", statement="B", counted=False, binds="processor", was=None),
)

RESPONSE = Response(
    control="storage-no-anonymous-read",
    resource="starchive",
    cause="a change by hand during an incident",
    response=f"closed the same week; the right to change it was withdrawn {ESCAPE}",
    risk="files could have been read by who guessed their address",
    owner="head of platform",
    due=date(2026, 10, 31),
    closed=date(2026, 10, 20),
    breach="BR-2026-01",
    breach_reason="reads by strangers could not be ruled out",
)
EXCEPTIONS = (
    ExceptionInPeriod(
        id="X-1a2b3c4d",
        control="storage-no-anonymous-read",
        title="Storage accounts refuse anonymous reads",
        severity=Severity.CRITICAL,
        verdict=B,
        resource=LONG,
        name=f"starchive {CANARY}",
        type="Microsoft.Storage/storageAccounts",
        reason=f"a container may opt in to anonymous reads {SCRIPT}",
        promises=("A-01",),
        spans=(Span(before=at(10, 5), first=at(10, 12), last=at(10, 19), after=at(11, 2)),),
        standing=False,
        days=8,
        customers=("c-07",),
        response=RESPONSE,
        evidence=("E-0001", "E-0002"),
    ),
    ExceptionInPeriod(
        id="X-5e6f7a8b",
        control="backup-daily",
        title="Machines are backed up every day",
        severity=Severity.HIGH,
        verdict=W,
        resource="/subscriptions/0b1f6471/resourcegroups/rg-mail/providers/microsoft.compute/virtualmachines/vm-relay",
        name="vm-relay",
        type="Microsoft.Compute/virtualMachines",
        reason=FORMULA,
        promises=("A-02", "B-01"),
        spans=(Span(before=None, first=at(9, 28), last=at(12, 14), after=None),),
        standing=True,
        days=78,
        customers=("c-07", "c-11"),
        shared=True,
        waiver="the relay holds no mail of its own (head of platform, until 2026-12-31)",
        evidence=("E-0004",),
    ),
    ExceptionInPeriod(
        id="X-9c0d1e2f",
        control="storage-no-anonymous-read",
        title="Storage accounts refuse anonymous reads",
        severity=Severity.CRITICAL,
        verdict=B,
        resource="/subscriptions/0b1f6471/resourcegroups/rg-web/providers/microsoft.storage/storageaccounts/stweb",
        name=f"stweb {OTHER_CANARY}",
        type="Microsoft.Storage/storageAccounts",
        reason="a container may opt in to anonymous reads",
        promises=("A-01",),
        spans=(
            Span(before=at(10, 5), first=at(10, 12), last=at(10, 12), after=at(10, 19)),
            Span(before=at(11, 9), first=at(11, 23), last=at(12, 14), after=None),
        ),
        standing=True,
        days=64,
        customers=("c-11",),
        evidence=("E-0005",),
    ),
)

INVENTORY = Inventory(
    rows=(
        InventoryRow(
            type="Microsoft.Compute/virtualMachines",
            expected=6,
            appeared=2,
            disappeared=1,
            found=7,
            in_scope=7,
            out_of_scope=0,
        ),
        InventoryRow(
            type="Microsoft.Storage/storageAccounts",
            expected=12,
            appeared=0,
            disappeared=0,
            found=12,
            in_scope=11,
            out_of_scope=1,
            why="one holds the state of the stacks, which no control speaks of",
        ),
        InventoryRow(
            type="Microsoft.Network/bastionHosts",
            expected=0,
            appeared=1,
            disappeared=0,
            found=1,
            in_scope=0,
            out_of_scope=1,
            why="no control speaks of this type",
        ),
    ),
    opening=BEFORE,
    closing=NEWEST,
    opened_before=True,
    gaps=("cannot list Key Vaults (403). Grant Reader on the subscription.",),
)


def drill(number, kind, customer, state, level, rto, **more):
    """Make a drill's record: `rto` is achieved, target and state."""
    began = at(11, 10 + number, 9)
    plain = {
        "schema": "promise-audit/drill-record/1",
        "drill_id": f"01JB000000000000000000000{number}",
        "commitments": ("A-02",),
        "proves": ("BCK-13",),
        "item": Item(
            kind=kind, ref=f"item-{number:04}", customer=customer, tier="vault", bytes=number * 40_000_000_000
        ),
        "population": Population(in_scope=7, eligible=6, method="least-recently-proven", seed="2026Q4"),
        "recovery_point": RecoveryPoint(id=f"rp-{number}", created_at=began - timedelta(hours=7), tier="HardenedRP"),
        "isolation": Isolation(
            subscription="drills", region="uksouth", residency_ok=True, egress_denied=True, public_ip=False, peerings=0
        ),
        "phases": (
            Phase(name="restore", began=began, ended=began + timedelta(hours=1), duration_ms=3_600_000, outcome="ok"),
        ),
        "checks": (Check(id="sql.dbcc", level=4, result="pass", duration_ms=90_000),),
        "verdict": DrillVerdict(
            recoverability=Recoverability(state=state, level=level),
            rpo=Measured(achieved_s=1_800, target_s=3_600, state="met", basis="canary"),
            rto=Measured(achieved_s=rto[0], target_s=rto[1], state=rto[2], basis="L5"),
            cleanup=CleanUp(state="clean"),
        ),
        "operator": Operator(identity="drills", role="operator", authorised_by="head of platform"),
        "tool": Tool(ref="promise-audit 0.1.0", sha256=DIGEST),
        "began": began,
        "ended": began + timedelta(hours=2),
    }
    return DrillRecord(**plain | more)


DRILLS = (
    drill(
        1,
        "sql",
        "c-07",
        "proven",
        5,
        (7_200, 14_400, "met"),
        erasure_replay=ErasureReplay(ledger_keys=3, found_after=0),
    ),
    drill(2, "exchange", "c-11", "failed", 4, (20_000, 14_400, "missed")),
    drill(
        3,
        "vm",
        "",
        "inconclusive",
        None,
        (None, 14_400, "unknown"),
        residue=(Left(ref="snap-3", type="restorable-dropped-database", until=at(12, 20)),),
    ),
    drill(4, "sql", "", "failed", 4, (1_000, 14_400, "met"), negative_control=True),
)
COVERAGE = (
    Coverage(kind="exchange", in_scope=4, proven=0, proven_year=2, negative="none"),
    Coverage(kind="sql", in_scope=7, proven=1, proven_year=5, negative="failed, as it must"),
)

BREACHES = (
    BreachInPeriod(
        breach=Breach(
            id="BR-2026-01",
            aware=at(10, 19, 8),
            notified=at(10, 19, 20, 30),
            customers=("c-07",),
            facts="a storage account could be read by strangers",
            effects="no read by a stranger is known",
            remedy="closed; logs were looked through",
            owner="data protection officer",
            closed=at(11, 2, 9),
        ),
        minutes=750,
    ),
    BreachInPeriod(
        breach=Breach(
            id="BR-2026-02",
            aware=at(12, 18, 8),
            customers=("c-11",),
            facts=f"mail was misdirected {OTHER_CANARY}",
            owner="data protection officer",
            late="the controllers concerned are being found out",
        ),
        minutes=None,
    ),
)

CHANGES = (
    PromiseChange(
        promise="A-01",
        was=K,
        now=B,
        rejudged=K,
        causes=(Cause.ESTATE,),
        detail="starchive opened to anonymous reads on 2026-10-12",
    ),
    PromiseChange(
        promise="B-01",
        was=None,
        now=W,
        rejudged=None,
        causes=(Cause.STATEMENT, Cause.CONTROL),
        detail="statement B is new",
    ),
)
RULES = (
    RuleChange(what="controls/storage/storage-https-only.py", was="aaaaaaaaaaaa", now="bbbbbbbbbbbb"),
    RuleChange(what="promise-audit", was="", now="0.1.0"),
)
WAIVERS = (
    WaiverInPeriod(
        waiver=Waiver(
            control="backup-daily",
            resource="vm-relay",
            planes=(Plane.LIVE,),
            reason="the relay holds no mail of its own",
            owner="head of platform",
            until=date(2026, 12, 31),
        ),
        excuses=True,
        flaws=("near expiry",),
    ),
)


def attestation(identity, state, until, **more):
    """Make an attestation in a state."""
    plain = {
        "id": identity,
        "role": "data protection officer",
        "looked_at": "the register of processors",
        "evidence": DIGEST,
    }
    return AttestationResult(
        attestation=Attestation(on=date(2026, 6, 30), until=until, **plain | more),
        state=state,
        reason="" if state is AttestationState.VALID else f"{state} on {until}",
    )


ATTESTATIONS = (
    attestation("AT-03", AttestationState.EXPIRED, date(2026, 11, 30), looked_at="the contract with the second site"),
    attestation("AT-05", AttestationState.VALID, date(2027, 6, 30)),
    attestation("AT-14", AttestationState.VALID, date(2027, 6, 30), targets=("storage.retention",)),
)
FOLLOW_UP = (
    FollowUp(
        id="X-5e6f7a8b",
        title="Machines are backed up every day",
        name="vm-relay",
        was=B,
        outcome="waived since",
        owner="head of platform",
        due=date(2026, 12, 31),
    ),
)


def evidence(number, what, kind="answer", pack=NEWEST):
    """Make a piece of evidence."""
    return Evidence(id=f"E-{number:04}", kind=kind, pack=pack, what=what, at=at(12, 14), digest=f"{number:064x}")


EVIDENCE = (
    evidence(1, f"GET {LONG}?api-version=2024-01-01"),
    evidence(2, f"GET /starchive?api-version=2024-01-01 {CANARY}", pack=WEEKS[2].packs[0]),
    evidence(3, "the report of the pack", "report"),
    evidence(4, "GET /vm-relay?api-version=2024-07-01"),
    evidence(5, f"GET /stweb?api-version=2024-01-01 {OTHER_CANARY}"),
    evidence(7, "GET /vaults?api-version=2023-07-01: 403"),
)


def _pack(moment, week, **more):
    plain = {"sealed": True, "signers": (KEY,), "threshold": 1, "digest": DIGEST, "timestamp": moment}
    checked = Checked(id=pack_id(moment), kind=PackKind.RUN, **plain | {"timestamped_by": "Example Authority"} | more)
    return PackInPeriod(
        checked=checked,
        at=moment,
        week=week,
        resources=20,
        findings=33,
        gaps=1,
        entries=210,
        exchanges=198,
        identities=(Identity("azure", "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"),),
        product="promise-audit 0.1.0",
    )


def _packs():
    found = [_pack(at(9, 28), 0)]
    for week in WEEKS:
        if not week.packs:
            continue
        moment, more = datetime(week.begins.year, week.begins.month, week.begins.day, 2, tzinfo=UTC), {}
        if week.state is WeekState.DOUBTED:
            more = {"faults": (Fault("answers/9c1e.gz", "its digest is not the manifest's"),), "signers": ()}
        elif week.number == WEEKS_OVER:
            more = {"timestamp": None, "timestamped_by": ""}
        found.append(_pack(moment, week.number, **more))
    return tuple(found)


PACKS = _packs()
STATEMENTS = (
    StatementInPeriod(
        id="A",
        company="Hosting Example",
        title="Privacy & data",
        url="https://hosting.example/privacy.html?a=1&b=2",
        seen=date(2026, 9, 1),
        digest=DIGEST,
        drift=(Drift("D-1", "Said “never”; a copy is kept for 30 days.", ("A-01",), "amend the sentence"),),
        quoted=True,
    ),
    StatementInPeriod(
        id="B",
        company="Hosting Example",
        title="Terms",
        url="javascript:alert(1)",
        seen=date(2026, 9, 1),
        digest=DIGEST,
        drift=(),
        quoted=False,
    ),
)

QUARTER = Quarter(
    product="promise-audit 0.1.0",
    company="Hosting Example",
    period=PERIOD,
    edition=Edition.AUDITOR,
    verdict=B,
    weeks=WEEKS,
    statements=STATEMENTS,
    promises=PROMISES,
    exceptions=EXCEPTIONS,
    inventory=INVENTORY,
    packs=PACKS,
    drills=DRILLS,
    coverage=COVERAGE,
    breaches=BREACHES,
    has_register=True,
    changes=CHANGES,
    rules=RULES,
    waivers=WAIVERS,
    attestations=ATTESTATIONS,
    targets_unattested=("keys.rotation_days",),
    follow_up=FOLLOW_UP,
    evidence=EVIDENCE,
    previous="2026Q3",
    seal=DIGEST,
    keys={KEY: "SHA256:5f0c:5f0c", REVIEWER: "SHA256:a1b2:a1b2"},
)
"""The auditor's edition: everything."""

BOARD = msgspec.structs.replace(
    QUARTER, edition=Edition.BOARD, evidence=(), leaves_out=("The evidence index stands in the auditor's edition.",)
)


def customers():
    """Make the edition of c-07 as one would by hand: theirs, and what is shared without a name."""
    shared = msgspec.structs.replace(EXCEPTIONS[1], name="", resource="", customers=(), reason="", evidence=())
    return msgspec.structs.replace(
        QUARTER,
        edition=Edition.CUSTOMER,
        customer="c-07",
        leaves_out=("What belongs to other customers is left out.", "What is shared is told without names."),
        exceptions=(EXCEPTIONS[0], shared),
        promises=(msgspec.structs.replace(PROMISES[0], exceptions=("X-1a2b3c4d",)), *PROMISES[1:]),
        drills=DRILLS[:1],
        breaches=BREACHES[:1],
        evidence=(EVIDENCE[0], EVIDENCE[1], EVIDENCE[2], EVIDENCE[3], EVIDENCE[5]),
    )


CUSTOMER = customers()

NOTHING = msgspec.structs.replace(
    QUARTER,
    verdict=U,
    weeks=tuple(
        msgspec.structs.replace(week, state=WeekState.HOLE, packs=(), why="no pack was left in this week")
        if week.state is not WeekState.AHEAD
        else week
        for week in WEEKS
    ),
    promises=tuple(
        msgspec.structs.replace(
            one,
            verdict=U,
            now=U,
            was=None,
            reason="there is no evidence",
            weeks=tuple(None if week is None else U for week in one.weeks),
            tests=(),
            exceptions=(),
            drills=(),
            attestations=(),
        )
        for one in PROMISES
    ),
    exceptions=(),
    inventory=None,
    packs=(),
    drills=(),
    coverage=(),
    breaches=(),
    changes=(),
    rules=(),
    waivers=(),
    attestations=(),
    targets_unattested=(),
    follow_up=(),
    evidence=(),
    previous="",
    seal="",
    keys={},
)
"""A quarter without any evidence: every section stands, and says so."""


def many(count):
    """Make a quarter with `count` exceptions, each with evidence of its own."""
    pieces = tuple(evidence(10_000 + number, f"GET /resource-{number}") for number in range(count))
    found = tuple(
        msgspec.structs.replace(
            EXCEPTIONS[number % len(EXCEPTIONS)],
            id=f"X-{number:08x}",
            name=f"resource-{number}",
            evidence=(pieces[number].id,),
        )
        for number in range(count)
    )
    promises = (msgspec.structs.replace(PROMISES[0], exceptions=tuple(one.id for one in found)), *PROMISES[1:])
    return msgspec.structs.replace(QUARTER, exceptions=found, evidence=(*EVIDENCE, *pieces), promises=promises)
