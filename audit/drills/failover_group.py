"""Drills a failover group of SQL databases: it changes sides, nothing written is lost, and it changes back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from audit.azure import Refused
from audit.drill_record import Isolation, Left
from audit.drills import sql_manifest
from audit.drills.actor import TRANSIENT
from audit.drills.databases import Told
from audit.drills.drill import Database, Drill, Found, Kind, Probe
from audit.drills.group_sides import API, Sides, demand_ready, demand_window, in_step, role, seen, sides
from audit.drills.groups import claim
from audit.drills.outcomes import Failed, Inconclusive, NotRun
from audit.drills.steps import INTENT

METHOD = "sql-group"
_ASK, _CANARY, _SIDES = "ask for the failover", "write the canaries", "sides"
_NOT_THE_GROUPS = ("quota", "capacity", "authoriz", "notallowed", "throttl", "toomany", "conflict")
"""What in the code of a failover that failed speaks of something else than the group."""
_PASSING = (*TRANSIENT, 400, 409)
"""What Azure answers to one who asks too early, or when it has just been done."""
_UNSEEN = 900.0
"""Seconds for which is looked for a failover that may have been asked for by somebody who died."""
_READ_ONLY, _KNOWN = 3906, 2627
_STEPS = (
    "see that the group is at home, its partner in a promised region, and every database in step",
    "write a canary into every database",
    "have the partner take over as planned, without loss, once",
    "see that the roles changed, every canary is there, and writing goes to the new side by the group's own name",
    "fail back, and see that all is as it was before",
)


def _preflight(drill: Drill) -> None:
    """See that the group is as it should be: a group that is not at home, or behind, must not be moved."""
    if drill.means.database is None:
        raise NotRun("databases cannot be asked here")
    sql_manifest.demanded(drill.means)
    demand_window(drill)
    found = drill.steps.do(_SIDES, lambda: msgspec.to_builtins(sides(drill)))
    demand_ready(drill, msgspec.convert(found, Sides))


def _isolate(drill: Drill) -> Isolation:
    """Hold the group; nothing is copied, so nothing is apart from the world, and that is said."""
    claim(drill)
    of = _sides(drill)
    return Isolation(
        subscription=of.away.split("/")[2],
        region=of.region,
        residency_ok=of.region in drill.settings.regions,
        egress_denied=False,
        public_ip=True,
        peerings=0,
        proof=("production itself changes sides: nothing is copied",),
    )


def _restore(drill: Drill, point: Any) -> Mapping[str, Any]:
    """Write canaries, ask the partner once to take over, and wait until it has and all is in step again."""
    of = _sides(drill)
    if not _may_be_away(drill):
        # Whoever goes on for somebody who died comes later.
        demand_window(drill)
    drill.steps.do(_CANARY, lambda: _written(drill, of), probe=lambda: _was_written(drill, of))
    asked = drill.begin(
        _ASK,
        lambda: drill.actor.post(f"{of.away}/failover", API),
        probe=lambda: {"operation": ""} if role(drill, of.away) == "Primary" else None,
    )
    operation = str(asked["operation"])
    if operation:
        status, code, _ = drill.ended("the failover", operation)
        if status.lower() != "succeeded":
            told = f"the failover ended as {status} {code}".strip()
            other = any(word in code.lower() for word in _NOT_THE_GROUPS) or status.lower().startswith("cancel")
            raise Inconclusive(told) if other else Failed(3, told)
    drill.wait("that the partner has taken over", lambda: seen(drill, of, home="Secondary") or None)
    drill.wait("that the databases are in step again", lambda: in_step(drill, of.away, of.home) or None)
    return {"region": of.region, "job": operation.partition("?")[0].rpartition("/")[2]}


def _written(drill: Drill, of: Sides) -> Mapping[str, Any]:
    """Write a canary into every database, all of one time; returns it."""
    at = drill.clock.now().astimezone(UTC).replace(microsecond=0)
    for name in of.databases:
        database = _connected(drill, of.listener, name)
        try:
            sql_manifest.put_canary(database, drill.item, drill.means, at)
        except Told as told:
            # Whoever died in this very second wrote it.
            if told.number != _KNOWN:
                raise
        finally:
            database.close()
    return {"at": _spelt(at)}


def _was_written(drill: Drill, of: Sides) -> Mapping[str, Any] | None:
    """Return the time of the canaries that somebody who died has written; None where not all are of one time."""
    found = {_newest(drill, of.listener, name) for name in of.databases}
    at = found.pop() if len(found) == 1 else None
    return {"at": _spelt(at)} if at is not None and at >= drill.begun.clock.at.replace(microsecond=0) else None


def _probes(drill: Drill, point: Any, restored: Mapping[str, Any]) -> tuple[Probe, ...]:
    """Return the checks of a group that has changed sides."""
    of = _sides(drill)
    return (
        Probe(id="failover.roles", level=3, run=lambda: _roles(drill, of)),
        Probe(id="failover.links", level=4, run=lambda: _links(drill, of)),
        Probe(id="failover.canary", level=5, run=lambda: _canary(drill, of)),
        Probe(id="failover.listener", level=6, run=lambda: _listener(drill, of)),
    )


def _roles(drill: Drill, of: Sides) -> Found:
    """See on both sides which is which."""
    observed = {"home": role(drill, of.home), "away": role(drill, of.away)}
    if observed != {"home": "Secondary", "away": "Primary"}:
        return Found(result="fail", reason="the roles are not as they should be", observed=observed)
    return Found(result="pass", observed=observed)


def _links(drill: Drill, of: Sides) -> Found:
    """See that the new side copies back: without that there is no way home."""
    if not in_step(drill, of.away, of.home):
        return Found(result="fail", reason="the databases are not in step any more")
    return Found(result="pass", observed={"databases": len(of.databases)})


def _canary(drill: Drill, of: Sides) -> Found:
    """Read on the new primary what was written on the old one just before."""
    told: Mapping[str, Any] = drill.steps.do(_CANARY, lambda: _written(drill, of))
    wanted = _moment(str(told["at"]))
    server = of.away.split("/")[8]
    found = [_newest(drill, server, name) for name in of.databases]
    lost = sum(at is None or at < wanted for at in found)
    known = [at for at in found if at is not None]
    newest = min(known) if len(known) == len(found) else None
    observed = {"databases": len(found), "lost": lost}
    if lost:
        reason = f"{lost} of {len(found)} databases lost what was written before the failover"
        return Found(result="fail", reason=reason, observed=observed, newest=newest, basis="canary" if newest else "")
    return Found(result="pass", observed=observed, newest=newest, basis="canary")


def _listener(drill: Drill, of: Sides) -> Found:
    """Write by the group's own name, as programs do; its name leads to the other side a while later."""

    def look() -> bool | None:
        try:
            _written(drill, of)
        except Told as told:
            if told.number == _READ_ONLY:
                return None
            raise
        return True

    drill.wait("that the group's name leads to the new side", look, limit_s=drill.settings.check_s)
    return Found(result="pass", observed={"databases": len(of.databases)})


def _before_removal(drill: Drill) -> None:
    """Fail back, and see that all is as before; what may have been asked for and is not seen is waited for.

    A planned failover to a side that is already the primary is refused, so that asking again changes nothing.
    """
    if not _may_be_away(drill):
        return
    of = _sides(drill)
    _settled(drill, of)
    asked: list[str] = []

    def look() -> bool | None:
        if seen(drill, of, home="Primary"):
            return True if in_step(drill, of.home, of.away) else None
        if asked and asked[-1]:
            state = drill.actor.state(asked[-1])
            if state.ended and state.status.lower() != "succeeded":
                asked.clear()
        elif not asked:
            _ask_back(drill, of, asked)
        return None

    drill.wait("that the group is at home again", look, limit_s=drill.settings.removal_s)


def _ask_back(drill: Drill, of: Sides, asked: list[str]) -> None:
    try:
        asked.append(drill.actor.post(f"{of.home}/failover", API).operation)
    except Refused as refused:
        if refused.status not in _PASSING:
            raise


def _settled(drill: Drill, of: Sides) -> None:
    """Wait until a failover that was asked for has an end; raises `Inconclusive` where it has none."""
    told = drill.steps.outcome(_ASK)
    operation = str((told.result or {}).get("operation", "")) if told and not told.trouble else ""
    if operation:
        drill.ended("the failover", operation, limit_s=drill.settings.removal_s)
        return
    try:
        drill.wait("the failover", lambda: role(drill, of.away) == "Primary" or None, limit_s=_UNSEEN)
    except Inconclusive:
        # It was never begun: what was written down is that it might have been.
        return


def _may_be_away(drill: Drill) -> bool:
    """Tell whether a failover was asked for, and not refused."""
    asked = any(entry.type == INTENT and entry.body["step"] == _ASK for entry in drill.steps.entries)
    told = drill.steps.outcome(_ASK)
    refused = told is not None and told.status not in (*TRANSIENT, 0)
    return asked and not refused


def _residue(drill: Drill) -> tuple[Left, ...]:
    """Tell where the group is not as it was before."""
    if drill.steps.outcome(_SIDES) is None:
        return ()
    of, left = _sides(drill), []
    if not seen(drill, of, home="Primary"):
        left.append(Left(ref=drill.item.id, type="failover group", reason="it is not at home: fail it back"))
    if _may_be_away(drill) and not in_step(drill, of.home, of.away):
        left.append(Left(ref=drill.item.id, type="failover group", reason="its databases are not in step"))
    return tuple(left)


def _sides(drill: Drill) -> Sides:
    return msgspec.convert(drill.steps.do(_SIDES, lambda: msgspec.to_builtins(sides(drill))), Sides)


def _newest(drill: Drill, server: str, name: str) -> datetime | None:
    database = _connected(drill, server, name)
    try:
        return sql_manifest.newest_canary(database, drill.item, drill.means, limit_s=drill.settings.check_s)
    finally:
        database.close()


def _connected(drill: Drill, server: str, name: str) -> Database:
    if drill.means.database is None:
        raise Inconclusive("databases cannot be asked here")
    return drill.means.database(server, name)


def _spelt(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


PARTS = Kind(
    name="failover",
    methods=(METHOD,),
    steps={METHOD: _STEPS},
    preflight=_preflight,
    select=lambda drill: None,
    isolate=_isolate,
    restore=_restore,
    probes=_probes,
    before_removal=_before_removal,
    residue=_residue,
)
