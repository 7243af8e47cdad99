"""Replicated machines are healthy and minutes behind.

Catalogue: BCK-17.

## Why we promise this
A replica that stopped days ago starts as the machine was days ago. How far it lags now is the work that a disaster
would cost.

## How to keep it
Mend what the item's `healthErrors` name. A lag that stays high means that the machine writes faster than its cache
account or its network takes.
"""

from datetime import timedelta

from audit.kinds.moments import age, words
from audit.kinds.recoveryservices import REPLICATED_ITEM
from audit.model import Example, Plane, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept, same

ON = REPLICATED_ITEM
PLANES = (Plane.LIVE,)
SEVERITY = Severity.HIGH
LAG = "providerSpecificDetails.rpoInSeconds"
MEASURED = "providerSpecificDetails.lastRpoCalculatedTime"


def judge(item: Resource, targets: Targets) -> Ruling:
    health = item.read("replicationHealth", str)
    if not same(health, "Normal"):
        return broken(f"replication is {health}, promised Normal")
    most, lag = targets.number("backup.replication_lag_seconds"), item.read(LAG, int)
    if lag < 0:
        raise Unseen(f"{LAG} is {lag}, which is no lag")
    # A lag was true when it was measured: since then nothing newer may have arrived.
    behind = timedelta(seconds=lag) + age(item, MEASURED)
    if lag > most:
        return broken(f"it is {words(timedelta(seconds=lag))} behind, promised {words(timedelta(seconds=most))}")
    if behind > timedelta(seconds=2 * most):
        return broken(
            f"its lag was last measured {words(behind)} ago, promised {words(timedelta(seconds=most))} behind"
        )
    return kept(f"replication is Normal and {words(timedelta(seconds=lag))} behind, promised {most // 60} minutes")


def _case(verdict: Verdict, lag: object = 120, note: str = "", **more: object) -> Example:
    details = {"rpoInSeconds": lag, "lastRpoCalculatedTime": "2026-01-15T11:58:00Z", **more}
    body = {"replicationHealth": "Normal", "providerSpecificDetails": details}
    return Example(verdict, body, targets={"backup.replication_lag_seconds": 900}, note=note)


_SICK = {"rpoInSeconds": 1, "lastRpoCalculatedTime": "2026-01-15T11:58:00Z"}

EXAMPLES = (
    _case(Verdict.KEPT),
    _case(Verdict.KEPT, 900),
    _case(Verdict.BROKEN, 901),
    _case(Verdict.BROKEN, 60, "measured an hour ago", lastRpoCalculatedTime="2026-01-15T11:00:00Z"),
    Example(Verdict.BROKEN, {"replicationHealth": "Critical", "providerSpecificDetails": _SICK}),
    Example(Verdict.BROKEN, {"replicationHealth": "Warning", "providerSpecificDetails": _SICK}),
    Example(Verdict.UNPROVEN, {"providerSpecificDetails": _SICK}),
    _case(Verdict.UNPROVEN, -1),
    _case(Verdict.UNPROVEN, None),
    _case(Verdict.UNPROVEN, lastRpoCalculatedTime=None),
)
