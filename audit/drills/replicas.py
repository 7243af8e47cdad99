"""The replicas that Site Recovery keeps: how they are, where a test of them wakes, and how a test stands.

https://learn.microsoft.com/rest/api/site-recovery/replication-protected-items
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from audit.drills import isolated_network as network
from audit.drills import machine_checks as checks
from audit.drills.actor import Actor
from audit.drills.drill import Drill
from audit.drills.machine_points import instant
from audit.drills.outcomes import NotRun
from audit.drills.restore_jobs import elsewhere

API = "2024-10-01"
_DISK = "2024-03-02"
_PLAN = "/replicationrecoveryplans/"
_ENDED = ("succeeded", "failed", "cancelled", "suspended", "completedwitherrors", "completedwithwarnings")
_SKEW = timedelta(minutes=5)


class Replica(msgspec.Struct, frozen=True, kw_only=True):
    """One replicated machine."""

    path: str
    health: str
    test: str
    """Site Recovery's word for the state of its test failover, `None` without one."""
    region: str
    group: str
    """The path of the resource group in which its replica wakes."""
    name: str
    """What the machine of a test is called."""
    system: str
    network: str
    subnets: tuple[str, ...]
    last: datetime | None
    """Up to when it is replicated."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One machine in production that is replicated."""

    name: str
    """The name of the replicated item, in lower case."""
    machine: str
    system: str


def of(drill: Drill) -> tuple[Replica, ...]:
    """Return the replicas that are tested, as they were when they were first looked at; raises `Refused`."""
    told = drill.steps.do("replicas", lambda: msgspec.to_builtins(now(drill)))
    return msgspec.convert(told, tuple[Replica, ...])


def now(drill: Drill) -> tuple[Replica, ...]:
    """Return the replicas that are tested, as they are now; raises `Refused`, `NotRun` for a plan without any."""
    found = tuple(_replica(drill.actor.read(path, API)) for path in _items(drill.actor, drill.item.id))
    if not found:
        raise NotRun("the recovery plan holds no machine")
    return found


def request(drill: Drill, test_network: str) -> Mapping[str, Any]:
    """Return what is asked of a test failover into a network."""
    told: dict[str, Any] = {"failoverDirection": "PrimaryToRecovery", "networkType": "VmNetworkAsInput"}
    details: Any = {"instanceType": "A2A"}
    if _is_plan(drill):
        details = [{**details, "recoveryPointType": "LatestProcessed"}]
    return {**told, "networkId": test_network, "providerSpecificDetails": details}


def begun(drill: Drill) -> Mapping[str, Any] | None:
    """Find the test failover that somebody asked for who died; None where there is none."""
    job = _job(drill)
    return {"operation": "", "job": str(job["name"])} if job else None


def ended(drill: Drill, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Wait for the end of the test's job; returns its state, its id and the codes of its errors, none of their words.

    Raises `Inconclusive` where it is not in time.
    """

    def look() -> Mapping[str, Any] | None:
        job = (
            drill.actor.read(f"{_vault(drill)}/replicationJobs/{asked['job']}", API)
            if asked.get("job")
            else _job(drill)
        )
        about = (job or {}).get("properties") or {}
        if job is None or str(about.get("state", "")).lower() not in _ENDED:
            return None
        errors = [one.get("serviceErrorDetails") or {} for one in about.get("errors") or ()]
        words = " ".join(f"{error.get('code', '')} {error.get('message', '')}" for error in errors)
        codes = [str(error["code"]) for error in errors if str(error.get("code", "")).isalnum()]
        state = str(about["state"])
        blameless = elsewhere(words) or state.lower() in ("cancelled", "suspended")
        return {"state": state, "job": str(job["name"]), "codes": codes, "elsewhere": blameless}

    return drill.wait("test failover", look)


def machine(drill: Drill, replica: Replica) -> str:
    """Return the path of the machine that a test makes of a replica."""
    return f"{replica.group}/providers/Microsoft.Compute/virtualMachines/{replica.name}"


def api_of(path: str) -> str:
    """Return the version by which a part of a test is read."""
    kinds = {"/disks/": _DISK, "/networkinterfaces/": network.NETWORK}
    return next((api for kind, api in kinds.items() if kind in path.lower()), checks.COMPUTE)


def _replica(item: Mapping[str, Any]) -> Replica:
    about = item.get("properties") or {}
    details = about.get("providerSpecificDetails") or {}
    own = str(details.get("recoveryAzureVMName") or about.get("friendlyName") or "")
    return Replica(
        path=str(item["id"]),
        health=str(about.get("replicationHealth") or ""),
        test=str(about.get("testFailoverState") or ""),
        region=_spelt(details.get("recoveryFabricLocation")),
        group=str(details.get("recoveryAzureResourceGroupId") or ""),
        name=str(details.get("tfoAzureVMName") or "") or f"{own}-test",
        system=str(details.get("osType") or ""),
        network=str(details.get("selectedTfoAzureNetworkId") or ""),
        subnets=tuple(sorted(set(_subnets(details)))),
        last=_last(details),
    )


def _subnets(details: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the subnets that a test takes: those for tests, else those for a failover."""
    for nic in details.get("vmNics") or ():
        for address in nic.get("ipConfigs") or ():
            yield str(address.get("tfoSubnetName") or address.get("recoverySubnetName") or "")


def _last(details: Mapping[str, Any]) -> datetime | None:
    """Return up to when it is replicated, None where that is not told."""
    seen, behind = instant(details.get("lastRpoCalculatedTime")), details.get("rpoInSeconds")
    return seen - timedelta(seconds=int(behind)) if seen is not None and behind is not None else None


def sources(actor: Actor, identity: str) -> tuple[Source, ...]:
    """Return the machines in production that an item or a plan replicates; raises `Refused`."""
    found = []
    for path in _items(actor, identity):
        details = (actor.read(path, API).get("properties") or {}).get("providerSpecificDetails") or {}
        machine, system = str(details.get("fabricObjectId") or ""), str(details.get("osType") or "Windows")
        found.append(Source(name=path.rpartition("/")[2].lower(), machine=machine, system=system))
    return tuple(found)


def _items(actor: Actor, identity: str) -> list[str]:
    """Return the paths of the items that are tested: one, or those of a plan."""
    if _PLAN not in identity.lower():
        return [identity]
    groups = (actor.read(identity, API).get("properties") or {}).get("groups") or ()
    return [str(one["id"]) for group in groups for one in group.get("replicationProtectedItems") or ()]


def _job(drill: Drill) -> Mapping[str, Any] | None:
    """Return the newest test failover of this item since the drill began; None where there is none."""
    found = []
    for job in drill.actor.listed(f"{_vault(drill)}/replicationJobs", API):
        about = job.get("properties") or {}
        began = instant(about.get("startTime"))
        recent = began is not None and began >= drill.begun.clock.at - _SKEW
        # The cleaning up of a test is a job of another name.
        if recent and str(about.get("scenarioName", "")).lower() == "testfailover" and _about(drill, about):
            found.append((began, job))
    return max(found, key=lambda pair: str(pair[0]))[1] if found else None


def _about(drill: Drill, job: Mapping[str, Any]) -> bool:
    """Tell whether a job is about what is tested: by its id or its last part."""
    target, own = str(job.get("targetObjectId", "")).lower(), drill.item.id.lower()
    return bool(target) and target in (own, own.rpartition("/")[2])


def _vault(drill: Drill) -> str:
    """Return the path of the vault; raises `NotRun` where the item lies in none."""
    for step in ("/replicationfabrics/", _PLAN):
        vault, found, _ = drill.item.id.lower().partition(step)
        if found:
            return drill.item.id[: len(vault)]
    raise NotRun("the id names no replicated machine and no recovery plan")


def _is_plan(drill: Drill) -> bool:
    return _PLAN in drill.item.id.lower()


def _spelt(region: Any) -> str:
    return str(region or "").replace(" ", "").lower()
