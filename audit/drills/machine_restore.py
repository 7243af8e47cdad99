"""Restores a machine from its vault into a closed network, wakes it there, and looks whether it is what it was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from audit.canonical import sha256
from audit.drill_record import Isolation, Left, RecoveryPoint
from audit.drills import isolated_network as network
from audit.drills import machine_checks as checks
from audit.drills import machine_points as points
from audit.drills.actor import Begun
from audit.drills.drill import Drill, Found, Kind, Probe
from audit.drills.groups import claim
from audit.drills.machine_residue import copies_protected, forget_copies
from audit.drills.machine_rights import demand_able
from audit.drills.outcomes import Failed, Inconclusive, NotRun
from audit.drills.restore_jobs import ask_once, demand_done

DISKS, ALTERNATE = "disks", "alternate-location"
STORAGE = "2024-01-01"
DISK = "2024-03-02"
"""https://learn.microsoft.com/rest/api/compute/disks"""
_KEPT = timedelta(days=10)
"""How long what was fetched from the archive stays in the vault: the least that Azure takes.

https://learn.microsoft.com/azure/backup/archive-tier-support
"""
_STEPS = (
    "find the vault that backs the machine up, and the newest whole point in it",
    "make a group with a storage account and a network that is closed both ways, and prove that it is",
)
_CHECKED = (
    "see that nothing reaches the copy and it reaches nothing, that it runs and its agent answers",
    "digest the files of the manifest inside it, and read the canary's time",
    "take the group away, and see what Azure keeps",
)
_ITEM = (
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.RecoveryServices/vaults/[^/]+"
    r"/backupFabrics/Azure/protectionContainers/"
)


def _preflight(drill: Drill) -> None:
    """See that the machine can be restored where it is promised, by this identity, with room for it."""
    item = points.backed(drill)
    if item is None:
        return
    if item.region not in drill.settings.regions:
        raise NotRun(f"the vault lies in {item.region or 'no known region'}, which is no promised region")
    demand_able(drill, item)


def _select(drill: Drill) -> RecoveryPoint:
    """Choose the newest fit point; a machine that no vault backs up is not configured."""
    item = points.backed(drill)
    if item is None:
        raise Failed(0, "no vault backs it up")
    return points.chosen(drill, item)


def _isolate(drill: Drill) -> Isolation:
    """Make the closed network and the account through which the restore goes."""
    claim(drill)
    item = _backed(drill)
    properties = {
        "minimumTlsVersion": "TLS1_2",
        "allowBlobPublicAccess": False,
        "networkAcls": {"defaultAction": "Deny", "bypass": "AzureServices"},
    }
    # The vault takes no account that is spread over zones.
    # https://learn.microsoft.com/azure/backup/backup-azure-arm-userestapi-restoreazurevms
    body = {"location": item.region, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": properties}
    drill.make("staging", _staging(drill), STORAGE, body)
    return network.proof(drill, network.make(drill, item.region))


def _restore(drill: Drill, point: RecoveryPoint) -> Mapping[str, Any]:
    """Have the vault restore once, wake the copy, and see that it is alone."""
    item = _backed(drill)
    about = points.facts(drill, item, point)

    def ask() -> Begun:
        path = f"{item.item}/recoveryPoints/{point.id}/restore"
        return drill.actor.post(path, points.VAULTS, _request(drill, item, point))

    job = ask_once(drill, item, ask)
    demand_done(drill, item, job)
    if drill.item.method == DISKS:
        _wake(drill, item, about)
    return {**_awake(drill, item, about), "job": job}


def _request(drill: Drill, item: points.Backed, point: RecoveryPoint) -> Mapping[str, Any]:
    """Return the request: https://learn.microsoft.com/rest/api/backup/restores/trigger."""
    told: dict[str, Any] = {
        "objectType": "IaasVMRestoreRequest",
        "recoveryPointId": point.id,
        "recoveryType": "RestoreDisks" if drill.item.method == DISKS else "AlternateLocation",
        "sourceResourceId": item.source,
        "targetResourceGroupId": drill.group,
        "storageAccountId": _staging(drill),
        "region": item.region,
        "createNewCloudService": False,
        "originalStorageAccountOption": False,
        "encryptionDetails": {"encryptionEnabled": False},
    }
    if drill.item.method == ALTERNATE:
        subnet = _subnet(drill)
        told |= {"targetVirtualMachineId": _machine(drill), "subnetId": subnet}
        told |= {"virtualNetworkId": subnet.rpartition("/subnets/")[0]}
    if encryption := drill.item.facts.get("encryption_set"):
        told["diskEncryptionSetId"] = encryption
    if point.tier == points.ARCHIVE:
        fetched = {"rehydrationRetentionDuration": f"P{_KEPT.days}D", "rehydrationPriority": "High"}
        told |= {"objectType": "IaasVMRestoreWithRehydrationRequest", "recoveryPointRehydrationInfo": fetched}
    return {"properties": told}


def _wake(drill: Drill, item: points.Backed, about: Mapping[str, Any]) -> None:
    """Make a machine of the disks, once its interface is seen to be alone: making it starts it."""
    nic = network.interface(drill, _subnet(drill), item.region)
    drill.steps.do("alone before it wakes", lambda: _alone(drill, nic, running=False))
    shape = drill.steps.do("shape of the copy", lambda: _shape(drill, about))
    body = {"location": item.region, **shape}
    body["properties"] = {**body["properties"], "networkProfile": {"networkInterfaces": [{"id": nic}]}}
    drill.make("machine", _machine(drill), checks.COMPUTE, body)


def _shape(drill: Drill, about: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a machine that has the disks that came back; raises `Failed` where none has a system."""
    disks = _disks(drill)
    system = [disk for disk in disks if (disk.get("properties") or {}).get("osType")]
    if len(system) != 1:
        raise Failed(3, f"of {len(disks)} disks that came back {len(system)} have a system")
    own = system[0]["properties"]
    attached = {"createOption": "Attach"}
    boot = {**attached, "osType": own["osType"], "managedDisk": {"id": system[0]["id"]}}
    data = [
        {**attached, "lun": lun, "managedDisk": {"id": disk["id"]}}
        for lun, disk in enumerate(disk for disk in disks if disk is not system[0])
    ]
    properties: dict[str, Any] = {
        "hardwareProfile": {"vmSize": about["size"] or drill.item.facts.get("size") or "Standard_D2s_v5"},
        "storageProfile": {"osDisk": boot, "dataDisks": data},
        "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
    }
    if (trusted := (own.get("securityProfile") or {}).get("securityType")) == "TrustedLaunch":
        properties["securityProfile"] = {"securityType": trusted}
    return {"properties": properties, **({"zones": zones} if (zones := system[0].get("zones")) else {})}


def _awake(drill: Drill, item: points.Backed, about: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read the copy and see that it is alone now that it runs; raises `Inconclusive` where it is not."""
    machine = drill.actor.read(_machine(drill), checks.COMPUTE)
    properties = machine.get("properties") or {}
    interfaces = [one["id"] for one in (properties.get("networkProfile") or {}).get("networkInterfaces") or ()]
    if not interfaces or not network.place(machine):
        raise Inconclusive("the interfaces of the copy, or its region, cannot be seen")
    for number, nic in enumerate(interfaces):
        drill.steps.do(f"alone {number}", lambda nic=nic: _alone(drill, nic, running=True))  # type: ignore[misc]  # bound
    system = ((properties.get("storageProfile") or {}).get("osDisk") or {}).get("osType") or about["system"]
    disks = _disks(drill)
    size = sum(int((disk.get("properties") or {}).get("diskSizeGB") or 0) for disk in disks)
    return {
        "region": network.place(machine),
        "vm": _machine(drill),
        "system": str(system or ""),
        "disks": len(disks),
        "expected_disks": about["disks"],
        "gigabytes": size,
    }


def _alone(drill: Drill, nic: str, *, running: bool) -> Mapping[str, Any]:
    """See that an interface reaches nothing; returns whether the rules at work at it were told."""
    network.demand_alone(drill, nic)
    return {"effective": network.effective(drill, nic, running=running)}


def _probes(drill: Drill, point: RecoveryPoint, restored: Mapping[str, Any]) -> tuple[Probe, ...]:
    machine = checks.Machine(path=restored["vm"], system=restored["system"])
    disks = Probe(id="vm.disks", level=3, run=lambda: _disks_found(restored))
    return (disks, *checks.probes(drill, "vm", machine, point))


def _disks_found(restored: Mapping[str, Any]) -> Found:
    """Check that as many disks came back as the point holds; one that does not say so must have given one."""
    expected = restored["expected_disks"]
    observed, wanted = {"disks": restored["disks"]}, {"disks": expected or 1}
    if restored["disks"] == expected or (not expected and restored["disks"]):
        return Found(result="pass", observed=observed, expected=wanted)
    reason = f"{restored['disks']} of {wanted['disks']} disks came back"
    return Found(result="fail", reason=reason, observed=observed, expected=wanted)


def _before_removal(drill: Drill) -> None:
    """End what a policy may have begun: backups of the copy, which would keep it and its vault from being deleted."""
    forget_copies(drill)


def _residue(drill: Drill) -> tuple[Left, ...]:
    """List backups of the copy, and what was fetched from the archive."""
    return (*copies_protected(drill), *_fetched(drill))


def _fetched(drill: Drill) -> tuple[Left, ...]:
    """Return the copy of an archived point that stays in the vault's tier, empty for any other point."""
    asked, point = drill.steps.outcome("ask"), drill.steps.outcome("point")
    if asked is None or point is None or (point.result or {}).get("tier") != points.ARCHIVE:
        return ()
    # It is told to be kept from when it was fetched, which was after it was asked for.
    until = asked.clock.at + _KEPT + timedelta(seconds=drill.settings.restore_s)
    reason = "what was fetched from the archive stays in the vault"
    return (Left(ref=str(point.result["id"]), type="rehydrated recovery point", reason=reason, until=until),)


def _disks(drill: Drill) -> list[Mapping[str, Any]]:
    """Return the disks in the drill's group, by their names."""
    found = drill.actor.listed(f"{drill.group}/providers/Microsoft.Compute/disks", DISK)
    return sorted(found, key=lambda disk: str(disk["name"]))


def _backed(drill: Drill) -> points.Backed:
    item = points.backed(drill)
    if item is None:
        raise Failed(0, "no vault backs it up")
    return item


def _machine(drill: Drill) -> str:
    return f"{drill.group}/providers/Microsoft.Compute/virtualMachines/copy"


def _subnet(drill: Drill) -> str:
    return f"{drill.group}/providers/Microsoft.Network/virtualNetworks/isolated/subnets/{network.SUBNET}"


def _staging(drill: Drill) -> str:
    """Return the account's path; its name must be one of its kind in the world, and short."""
    name = f"drill{re.sub('[^0-9a-f]', '', sha256(drill.name.encode()))[:16]}"
    return f"{drill.group}/providers/Microsoft.Storage/storageAccounts/{name}"


KIND = Kind(
    name="vm",
    methods=(DISKS, ALTERNATE),
    steps={
        DISKS: (*_STEPS, "have the vault restore the disks, and make a machine of them", *_CHECKED),
        ALTERNATE: (*_STEPS, "have the vault restore the machine into that network", *_CHECKED),
    },
    preflight=_preflight,
    select=_select,
    isolate=_isolate,
    restore=_restore,
    probes=_probes,
    before_removal=_before_removal,
    residue=_residue,
    writes=(
        rf"POST {_ITEM}[^/]+/protectedItems/[^/]+/recoveryPoints/[^/]+/restore",
        rf"DELETE {_ITEM}[^/]+;{{name}};[^/]+/protectedItems/[^/]+",
    ),
)
