"""Drills a SQL database: it is restored under another name or elsewhere, checked by its engine, and dropped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from audit.drill_record import Isolation, Left, RecoveryPoint
from audit.drills import sql_checks, sql_points
from audit.drills.actor import TRANSIENT
from audit.drills.drill import Drill, Kind, region_of
from audit.drills.groups import claim
from audit.drills.outcomes import Failed, Inconclusive, NotRun
from audit.drills.recording import RESTORE
from audit.drills.sql_checks import PROTECTOR
from audit.drills.sql_manifest import demanded, place
from audit.drills.sql_points import API, DROPPED, GEO, LONG, POINT
from audit.drills.steps import Made

_LOCKS = "2020-05-01"
"""https://learn.microsoft.com/rest/api/resources/management-locks"""
_COMING = ("creating", "restoring", "copying", "recovering")
_NOT_THE_BACKUPS = ("quota", "capacity", "authoriz", "notallowed", "provisioning", "throttl", "toomany", "subscription")
"""What in the code of a failed restore speaks of something else than the backup."""
_OUR_KEY = "AzureKeyVault"
_SHORTEN = "shorten the retention"
_KEPT, _LONGEST = timedelta(days=1), timedelta(days=35)
"""The shortest and the longest that Azure keeps backups for points in time."""
_LATER, _SECOND = timedelta(days=7), timedelta(seconds=1)
"""Backups are purged in sets, up to a week after their time: the upper bound is told.

https://learn.microsoft.com/azure/azure-sql/database/automated-backups-overview
"""
_BESIDE = (
    "choose the newest moment to which it can be set back",
    "make a group as the drill's lease; Azure restores beside production, on the same server",
    "restore it there under the drill's name",
    "check that it is online and sound, its schema and rows against the manifest, and its newest canary",
    "shorten its retention, drop it, and list what Azure keeps of it",
)
_APART = (
    "choose the newest backup",
    "make a server in the drill's group, in a promised region, that sends nothing out",
    "restore onto it",
    "check that it is online and sound, its schema and rows against the manifest, and its newest canary",
    "delete the group, and list deleted servers and databases",
)


def _preflight(drill: Drill) -> None:
    """See that the database is there and can be asked, and that a promised region is left for the copy."""
    place(drill.item.id)
    demanded(drill.means)
    if drill.means.database is None:
        raise NotRun("databases cannot be asked here")
    if drill.item.method != DROPPED and drill.actor.found(drill.item.id, API) is None:
        raise NotRun("the database does not run")
    _demand_promised(drill)
    if drill.item.method in (POINT, DROPPED):
        _demand_unlocked(drill)


def _demand_promised(drill: Drill) -> None:
    """Raise `NotRun` where the copy would lie in a region that nobody promised, by Azure's word or the declared one."""
    regions = {_region(drill)}
    if drill.item.method in (POINT, DROPPED):
        regions.add(region_of(drill.actor.read(_source_server(drill), API).get("location")))
    for region in sorted(regions.difference(drill.settings.regions)):
        raise NotRun(f"the copy would lie in {region or 'an unknown region'}, which is no promised region")


def _demand_unlocked(drill: Drill) -> None:
    """Raise `NotRun` where a lock would keep the copy from being dropped again: it lies beside production."""
    own = f"{_copy(drill)}/".lower()
    locks = f"/subscriptions/{own.split('/')[2]}/providers/Microsoft.Authorization/locks"
    for lock in drill.actor.listed(locks, _LOCKS):
        scope = str(lock.get("id", "")).lower().partition("/providers/microsoft.authorization/locks/")[0]
        if own.startswith(f"{scope}/"):
            raise NotRun("a lock on the server keeps what is restored beside it: drill it by geo or long-term")


def _isolate(drill: Drill) -> Isolation:
    """Make a server for the copy, or say that it must lie beside production; what is said was read."""
    claim(drill)
    if drill.item.method in (GEO, LONG):
        drill.make("server", _server(drill), API, _server_body(drill))
        # A backup opens with the key version that it was taken under, and so the copy's server needs all of them.
        for name, uri in _keys(drill).items():
            key = {"properties": {"serverKeyType": _OUR_KEY, "uri": uri}}
            drill.make(f"key {name}", f"{_server(drill)}/keys/{name}", API, key)
        if name := _protector(drill):
            body = {"properties": {"serverKeyType": _OUR_KEY, "serverKeyName": name}}
            drill.make("protector", f"{_server(drill)}/{PROTECTOR}", API, body)
    found = drill.actor.read(_server(drill), API)
    properties, region = found.get("properties") or {}, region_of(found.get("location"))
    beside = drill.item.method not in (GEO, LONG)
    return Isolation(
        subscription=_server(drill).split("/")[2],
        region=region,
        residency_ok=region in drill.settings.regions,
        egress_denied=properties.get("restrictOutboundNetworkAccess") == "Enabled",
        public_ip=properties.get("publicNetworkAccess") != "Disabled",
        peerings=0,
        proof=("beside production: Azure restores it nowhere else",) if beside else ("a server of its own",),
    )


def _server_body(drill: Drill) -> Mapping[str, Any]:
    """Return what the server for the copy is: as the source's, with the drill's identity as its only administrator."""
    source = drill.actor.read(_source_server(drill), API)
    own = source.get("properties") or {}
    properties: dict[str, Any] = {
        "version": "12.0",
        "minimalTlsVersion": "1.2",
        "publicNetworkAccess": str(drill.item.facts.get("public_network_access") or "Disabled"),
        "restrictOutboundNetworkAccess": "Enabled",
        # What is deleted must be gone.
        "retentionDays": 0,
        "administrators": {
            "administratorType": "ActiveDirectory",
            "azureADOnlyAuthentication": True,
            "principalType": "Application",
            "login": "drill",
            "sid": drill.begun.operator.identity,
        },
    }
    body: dict[str, Any] = {"location": _region(drill), "properties": properties}
    identities = (source.get("identity") or {}).get("userAssignedIdentities") or {}
    if identities:
        body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {name: {} for name in identities}}
        properties["primaryUserAssignedIdentityId"] = own.get("primaryUserAssignedIdentityId") or next(iter(identities))
    return body


def _keys(drill: Drill) -> dict[str, str]:
    """Return the keys of ours that the source's server has: their names there, and their URLs in Key Vault."""
    return drill.steps.do("keys of the source", lambda: _ours(drill))


def _ours(drill: Drill) -> dict[str, str]:
    found = {}
    for key in drill.actor.listed(f"{_source_server(drill)}/keys", API):
        told = key.get("properties") or {}
        if str(told.get("serverKeyType")).lower() == _OUR_KEY.lower() and told.get("uri"):
            found[str(key["name"])] = str(told["uri"])
    return found


def _protector(drill: Drill) -> str:
    """Return the name of the key of ours that encrypts the source, empty where the service's own does."""

    def look() -> str:
        found = drill.actor.found(f"{_source_server(drill)}/{PROTECTOR}", API) or {}
        told = found.get("properties") or {}
        ours = str(told.get("serverKeyType")).lower() == _OUR_KEY.lower()
        return str(told.get("serverKeyName") or "") if ours else ""

    return drill.steps.do("protector of the source", look)


def _restore(drill: Drill, point: RecoveryPoint) -> Mapping[str, Any]:
    """Ask for the restore once, and wait until the database is there."""
    path = _copy(drill)
    body = {
        "location": _region(drill),
        "tags": drill.tags,
        "properties": {**sql_points.request(drill, point), "requestedBackupStorageRedundancy": "Local"},
    }
    begun = drill.begin(
        "ask for the restore",
        lambda: drill.actor.put(path, API, body, once=True),
        makes=(Made(path=path, api=API),),
        probe=lambda: {"operation": ""} if drill.actor.found(path, API) else None,
    )
    if begun["operation"]:
        status, code, _ = drill.ended("the restore", str(begun["operation"]))
        if status.lower() != "succeeded":
            raise _ended_badly(status, code)
    return _arrived(drill, path, str(begun["operation"]))


def _ended_badly(status: str, code: str) -> Failed | Inconclusive:
    """Return what a restore shows that did not end well: the backup is to blame unless its code says otherwise."""
    told = f"the restore ended as {status} {code}".strip()
    other = any(word in code.lower() for word in _NOT_THE_BACKUPS) or status.lower().startswith("cancel")
    return Inconclusive(told) if other else Failed(3, told)


def _arrived(drill: Drill, path: str, operation: str) -> Mapping[str, Any]:
    """Wait until the database is no longer coming, and return what and where it is."""

    def look() -> Mapping[str, Any] | None:
        found = drill.actor.found(path, API)
        if found is None:
            return None
        coming = str((found.get("properties") or {}).get("status", "")).lower() in _COMING
        return None if coming else found

    region = region_of(drill.wait("the restored database", look).get("location"))
    if not region:
        raise Inconclusive("the restored database does not say where it lies")
    return {
        "path": path,
        "region": region,
        "job": operation.partition("?")[0].rpartition("/")[2],
        "own_key": bool(_keys(drill)),
        "protector": _protector(drill),
    }


def _before_removal(drill: Drill) -> None:
    """Shorten the retention of the copy: once it is dropped it cannot be changed any more."""
    path = _copy(drill)
    if any(made.path == path for made in drill.steps.made()) and drill.actor.found(path, API) is not None:
        drill.steps.do(_SHORTEN, lambda: _shortened(drill, path))


def _shortened(drill: Drill, path: str) -> Mapping[str, Any]:
    """Have the backups of the copy kept for the shortest time that there is; returns the days that were read then."""
    policy = f"{path}/backupShortTermRetentionPolicies/default"
    begun = drill.actor.put(policy, API, {"properties": {"retentionDays": _KEPT.days}})
    drill.work("the shorter retention", begun, limit_s=drill.settings.removal_s)
    return {"days": (drill.actor.read(policy, API).get("properties") or {}).get("retentionDays")}


def _residue(drill: Drill) -> tuple[Left, ...]:
    """List what Azure keeps: the dropped copy, and a server that was deleted softly."""
    left = []
    if drill.item.method in (GEO, LONG):
        region, subscription = _region(drill), drill.settings.subscription
        path = f"/subscriptions/{subscription}/providers/Microsoft.Sql/locations/{region}/deletedServers"
        for server in drill.actor.listed(path, API):
            if str(server.get("name", "")).lower() == drill.name:
                left.append(Left(ref=drill.name, type="deleted server", reason="soft delete was on"))
        return tuple(left)
    return _dropped_copy(drill)


def _dropped_copy(drill: Drill) -> tuple[Left, ...]:
    """Tell of the backups of the copy that was dropped: one that was there has some, listed or not yet."""
    names = [
        str((one.get("properties") or {}).get("databaseName", "")).lower()
        for one in drill.actor.listed(f"{_source_server(drill)}/restorableDroppedDatabases", API)
    ]
    restored = drill.steps.outcome(RESTORE)
    refused = restored is not None and restored.trouble and restored.status not in TRANSIENT
    if drill.name not in names and (restored is None or refused):
        return ()
    told = drill.steps.outcome(_SHORTEN)
    days = (told.result or {}).get("days") if told and not told.trouble else None
    kept = timedelta(days=days) if isinstance(days, int) else _LONGEST
    # By our own clock, which is later than the deletion: an upper bound.
    until = drill.clock.now().replace(microsecond=0) + _SECOND + kept + _LATER
    why = "Azure keeps the backups of what is dropped"
    why = why if drill.name in names else f"{why}, and does not list it yet"
    return (Left(ref=drill.name, type="restorable dropped database", reason=why, until=until),)


def _region(drill: Drill) -> str:
    """Return where the copy will lie; raises `NotRun` where no promised region is left for it."""
    if drill.item.method == LONG:
        return drill.settings.region
    if drill.item.method != GEO:
        return drill.item.region
    others = [region for region in drill.settings.regions if region != drill.item.region]
    if not others:
        raise NotRun("no other region is promised")
    return others[0]


def _copy(drill: Drill) -> str:
    return f"{_server(drill)}/databases/{drill.name}"


def _server(drill: Drill) -> str:
    """Return the server on which the copy will be."""
    if drill.item.method in (GEO, LONG):
        return f"{drill.group}/providers/Microsoft.Sql/servers/{drill.name}"
    return _source_server(drill)


def _source_server(drill: Drill) -> str:
    return drill.item.id[: drill.item.id.lower().index("/databases/")]


KIND = Kind(
    name="sql",
    methods=(POINT, GEO, LONG, DROPPED),
    steps={POINT: _BESIDE, DROPPED: _BESIDE, GEO: _APART, LONG: _APART},
    preflight=_preflight,
    select=sql_points.chosen,
    isolate=_isolate,
    restore=_restore,
    probes=sql_checks.probes,
    before_removal=_before_removal,
    residue=_residue,
    writes=(
        r"(PUT|DELETE) /subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Sql/servers/[^/]+"
        r"/databases/{name}(/backupShortTermRetentionPolicies/default)?",
    ),
)
