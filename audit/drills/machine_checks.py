"""What is checked of a machine that came back: it runs, it answers, its files and its canary are those that were."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from audit.drill_record import RecoveryPoint
from audit.drills import machine_script as script
from audit.drills.drill import Drill, Found, Means, Probe
from audit.drills.outcomes import Inconclusive, shaped

COMPUTE = script.COMPUTE
_AFTER = timedelta(minutes=5)
"""How much later than its time a point may hold content: Azure notes the moment at which the snapshot began."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that came back."""

    path: str
    system: str
    """`Windows`, `Linux` or empty where it is not known."""
    name: str = ""
    """By which a manifest of several machines tells them apart."""


class _File(msgspec.Struct, frozen=True):
    """A file of the manifest."""

    path: str
    sha256: str
    """Keyed: see `keyed`."""
    size: int


class _Manifest(msgspec.Struct, frozen=True):
    """What was prepared for a machine."""

    files: tuple[_File, ...] = ()
    services: tuple[str, ...] = ()
    made_at: datetime | None = None
    machines: Mapping[str, _Manifest] = {}
    """Those of several machines that are failed over together, by their names."""


class _Canary(msgspec.Struct, frozen=True):
    at: datetime
    digest: str


class _Canaries(msgspec.Struct, frozen=True):
    canaries: tuple[_Canary, ...] = ()


def probes(drill: Drill, kind: str, machine: Machine, point: RecoveryPoint | None) -> tuple[Probe, ...]:
    """Return the checks of a machine, by the name of the kind of drill; those of services only where one is named."""
    found = [
        Probe(id=f"{kind}.running", level=3, run=lambda: running(drill, machine)),
        Probe(id=f"{kind}.heartbeat", level=4, run=lambda: heartbeat(drill, machine)),
        Probe(id=f"{kind}.files", level=5, run=lambda: files(drill, machine, point)),
        Probe(id=f"{kind}.canary", level=5, run=lambda: canary(drill, machine, point)),
    ]
    if _named_services(drill, machine):
        found.append(Probe(id=f"{kind}.services", level=6, run=lambda: services(drill, machine)))
    return tuple(found)


def running(drill: Drill, machine: Machine) -> Found:
    """Check that the machine has power."""
    return _comes_to(drill, machine, _power, "running")


def heartbeat(drill: Drill, machine: Machine) -> Found:
    """Check that the agent inside says it is ready, and that no error of starting is told."""
    found = _comes_to(drill, machine, _agent, "ready")
    view = _view(drill, machine)
    trouble = str(((view.get("bootDiagnostics") or {}).get("status") or {}).get("code", ""))
    if found.result == "pass" and trouble and "error" in trouble.lower():
        return Found(result="fail", reason="the diagnostics of its start tell an error", observed=found.observed)
    return found


def files(drill: Drill, machine: Machine, point: RecoveryPoint | None) -> Found:
    """Check that the files of the manifest came back as they were."""
    manifest = _manifest(drill, machine)
    if not manifest.files:
        return Found(result="not-run", reason="no manifest was prepared")
    if not drill.means.key:
        return Found(result="not-run", reason="the key of the manifest's digests is not there")
    if point is not None and (manifest.made_at is None or manifest.made_at > point.created_at):
        return Found(result="not-run", reason="the manifest is younger than the recovery point")
    seen = _seen(drill, machine, manifest.files)
    same = sum(_same(drill.means, wanted, seen[index]) for index, wanted in enumerate(manifest.files))
    missing = sum(found is None for found in seen.values())
    observed, expected = {"files": len(seen), "same": same, "missing": missing}, {"same": len(manifest.files)}
    if same == len(manifest.files):
        return Found(result="pass", observed=observed, expected=expected)
    reason = f"{same} of {len(manifest.files)} files are as they were, {missing} are missing"
    return Found(result="fail", reason=reason, observed=observed, expected=expected)


def canary(drill: Drill, machine: Machine, point: RecoveryPoint | None) -> Found:
    """Check that the newest canary of before the recovery point came back; an older one tells how much is lost."""
    told = canaries(drill)
    if not told:
        return Found(result="not-run", reason="no canary was prepared")
    limit = point.created_at if point else drill.begun.clock.at
    newest = max((one.at for one in told if one.at <= limit), default=None)
    if newest is None:
        return Found(result="not-run", reason="no canary was written before the recovery point")
    seen = script.read_canary(_ran(drill, machine, script.canary(machine.system)))
    if seen is None:
        return Found(result="fail", reason="no canary came back")
    return judged(told, seen.at, seen.digest, newest=newest, limit=limit)


def judged(told: Sequence[_Canary], at: datetime, digest: str, *, newest: datetime, limit: datetime) -> Found:
    """Judge a canary that came back: it must be one of ours, and the newest of before the recovery point."""
    if not any(one.at == at and hmac.compare_digest(one.digest, digest) for one in told):
        return Found(result="fail", reason="the canary that came back is none that was written")
    observed, expected = {"at": at.isoformat()}, {"at": newest.isoformat()}
    if at > limit + _AFTER:
        reason = "the canary that came back is younger than the recovery point"
        return Found(result="fail", reason=reason, observed=observed, expected=expected)
    told_by: dict[str, Any] = {"observed": observed, "expected": expected, "newest": at, "basis": "canary"}
    if at < newest:
        minutes = -(-round((newest - at).total_seconds()) // 60)
        reason = f"the newest canary is {minutes} minutes older than the one that the point must hold"
        return Found(result="fail", reason=reason, **told_by)
    return Found(result="pass", **told_by)


def services(drill: Drill, machine: Machine) -> Found:
    """Check that the services run that the manifest names."""
    names = _named_services(drill, machine)
    states = script.read_services(_ran(drill, machine, script.services(machine.system, names)), len(names))
    up = sum(state == "running" for state in states.values())
    observed, expected = {"running": up}, {"running": len(names)}
    if up == len(names):
        return Found(result="pass", observed=observed, expected=expected)
    reason = f"{up} of {len(names)} services run"
    return Found(result="fail", reason=reason, observed=observed, expected=expected)


def canaries(drill: Drill) -> tuple[_Canary, ...]:
    """Return the canaries that were written, empty where none were; raises `Inconclusive` where they cannot be read."""
    found: _Canaries = shaped(prepared(drill, "canaries"), _Canaries, "canaries")
    return found.canaries


def prepared(drill: Drill, what: str) -> Mapping[str, Any]:
    """Return what was prepared, empty where nothing was; raises `Inconclusive` where it is not as it was signed."""
    return (drill.means.manifest(drill.item.ref, what) if drill.means.manifest else None) or {}


def keyed(means: Means, text: str) -> str:
    """Return a text's digest under the company's key: without the key nobody can try what it may have been."""
    return hmac.new(means.key, text.encode(), "sha256").hexdigest()


def _same(means: Means, wanted: _File, found: script.FileSeen | None) -> bool:
    return (
        found is not None
        and found.size == wanted.size
        and hmac.compare_digest(keyed(means, found.sha256), wanted.sha256)
    )


def _seen(drill: Drill, machine: Machine, wanted: Sequence[_File]) -> dict[int, script.FileSeen | None]:
    """Digest the files inside the machine, as many at once as an answer has room for."""
    seen: dict[int, script.FileSeen | None] = {}
    for first in range(0, len(wanted), script.AT_ONCE):
        some = wanted[first : first + script.AT_ONCE]
        lines = script.files(machine.system, [one.path for one in some], first)
        seen |= script.read_files(_ran(drill, machine, lines), len(some))
    if set(seen) != set(range(len(wanted))):
        raise Inconclusive("the script told of other files than it was asked for")
    return seen


def _ran(drill: Drill, machine: Machine, lines: Sequence[str]) -> str:
    means, limit = drill.means, drill.settings.check_s
    return script.run(means.actor, means.clock, machine.path, machine.system, lines, limit_s=limit)


def _comes_to(drill: Drill, machine: Machine, state: Callable[[Mapping[str, Any]], str], wanted: str) -> Found:
    """Wait until a machine comes to a state; one that was seen in another to the end fails."""
    seen: list[str] = []

    def look() -> str | None:
        seen.clear()
        seen.append(state(_view(drill, machine)))
        return seen[0] if seen[0].lower() == wanted else None

    try:
        drill.wait(f"that it is {wanted}", look, limit_s=drill.settings.check_s)
    except Inconclusive:
        if not seen:
            raise
        told = seen[0] or "nothing"
        reason = f"it did not come to be {wanted}: it says {told}"
        return Found(result="fail", reason=reason, observed={"state": told}, expected={"state": wanted})
    return Found(result="pass", observed={"state": wanted}, expected={"state": wanted})


def _view(drill: Drill, machine: Machine) -> Mapping[str, Any]:
    """Read how a machine is: https://learn.microsoft.com/rest/api/compute/virtual-machines/instance-view."""
    return drill.actor.read(f"{machine.path}/instanceView", COMPUTE)


def _power(view: Mapping[str, Any]) -> str:
    codes = (str(status.get("code", "")) for status in view.get("statuses") or ())
    return next((code.partition("/")[2] for code in codes if code.lower().startswith("powerstate/")), "")


def _agent(view: Mapping[str, Any]) -> str:
    statuses = (view.get("vmAgent") or {}).get("statuses") or ()
    words = [str(status.get("displayStatus", "")) for status in statuses]
    return "Ready" if "Ready" in words else next((word for word in words if word), "")


def _named_services(drill: Drill, machine: Machine) -> tuple[str, ...]:
    """Return the services that the manifest names, none where it cannot be read: the check of files says so."""
    try:
        return _manifest(drill, machine).services
    except Inconclusive:
        return ()


def _manifest(drill: Drill, machine: Machine) -> _Manifest:
    """Return what was prepared of a machine, empty where nothing was; raises `Inconclusive` where it cannot be read."""
    found: _Manifest = shaped(prepared(drill, "manifest"), _Manifest, "manifest")
    if not found.machines:
        return found
    # One that was prepared with others, and is not among them, was not prepared.
    own = found.machines.get(machine.name, _Manifest())
    return msgspec.structs.replace(own, made_at=found.made_at)
