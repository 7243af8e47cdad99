"""Takes a drill through its states: whatever happens on the way, what it made is taken away and the rest is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from audit.azure import Refused
from audit.drill_record import DrillRecord, Isolation, Left, RecoveryPoint
from audit.drills.drill import Drill, Found, Kind, Probe, region_of
from audit.drills.groups import demand_free
from audit.drills.outcomes import Failed, Inconclusive, NotRun, Stopped
from audit.drills.recording import ISOLATE, POINT, REMOVED, RESIDUE, RESTORE, Cleared, check_step, record, stopped_by
from audit.drills.states import State
from audit.drills.steps import STOPPED, Made

T = TypeVar("T")
_LATE = 60.0
"""Seconds after which what was asked for and never heard of has come to be, or will not."""


def run(kind: Kind, drill: Drill) -> DrillRecord:
    """Take a drill from where its journal stands to its end, and return its record.

    What ends it early (`Stopped`, `Refused`) is in the record. Anything else, such as an interruption or a full disk,
    leaves the journal for `resume`.
    """
    drill.steps.enter(State.PLANNED)
    if stopped_by(drill.steps.entries) is None:
        _stop_at(drill, lambda: _forward(kind, drill))
    stopped = stopped_by(drill.steps.entries)
    if stopped is not None:
        drill.steps.enter(State.FAILING if _to_clear(kind, drill) else State.ABORTED)
    if _to_clear(kind, drill):
        _tear_down(kind, drill)
    drill.steps.enter(State.ENDED)
    return record(drill.steps.entries)


def _to_clear(kind: Kind, drill: Drill) -> bool:
    """Tell whether anything was made, or may have been by hand."""
    return bool(drill.steps.made()) or (kind.by_hand and State.RESTORING in drill.steps.states())


def _stop_at(drill: Drill, go: Callable[[], None]) -> None:
    """Go on, and write down what stops it: after a crash it stops there again."""
    try:
        go()
    except Stopped as stopped:
        level = stopped.level if isinstance(stopped, Failed) else None
        # A kind has more exact ones of its own, such as a database's refusal.
        how = next(one.__name__ for one in (Failed, NotRun, Inconclusive) if isinstance(stopped, one))
        told = {"how": how, "reason": stopped.reason, "level": level}
        drill.steps.note(STOPPED, told)
    except Refused as refused:
        early = State.ISOLATING not in drill.steps.states()
        told = {"how": (NotRun if early else Inconclusive).__name__, "reason": str(refused), "level": None}
        drill.steps.note(STOPPED, told)


def _forward(kind: Kind, drill: Drill) -> None:
    """Go from the first state to the last check."""
    _preflight(kind, drill)
    drill.steps.enter(State.AUTHORISED)
    drill.steps.enter(State.SELECTED)
    point = _step(drill, POINT, RecoveryPoint | None, lambda: kind.select(drill))
    drill.steps.enter(State.ISOLATING)
    _demand_time(drill)
    apart = _step(drill, ISOLATE, Isolation | None, lambda: kind.isolate(drill))
    _demand_promised(drill, apart.region if apart else "", after=True)
    drill.steps.enter(State.ISOLATED)
    drill.steps.enter(State.RESTORING)
    restored = drill.steps.do(RESTORE, lambda: kind.restore(drill, point))
    drill.steps.enter(State.RESTORED)
    if apart and not restored.get("region"):
        raise Inconclusive("where the copy lies is not told")
    _demand_promised(drill, str(restored.get("region", "")), after=True)
    drill.steps.enter(State.VERIFYING)
    for probe in kind.probes(drill, point, restored):
        drill.steps.do(check_step(probe.id), lambda probe=probe: _checked(probe))  # type: ignore[misc]  # a default binds it
    drill.steps.enter(State.VERIFIED)


def _preflight(kind: Kind, drill: Drill) -> None:
    """See that nothing speaks against it, before anything is made."""
    drill.steps.enter(State.PREFLIGHT)
    _demand_promised(drill, drill.settings.region, after=False)
    if kind.in_azure:
        left = drill.steps.do("others", lambda: list(demand_free(drill)))
        if left:
            drill.steps.note("left over", {"groups": list(left)})
    drill.steps.do("preflight", lambda: kind.preflight(drill))


def _demand_promised(drill: Drill, region: str, *, after: bool) -> None:
    """Raise where data would lie, or lies, in a region that nobody promised."""
    if not region or region_of(region) in drill.settings.regions:
        return
    if after:
        raise Inconclusive(f"the copy lies in {region}, which is no promised region")
    raise NotRun(f"{region} is no promised region (geo.regions of targets.toml)")


def _demand_time(drill: Drill) -> None:
    """Raise where the sweeper may already take what is made."""
    if drill.clock.now() >= drill.settings.expires:
        raise Inconclusive("its time is over: the sweeper may take what it makes")


def _step(drill: Drill, name: str, shape: Any, act: Callable[[], Any]) -> Any:
    """Do a step whose result is one of the record's values."""
    return msgspec.convert(drill.steps.do(name, lambda: msgspec.to_builtins(act())), shape)


def _checked(probe: Probe) -> Mapping[str, Any]:
    """Run one check; where it cannot run, it proves nothing."""
    try:
        found = probe.run()
    except (Refused, Stopped) as trouble:
        reason = trouble.reason if isinstance(trouble, Stopped) else str(trouble)
        failed = isinstance(trouble, Failed)
        found = Found(result="fail" if failed else "not-run", reason=reason)
    return {"id": probe.id, "level": probe.level, **msgspec.to_builtins(found)}


def _tear_down(kind: Kind, drill: Drill) -> None:
    """Take away what was made, the last first, and see what is still there."""
    drill.steps.enter(State.TEARING_DOWN)
    cleared = drill.steps.do(REMOVED, lambda: msgspec.to_builtins(_cleared(kind, drill)))
    trouble = msgspec.convert(cleared, Cleared).trouble
    drill.steps.enter(State.CLEANUP_STUCK if trouble else State.TORN_DOWN)
    drill.steps.do(RESIDUE, lambda: msgspec.to_builtins(_residue(kind, drill)))
    drill.steps.enter(State.RESIDUE_CHECKED)


def _cleared(kind: Kind, drill: Drill) -> Cleared:
    trouble = []
    if why := _tried(lambda: kind.before_removal(drill)):
        trouble.append(why)
    if drill.steps.unsure():
        # What is not there yet cannot be deleted, and would come to be after nobody looks any more.
        drill.clock.sleep(_LATE)
    for made in outermost(drill.steps.made()):
        if why := _tried(lambda made=made: drill.remove(made.path, made.api)):  # type: ignore[misc]  # a default binds it
            trouble.append(why)
    return Cleared(trouble=tuple(trouble))


def _residue(kind: Kind, drill: Drill) -> Cleared:
    """Look once more for all that was made, and list what its kind knows to stay."""
    left: list[Left] = []
    trouble = []
    for made in drill.steps.made():
        try:
            if drill.actor.found(made.path, made.api) is not None:
                left.append(Left(ref=made.path, type=_type(made), reason="it is still there"))
        except Refused as refused:
            trouble.append(f"whether {made.path} is gone cannot be seen: {refused.why}")
    try:
        left += kind.residue(drill)
    except (Refused, Stopped) as error:
        trouble.append(f"what is left cannot be seen: {error}")
    return Cleared(left=tuple(left), trouble=tuple(trouble))


def _tried(act: Callable[[], None]) -> str:
    """Do something, and return why it could not be done; empty where it was."""
    try:
        act()
    except (Refused, Stopped) as error:
        return str(error)
    return ""


def outermost(made: tuple[Made, ...]) -> tuple[Made, ...]:
    """Return what must be deleted, the last made first: what lies in something else of these goes with it."""
    kept = [
        one
        for one in dict.fromkeys(reversed(made))
        if not any(one.path.lower().startswith(f"{other.path.lower()}/") for other in made)
    ]
    return tuple(kept)


def _type(made: Made) -> str:
    """Return the ARM type of a path, or that it is a group."""
    _, provider, rest = made.path.rpartition("/providers/")
    if not provider:
        return "resource group"
    namespace, *steps = rest.split("/")
    return "/".join((namespace, *steps[::2]))
