"""Makes records of drills, and what is in scope, for tests that look at neither for its own sake."""

from datetime import UTC, datetime

from audit.drill_record import (
    CleanUp,
    Document,
    DrillRecord,
    DrillVerdict,
    Item,
    Measured,
    Operator,
    Population,
    Recoverability,
)
from audit.drill_rules import Class
from audit.drills.drill import Recoverable
from audit.drills.population import InScope

NOW = datetime(2026, 8, 12, 9, tzinfo=UTC)


def record(ref, ended, *, state="proven", level=5, method="point-in-time", negative=False, **axes):
    """Make the record of a drill; `axes` are the states of `rpo`, `rto` and `cleanup`, and what else it says."""
    rpo, rto, cleanup = (axes.pop(name, well) for name, well in (("rpo", "met"), ("rto", "met"), ("cleanup", "clean")))
    return DrillRecord(
        schema="promise-audit/drill-record/1",
        drill_id=f"{ended:%Y%m%dT%H%M%SZ}-000001",
        commitments=("A-27d2",),
        proves=("BCK-13",),
        item=Item(kind="sql", method=method, ref=ref),
        population=Population(in_scope=1, eligible=1, method="named", seed="a seed"),
        verdict=DrillVerdict(
            recoverability=Recoverability(state=state, level=level),
            rpo=Measured(achieved_s=60, target_s=3600, state=rpo, basis="canary"),
            rto=Measured(achieved_s=60, target_s=3600, state=rto, basis="L5"),
            cleanup=CleanUp(state=cleanup),
        ),
        operator=Operator(identity="drills", role="drills' identity", authorised_by="head of operations"),
        tool=Document(ref="promise-audit", sha256="0" * 64),
        negative_control=negative,
        began=ended,
        ended=ended,
        **axes,
    )


def in_scope(name, *, weight=1, size=0, methods=("point-in-time",), why=""):
    """Make something that must be recoverable."""
    rules = Class(kind="sql", tier="data", weight=weight, drills=("BCK-13",), methods=methods, target="recovery.sql")
    item = Recoverable(
        kind="sql", method=methods[0], id=f"/{name}", ref=name, tier="data", region="uksouth", bytes=size, weight=weight
    )
    return InScope(ref=name, name=name, rules=rules, item=None if why else item, why=why)
