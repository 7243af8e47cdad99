"""The drills of the quarter's story: one that went well, one that failed, and one on a copy damaged on purpose."""

from datetime import UTC, datetime, timedelta

from audit.drill_record import (
    Check,
    CleanUp,
    Document,
    DrillRecord,
    DrillVerdict,
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

_OPERATOR = Operator(identity="drill-runner", role="head of operations", authorised_by="data protection officer")
_TOOL = Document(ref="promise-audit", sha256="0" * 64)
_ISOLATION = Isolation(
    subscription="drills", region="uksouth", residency_ok=True, egress_denied=True, public_ip=False, peerings=0
)


def _phase(name: str, began: datetime, minutes: int, outcome: str = "ok") -> Phase:
    ended = began + timedelta(minutes=minutes)
    return Phase(name=name, began=began, ended=ended, duration_ms=minutes * 60_000, outcome=outcome)


def _point(at: datetime) -> RecoveryPoint:
    return RecoveryPoint(
        id=f"{at:%Y%m%dT%H%M}", created_at=at, tier="HardenedRP", completeness="Completed", threat="Healthy"
    )


_AUGUST = datetime(2026, 8, 12, 9, tzinfo=UTC)
_SEPTEMBER = datetime(2026, 9, 9, 9, tzinfo=UTC)

RECORDS = (
    DrillRecord(
        schema="promise-audit/drill-record/1",
        drill_id="01J52Z0000000000000000SQL1",
        commitments=("A-27d1", "A-27d2"),
        proves=("BCK-13",),
        item=Item(kind="sql", ref="database-1", tier="production", bytes=41_000_000_000),
        population=Population(in_scope=1, eligible=1, method="least-recently-proven", seed="2026-08-12"),
        recovery_point=_point(_AUGUST - timedelta(hours=1)),
        isolation=_ISOLATION,
        phases=(_phase("restore", _AUGUST, 48), _phase("verify", _AUGUST + timedelta(minutes=48), 21)),
        checks=(
            Check(id="sql.online", level=3, result="pass"),
            Check(id="sql.integrity", level=4, result="pass"),
            Check(id="sql.rows", level=5, result="pass"),
        ),
        verdict=DrillVerdict(
            recoverability=Recoverability(state="proven", level=5),
            rpo=Measured(achieved_s=3_540, target_s=3_600, state="met", basis="canary"),
            rto=Measured(achieved_s=4_140, target_s=14_400, state="met", basis="L5"),
            cleanup=CleanUp(state="residue-expected", until=_AUGUST + timedelta(days=8)),
        ),
        residue=(Left(type="restorable-dropped-database", ref="database-1", until=_AUGUST + timedelta(days=8)),),
        operator=_OPERATOR,
        tool=_TOOL,
        began=_AUGUST,
        ended=_AUGUST + timedelta(minutes=95),
    ),
    DrillRecord(
        schema="promise-audit/drill-record/1",
        drill_id="01J7AQ0000000000000000ARC1",
        commitments=("A-27d1",),
        proves=("BCK-13",),
        item=Item(kind="archive", ref="container-2", tier="archive", bytes=9_000_000_000),
        population=Population(in_scope=2, eligible=2, method="least-recently-proven", seed="2026-09-09"),
        recovery_point=_point(_SEPTEMBER - timedelta(hours=30)),
        isolation=_ISOLATION,
        phases=(_phase("restore", _SEPTEMBER, 35), _phase("verify", _SEPTEMBER + timedelta(minutes=35), 50, "failed")),
        checks=(
            Check(id="archive.read", level=3, result="pass"),
            Check(
                id="archive.digests",
                level=4,
                result="fail",
                reason="3 of 300 sampled objects do not match the manifest",
                observed={"bad": 3, "sampled": 300},
                expected={"bad": 0},
            ),
        ),
        verdict=DrillVerdict(
            recoverability=Recoverability(state="failed", level=4, reason="3 of 300 sampled objects do not match"),
            rpo=Measured(achieved_s=108_000, target_s=93_600, state="missed", basis="canary"),
            rto=Measured(achieved_s=None, target_s=14_400, state="unknown", basis="nothing was proven"),
            cleanup=CleanUp(state="clean"),
        ),
        operator=_OPERATOR,
        tool=_TOOL,
        began=_SEPTEMBER,
        ended=_SEPTEMBER + timedelta(minutes=100),
    ),
    DrillRecord(
        schema="promise-audit/drill-record/1",
        drill_id="01J7AR0000000000000000SQLN",
        commitments=("A-27d1",),
        proves=("BCK-13",),
        item=Item(kind="sql", ref="database-damaged", tier="negative control"),
        population=Population(in_scope=1, eligible=1, method="negative control", seed="2026-09-09"),
        recovery_point=_point(_SEPTEMBER - timedelta(hours=2)),
        isolation=_ISOLATION,
        phases=(_phase("restore", _SEPTEMBER + timedelta(hours=3), 12),),
        checks=(Check(id="sql.integrity", level=4, result="fail", reason="one page does not match its checksum"),),
        verdict=DrillVerdict(
            recoverability=Recoverability(state="failed", level=4, reason="one page does not match its checksum"),
            rpo=Measured(achieved_s=None, target_s=3_600, state="unknown", basis="negative control"),
            rto=Measured(achieved_s=None, target_s=14_400, state="unknown", basis="negative control"),
            cleanup=CleanUp(state="clean"),
        ),
        operator=_OPERATOR,
        tool=_TOOL,
        negative_control=True,
        began=_SEPTEMBER + timedelta(hours=3),
        ended=_SEPTEMBER + timedelta(hours=4),
    ),
)
"""In order of time."""
