"""Has Site Recovery wake a machine's replica in a closed test network, looks at it, and has it cleared away again."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import msgspec

from audit.azure import Refused
from audit.drill_record import Isolation, Left, RecoveryPoint
from audit.drills import isolated_network as network
from audit.drills import machine_checks as checks
from audit.drills import replicas
from audit.drills.actor import Begun
from audit.drills.drill import Drill, Kind, Probe
from audit.drills.groups import claim
from audit.drills.outcomes import Failed, Inconclusive, NotRun

SITE, GROUP = "site-recovery", "sql-group"
_HEALTHY, _NONE, _CONFLICT = "Normal", "None", 409
_STEPS = (
    "see that replication is healthy, and that the test network is closed and has the subnets that are named",
    "have Site Recovery start the replica there, once",
    "see that it lies where it is promised, runs, and its agent answers; read the canary's time",
    "have Site Recovery clear the test away, with a note, and see that nothing of it is left",
)
_GROUP_STEPS = (
    "see that both servers of the failover group are in step",
    "fail over to the other region, prove that nothing written was lost, and fail back",
)


def _preflight(drill: Drill) -> None:
    """See that what would be tested is well, and that it would wake in a closed network."""
    found = replicas.of(drill)
    for one in found:
        if one.health != _HEALTHY:
            raise NotRun(f"its replication is not healthy: {one.health or 'nothing is told'}")
        if one.test != _NONE:
            raise NotRun(f"a test failover of it is not cleared away: {one.test or 'nothing is told'}")
        if one.region not in drill.settings.regions:
            raise NotRun(f"its replica is in {one.region or 'no known region'}, which is no promised region")
    path = _network(drill)
    subnets = _subnets(drill, path)
    # A subnet that is not there is silently replaced by the first of the network.
    # https://learn.microsoft.com/azure/site-recovery/site-recovery-test-failover-to-azure
    missing = {name for one in found for name in one.subnets} - set(subnets)
    if missing or not all(one.subnets for one in found):
        raise NotRun("the test network lacks a subnet that is named for it, and Azure would take another one")


def _select(drill: Drill) -> RecoveryPoint:
    """Choose the newest that is replicated: the oldest of all that is tested at once."""
    found = replicas.of(drill)
    if any(one.last is None for one in found):
        raise Inconclusive("how far its replica has come is not told")
    oldest = min(found, key=lambda one: cast(Any, one.last))
    return RecoveryPoint(id="latest processed", created_at=cast(Any, oldest.last), tier="replica")


def _isolate(drill: Drill) -> Isolation:
    """Hold the item, and prove that every subnet that is named for the test is closed."""
    claim(drill)
    path = _network(drill)
    found = replicas.of(drill)
    proofs = [
        network.proof(drill, f"{path}/subnets/{name}") for name in sorted({n for one in found for n in one.subnets})
    ]
    if not proofs:
        raise Inconclusive("no subnet is named for the test")
    if any(one.region and proofs[0].region != one.region for one in found):
        raise Inconclusive("the test network lies in another region than the replica")
    return proofs[0]


def _restore(drill: Drill, point: RecoveryPoint) -> Mapping[str, Any]:
    """Have the test made once, wait for its end, and see that every machine of it is alone."""
    act = f"{drill.item.id}/testFailover"

    def ask() -> Begun:
        return drill.actor.post(act, replicas.API, {"properties": replicas.request(drill, _network(drill))})

    asked = drill.begin("ask", ask, probe=lambda: replicas.begun(drill))
    told = drill.steps.do("job's end", lambda: replicas.ended(drill, asked))
    if told["state"] != "Succeeded":
        reason = f"the test failover ended as {told['state']} ({', '.join(told['codes']) or 'no code told'})"
        raise Inconclusive(reason) if told["elsewhere"] else Failed(3, reason)
    # Only now does Site Recovery tell what the machines of the test are called.
    named = drill.steps.do("replicas in the test", lambda: msgspec.to_builtins(replicas.now(drill)))
    found = msgspec.convert(named, tuple[replicas.Replica, ...])
    machines = [_awake(drill, number, one) for number, one in enumerate(found)]
    regions = {str(one["region"]) for one in machines}
    # Where they lie apart, the one that nobody promised decides.
    region = next((one for one in sorted(regions) if one not in drill.settings.regions), min(regions))
    return {"region": region, "job": told["job"], "machines": machines}


def _awake(drill: Drill, number: int, one: replicas.Replica) -> Mapping[str, Any]:
    """Read one machine of the test, and see that it is alone."""

    def look() -> Mapping[str, Any]:
        path = replicas.machine(drill, one)
        told = drill.actor.read(path, checks.COMPUTE)
        properties = told.get("properties") or {}
        interfaces = [str(nic["id"]) for nic in (properties.get("networkProfile") or {}).get("networkInterfaces") or ()]
        storage = properties.get("storageProfile") or {}
        disks = [storage.get("osDisk") or {}, *(storage.get("dataDisks") or ())]
        parts = [str((disk.get("managedDisk") or {}).get("id") or "") for disk in disks]
        system = str((storage.get("osDisk") or {}).get("osType") or one.system)
        left = [path, *interfaces, *filter(None, parts)]
        seen = {"region": network.place(told), "vm": path, "system": system, "interfaces": interfaces, "parts": left}
        return {**seen, "name": one.path.rpartition("/")[2].lower()}

    def alone() -> bool:
        if not seen["interfaces"] or not seen["region"]:
            raise Inconclusive("the interfaces of the test machine, or its region, cannot be seen")
        for nic in seen["interfaces"]:
            network.demand_alone(drill, nic)
            network.effective(drill, nic, running=True)
        return True

    seen = drill.steps.do(f"machine {number}", look)
    drill.steps.do(f"machine {number} alone", alone)
    return seen


def _probes(drill: Drill, point: RecoveryPoint, restored: Mapping[str, Any]) -> tuple[Probe, ...]:
    """Return the checks of every machine of the test, told apart by number where there are several."""
    found: list[Probe] = []
    for number, one in enumerate(restored["machines"]):
        name = "failover" if len(restored["machines"]) == 1 else f"failover.{number}"
        machine = checks.Machine(path=one["vm"], system=one["system"], name=one["name"])
        found += checks.probes(drill, name, machine, point)
    return tuple(found)


def _before_removal(drill: Drill) -> None:
    """Have the test cleared away, with a note, as soon as Site Recovery lets it; one never begun needs none."""
    if drill.steps.outcome("ask") is None:
        return
    note = {"properties": {"comments": f"drill {drill.begun.drill_id}, attempt {drill.begun.attempt}: done"}}
    asked: list[str] = []

    def look() -> bool | None:
        if all(one.test == _NONE for one in replicas.now(drill)):
            return True
        if not asked:
            try:
                asked.append(drill.actor.post(f"{drill.item.id}/testFailoverCleanup", replicas.API, note).operation)
            except Refused as refused:
                # While the test is still being made it cannot be cleared away; that passes.
                if refused.status != _CONFLICT:
                    raise
        return None

    drill.wait("that the test is cleared away", look, limit_s=drill.settings.removal_s)


def _residue(drill: Drill) -> tuple[Left, ...]:
    """List what is left of the test: machines, interfaces and disks that should be gone, and a test still open."""
    if drill.steps.outcome("ask") is None:
        return ()
    left = [
        Left(ref=one.path, type="test failover", reason=f"Site Recovery says {one.test or 'nothing'}")
        for one in replicas.now(drill)
        if one.test != _NONE
    ]
    for path in _made(drill):
        if drill.actor.found(path, replicas.api_of(path)) is not None:
            left.append(Left(ref=path, type="part of the test", reason="clearing away left it"))
    return tuple(left)


def _made(drill: Drill) -> list[str]:
    """Return what the test is known to have made; where it was not seen whole, the machines it would have made."""
    paths: list[str] = []
    for number, one in enumerate(replicas.of(drill)):
        seen = drill.steps.outcome(f"machine {number}")
        paths += seen.result["parts"] if seen and not seen.trouble else [replicas.machine(drill, one)]
    return paths


def _network(drill: Drill) -> str:
    """Return the path of the test network; raises `NotRun` where none is named."""
    named = str(drill.item.facts.get("network") or "") or next((one.network for one in replicas.of(drill)), "")
    if not named:
        raise NotRun("no test network is named for it")
    return named


def _subnets(drill: Drill, path: str) -> list[str]:
    return [str(subnet["name"]) for subnet in drill.actor.listed(f"{path}/subnets", network.NETWORK)]


def _group() -> Kind:
    """Return how a failover group of databases is drilled; it is read when it is asked for."""
    return cast(Kind, import_module("audit.drills.failover_group").PARTS)


def _of(drill: Drill) -> Kind:
    return _group() if drill.item.method == GROUP else _SITE


_POST = r"POST /subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\."
_VAULT = _POST + r"RecoveryServices/vaults/[^/]+/"
_ITEM = r"replicationFabrics/[^/]+/replicationProtectionContainers/[^/]+/replicationProtectedItems/[^/]+"
_TEST = r"(testFailover|testFailoverCleanup)"
# Site Recovery calls the machines of a test after their own names, with this ending.
_MACHINE = _POST + r"Compute/virtualMachines/[^/]+-test/runCommand"
_NIC = _POST + r"Network/networkInterfaces/[^/]+/(effectiveNetworkSecurityGroups|effectiveRouteTable)"
_SITE = Kind(
    name="failover",
    methods=(SITE,),
    steps={SITE: _STEPS},
    preflight=_preflight,
    select=_select,
    isolate=_isolate,
    restore=_restore,
    probes=_probes,
    before_removal=_before_removal,
    residue=_residue,
)
KIND = Kind(
    name="failover",
    methods=(SITE, GROUP),
    steps={SITE: _STEPS, GROUP: _GROUP_STEPS},
    preflight=lambda drill: _of(drill).preflight(drill),
    select=lambda drill: _of(drill).select(drill),
    isolate=lambda drill: _of(drill).isolate(drill),
    restore=lambda drill, point: _of(drill).restore(drill, point),
    probes=lambda drill, point, restored: _of(drill).probes(drill, point, restored),
    before_removal=lambda drill: _of(drill).before_removal(drill),
    residue=lambda drill: _of(drill).residue(drill),
    writes=(
        rf"{_VAULT}{_ITEM}/{_TEST}",
        rf"{_VAULT}replicationRecoveryPlans/[^/]+/{_TEST}",
        _MACHINE,
        _NIC,
        _POST + r"Sql/servers/[^/]+/failoverGroups/[^/]+/failover",
    ),
)
