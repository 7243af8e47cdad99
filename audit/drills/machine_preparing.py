"""What is written down of a machine while it is well: its files' digests and a canary that a later drill looks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from audit.drills import machine_checks as checks
from audit.drills import machine_script as script
from audit.drills import replicas
from audit.drills.drill import Means, Recoverable
from audit.drills.outcomes import Inconclusive, NotRun

_LIMIT = 3600
WRITES = (
    r"POST /subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Compute/virtualMachines/[^/]+/runCommand",
)
"""What preparing does in production: it runs a script inside the machine."""


def prepare(item: Recoverable, means: Means) -> Mapping[str, Any]:
    """Return the manifest of a machine: the keyed digests of the files that its `facts` name, and its services.

    Raises `Refused`, `NotRun` where no file or no key is there, and `Inconclusive` where a file is missing.
    """
    system, paths = _system(item), [str(path) for path in item.facts.get("files") or ()]
    if not paths or not means.key:
        raise NotRun("the machine's facts name no files to digest, or there is no key to digest them with")
    found = []
    for first in range(0, len(paths), script.AT_ONCE):
        some = paths[first : first + script.AT_ONCE]
        text = _ran(item, means, system, script.files(system, some, first))
        seen = script.read_files(text, len(some))
        found += [_told(means, path, seen.get(index)) for index, path in enumerate(some, first)]
    return {"files": found, "services": [str(name) for name in item.facts.get("services") or ()]}


def canary(item: Recoverable, means: Means, at: datetime) -> Mapping[str, Any]:
    """Write a canary into a machine in production, and return what the list of canaries needs to know of it.

    Raises `Refused`, `NotRun` where there is no key, and `Inconclusive` where it is not read back.
    """
    if not means.key:
        raise NotRun("there is no key to make a canary with")
    moment = at.astimezone(UTC).replace(microsecond=0)
    spelt = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    digest, system = checks.keyed(means, f"{item.ref} {spelt}"), _system(item)
    seen = script.read_canary(_ran(item, means, system, script.write_canary(system, spelt, digest)))
    if seen is None or (seen.at, seen.digest) != (moment, digest):
        raise Inconclusive("the canary that was written is not the one that is read")
    return {"id": f"{item.ref}-{moment:%Y%m%dT%H%M%SZ}", "at": spelt, "digest": digest}


def prepare_failover(item: Recoverable, means: Means) -> Mapping[str, Any]:
    """Return the manifests of the machines that are failed over together; raises as `prepare` does."""
    found = replicas.sources(means.actor, item.id)
    return {"machines": {one.name: prepare(_source(item, one), means) for one in found}}


def canary_failover(item: Recoverable, means: Means, at: datetime) -> Mapping[str, Any]:
    """Write one canary into every machine that is failed over; raises as `canary` does, and `NotRun` without any."""
    told = [canary(_source(item, one), means, at) for one in replicas.sources(means.actor, item.id)]
    if not told:
        raise NotRun("the recovery plan holds no machine")
    return told[0]


def _source(item: Recoverable, one: replicas.Source) -> Recoverable:
    """Return a machine in production, by the item's reference."""
    return msgspec.structs.replace(item, id=one.machine, facts={**item.facts, "system": one.system})


def _told(means: Means, path: str, seen: script.FileSeen | None) -> Mapping[str, Any]:
    if seen is None:
        raise Inconclusive("a file that the machine's facts name is not there")
    return {"path": path, "sha256": checks.keyed(means, seen.sha256), "size": seen.size}


def _ran(item: Recoverable, means: Means, system: str, lines: list[str]) -> str:
    return script.run(means.actor, means.clock, item.id, system, lines, limit_s=_LIMIT)


def _system(item: Recoverable) -> str:
    return str(item.facts.get("system") or "Windows")
