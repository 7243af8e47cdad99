"""Makes the record of a drill from its journal alone, so that anybody can make it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import msgspec

from audit.drill_record import (
    Check,
    Document,
    DrillRecord,
    DrillVerdict,
    ErasureReplay,
    Isolation,
    Item,
    Left,
    Measured,
    Phase,
    RecoveryPoint,
)
from audit.drills import verdicts
from audit.drills.drill import Beginning, Found, region_of
from audit.drills.outcomes import Failed, Inconclusive, NotRun, Stopped
from audit.drills.states import State
from audit.drills.steps import BEGUN, INTENT, OUTCOME, STATE, STOPPED, Intent, Outcome, StateLine
from audit.drills.time import Reading, is_backwards, span
from audit.journal import Entry
from audit.model import AuditError

POINT, ISOLATE, RESTORE, REMOVED, RESIDUE = "point", "isolation", "restore", "removal", "residue"
"""The steps whose results the record holds."""
REPLAYED = "erasure.replayed"
"""The check whose counts are the record's `erasure_replay`."""
_CHECK = "check "
_STOPS: dict[str, type[Stopped]] = {kind.__name__: kind for kind in (NotRun, Inconclusive)}
_PHASES = (
    (State.PREFLIGHT, "preflight", (State.AUTHORISED,)),
    (State.SELECTED, "select", (State.ISOLATING,)),
    (State.ISOLATING, "isolate", (State.ISOLATED,)),
    (State.RESTORING, "restore", (State.RESTORED,)),
    (State.VERIFYING, "verify", (State.VERIFIED,)),
    (State.TEARING_DOWN, "tear down", (State.TORN_DOWN,)),
    (State.TORN_DOWN, "look for residue", (State.RESIDUE_CHECKED,)),
    (State.CLEANUP_STUCK, "look for residue", (State.RESIDUE_CHECKED,)),
)
"""The state with which a phase begins, its name, and the states that follow where it went well."""


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    """What came of clearing away, or of looking for what is left."""

    left: tuple[Left, ...] = ()
    trouble: tuple[str, ...] = ()


class _Checked(Found, frozen=True, kw_only=True):
    """The result of a check's step."""

    id: str
    level: int


def check_step(identity: str) -> str:
    """Return the name of a check's step."""
    return f"{_CHECK}{identity}"


def beginning(entries: Sequence[Entry]) -> Beginning:
    """Return the first line of a drill's journal; raises `AuditError` where it is no drill's."""
    try:
        return next(msgspec.convert(entry.body, Beginning) for entry in entries if entry.type == BEGUN)
    except (StopIteration, msgspec.ValidationError) as error:
        raise AuditError("the journal is no drill's: its first line is missing. Name a drill's folder.") from error


def stopped_by(entries: Iterable[Entry]) -> Stopped | None:
    """Return what ended a drill early, None where nothing did."""
    told = next((entry.body for entry in entries if entry.type == STOPPED), None)
    if told is None:
        return None
    if told["how"] == Failed.__name__:
        return Failed(told["level"], told["reason"])
    return _STOPS[told["how"]](told["reason"])


def record(entries: Sequence[Entry]) -> DrillRecord:
    """Return the record of a drill that came to its end; raises `AuditError` for the journal of something else."""
    begun, outcomes = beginning(entries), {line.step: line for line in _lines(entries, OUTCOME, Outcome)}
    point = _result(outcomes, POINT, RecoveryPoint | None)
    left, trouble = _left(outcomes)
    made = any(line.makes or line.step == REMOVED for line in _lines(entries, INTENT, Intent))
    checked = _checked(entries, outcomes)
    checks = tuple(check for check, _ in checked)
    found = verdicts.recoverability(checks, stopped_by(entries))
    return DrillRecord(
        schema="promise-audit/drill-record/1",
        drill_id=begun.drill_id,
        attempt=begun.attempt,
        plan=begun.plan,
        commitments=begun.recoverable.commitments,
        proves=begun.recoverable.proves,
        item=_item(begun),
        population=begun.population,
        recovery_point=point,
        isolation=_isolation(begun, outcomes),
        phases=tuple(_phases(entries, outcomes)),
        checks=checks,
        verdict=DrillVerdict(
            recoverability=found,
            rpo=_rpo(begun, point, checked, outcomes),
            rto=_rto(begun, found.level if found.state == "proven" else None, checked, outcomes),
            cleanup=verdicts.clean_up(made, left, trouble),
        ),
        residue=(*left, *(Left(ref=begun.recoverable.ref, type="clean-up", reason=why) for why in trouble)),
        operator=begun.operator,
        tool=Document(ref=begun.product, sha256=begun.tool_digest),
        erasure_replay=_replay(checks),
        negative_control=bool(begun.recoverable.negative),
        began=begun.clock.at,
        ended=_ended(entries),
        journal_entries=len(entries),
        journal_head=entries[-1].hash,
    )


def _item(begun: Beginning) -> Item:
    item = begun.recoverable
    return Item(
        kind=item.kind, method=item.method, ref=item.ref, customer=item.customer, tier=item.tier, bytes=item.bytes
    )


def _isolation(begun: Beginning, outcomes: dict[str, Outcome]) -> Isolation | None:
    """Return where the copy lay; whether that was promised is asked again of what was restored."""
    told = outcomes.get(ISOLATE)
    if told is None or told.trouble or told.result is None:
        return None
    found = msgspec.convert(told.result, Isolation)
    restored = outcomes.get(RESTORE)
    region = (restored.result or {}).get("region", "") if restored and not restored.trouble else ""
    promised = all(region_of(place) in begun.settings.regions for place in (found.region, region or found.region))
    return msgspec.structs.replace(found, residency_ok=found.residency_ok and promised)


def _checked(entries: Sequence[Entry], outcomes: dict[str, Outcome]) -> tuple[tuple[Check, _Checked], ...]:
    began = {line.step: line.clock for line in _lines(entries, INTENT, Intent)}
    found = []
    for step, line in outcomes.items():
        if step.startswith(_CHECK) and not line.trouble:
            told = msgspec.convert(line.result, _Checked)
            found.append((_check(told, began[step], line.clock), told))
    return tuple(found)


def _check(told: _Checked, began: Reading, ended: Reading) -> Check:
    return Check(
        id=told.id,
        level=told.level,
        result=told.result,  # type: ignore[arg-type]  # a kind's check says one of the three words
        reason=told.reason,
        observed=told.observed,
        expected=told.expected,
        duration_ms=span(began, ended).ms,
    )


def _replay(checks: Iterable[Check]) -> ErasureReplay | None:
    """Return what came of erasing again who was erased, None where it was not done."""
    told = next((check.observed for check in checks if check.id == REPLAYED and "found_after" in check.observed), None)
    return ErasureReplay(ledger_keys=told["ledger_keys"], found_after=told["found_after"]) if told else None


def _rpo(
    begun: Beginning,
    point: RecoveryPoint | None,
    checked: Sequence[tuple[Check, _Checked]],
    outcomes: dict[str, Outcome],
) -> Any:
    """Return the age of the newest content: of a canary where one was found, else of a transaction."""
    if "rpo" not in begun.recoverable.measures:
        return Measured(achieved_s=None, target_s=None, state="not-applicable", basis="nothing is restored")
    found = sorted(
        ((told.basis != verdicts.CANARY, -told.newest.timestamp(), told) for _, told in checked if told.newest),
        key=lambda entry: entry[:2],
    )
    target = begun.recoverable.rpo_s
    if not found:
        return verdicts.rpo(begun.clock.at, None, "", point, target)
    told = found[0][2]
    seen = outcomes[check_step(told.id)].clock.at
    return verdicts.rpo(begun.clock.at, told.newest, told.basis, point, target, seen=seen)


def _rto(
    begun: Beginning,
    level: int | None,
    checked: Sequence[tuple[Check, _Checked]],
    outcomes: dict[str, Outcome],
) -> Any:
    """Return the time from the decision to the first success of the highest level that was proven."""
    first = next((check.id for check, _ in checked if check.level == level and check.result == "pass"), None)
    ended = outcomes[check_step(first)].clock if first else None
    took = span(begun.clock, ended).ms if ended and not is_backwards(begun.clock, ended) else None
    return verdicts.rto(took, level, begun.recoverable.rto_s)


def _phases(entries: Sequence[Entry], outcomes: dict[str, Outcome]) -> Iterator[Phase]:
    states = _lines(entries, STATE, StateLine)
    for line, after in pairwise(states):
        for state, name, well in _PHASES:
            if line.state == state:
                took = span(line.clock, after.clock)
                yield Phase(
                    name=name,
                    began=line.clock.at,
                    ended=after.clock.at,
                    duration_ms=took.ms,
                    skew_ms=took.skew_ms,
                    job=_job(outcomes) if name == RESTORE else "",
                    outcome="ok" if after.state in well else "stopped",
                )


def _job(outcomes: dict[str, Outcome]) -> str:
    """Return the service's own name for the restore, empty where it said none."""
    told = outcomes.get(RESTORE)
    return str((told.result or {}).get("job", "")) if told and not told.trouble else ""


def _left(outcomes: dict[str, Outcome]) -> tuple[tuple[Left, ...], tuple[str, ...]]:
    """Return what is left, and what could not be cleared or seen."""
    found = [cleared for step in (REMOVED, RESIDUE) if (cleared := _result(outcomes, step, Cleared)) is not None]
    return tuple(left for one in found for left in one.left), tuple(why for one in found for why in one.trouble)


def _result(outcomes: dict[str, Outcome], step: str, shape: Any) -> Any:
    told = outcomes.get(step)
    return None if told is None or told.trouble else msgspec.convert(told.result, shape)


def _ended(entries: Sequence[Entry]) -> datetime:
    return entries[-1].at


def _lines(entries: Iterable[Entry], kind: str, shape: type[Any]) -> list[Any]:
    return [msgspec.convert(entry.body, shape) for entry in entries if entry.type == kind]
