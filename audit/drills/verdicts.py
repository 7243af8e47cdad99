"""What a drill shows: three answers, of which none ever stands for another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from audit.drill_record import Check, CleanUp, Left, Measured, Recoverability, RecoveryPoint
from audit.drills.outcomes import Failed, NotRun, Stopped

PRESENT = 1
"""The proof level of a recovery point that is there."""
_SKEW = timedelta(minutes=5)
"""By how much two clocks may differ."""
CANARY, TRANSACTION, METADATA = "canary", "last-transaction", "recovery-point-metadata"


def recoverability(checks: Sequence[Check], stopped: Stopped | None) -> Recoverability:
    """Return how far it is proven: the highest level that was passed, with nothing failed or left out up to it.

    A level without a check of its own is proven by the next above it that has one.
    """
    if isinstance(stopped, Failed):
        return Recoverability(state="failed", level=stopped.level, reason=stopped.reason)
    failed = sorted((check for check in checks if check.result == "fail"), key=lambda check: check.level)
    if failed:
        return Recoverability(state="failed", level=failed[0].level, reason=f"{failed[0].id}: {failed[0].reason}")
    if isinstance(stopped, NotRun):
        return Recoverability(state="not-run", reason=stopped.reason)
    level = proven_level(checks)
    if level is None:
        reason = stopped.reason if stopped else next((check.reason for check in checks if check.reason), "")
        return Recoverability(state="inconclusive", reason=reason or "nothing was checked")
    capped = next((f"{check.id} was not run: {check.reason}" for check in checks if check.result == "not-run"), "")
    return Recoverability(state="proven", level=level, reason=stopped.reason if stopped else capped)


def proven_level(checks: Iterable[Check]) -> int | None:
    """Return the highest level that was passed with nothing else at or below it; None where there is none."""
    found = list(checks)
    short = min((check.level for check in found if check.result != "pass"), default=None)
    passed = {check.level for check in found if check.result == "pass"}
    return max((level for level in passed if short is None or level < short), default=None)


def rpo(
    reference: datetime,
    newest: datetime | None,
    basis: str,
    point: RecoveryPoint | None,
    target_s: int | None,
    *,
    seen: datetime | None = None,
) -> Measured:
    """Return how old the newest content of the copy was at the `reference`.

    When a point was made is no content: a number from there is told, and meets or misses nothing. Nor does content of
    a time after it was `seen`: one with a wrong time would be newer than anything that can be lost.
    """
    if newest is not None and seen is not None and newest > seen + _SKEW:
        return Measured(achieved_s=None, target_s=target_s, state="unknown", basis=f"{basis}, of a time yet to come")
    if newest is not None:
        achieved = max(0, round((reference - newest).total_seconds()))
        return Measured(achieved_s=achieved, target_s=target_s, state=_against(achieved, target_s), basis=basis)
    if point is not None:
        age = max(0, round((reference - point.created_at).total_seconds()))
        return Measured(achieved_s=age, target_s=target_s, state="unknown", basis=METADATA)
    return Measured(achieved_s=None, target_s=target_s, state="unknown", basis="nothing was restored")


def rto(took_ms: int | None, level: int | None, target_s: int | None) -> Measured:
    """Return how long it took until the highest level was proven; unknown where none was."""
    if took_ms is None or level is None:
        return Measured(achieved_s=None, target_s=target_s, state="unknown", basis="nothing was proven")
    achieved = -(-took_ms // 1000)
    return Measured(achieved_s=achieved, target_s=target_s, state=_against(achieved, target_s), basis=f"L{level}")


def clean_up(made: bool, left: Sequence[Left], trouble: Sequence[str]) -> CleanUp:
    """Return what was left behind: `trouble` says what could not be deleted or looked for."""
    if trouble:
        return CleanUp(state="failed")
    if any(item.until is None for item in left):
        return CleanUp(state="residue-unexpected")
    if left:
        return CleanUp(state="residue-expected", until=max(item.until for item in left if item.until))
    return CleanUp(state="clean" if made else "not-needed")


def _against(achieved: int, target: int | None) -> Literal["met", "missed", "unknown"]:
    if target is None:
        return "unknown"
    return "met" if achieved <= target else "missed"
