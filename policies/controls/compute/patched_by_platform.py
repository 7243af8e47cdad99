"""Machines are assessed and patched by Azure in windows that we set, one member of a mail cluster at a time.

Catalogue: CMP-09.

## Why we promise this
A machine that patches itself, or that nobody patches, is either down at the wrong time or open to a known attack.

## How to keep it
Set `patch_mode="AutomaticByPlatform"` and `assessment_mode="AutomaticByPlatform"` in the machine's patch settings,
and a `maintenance.ConfigurationAssignment(resource_id=machine.id, …)` to a `maintenance.MaintenanceConfiguration`
with `maintenance_scope="InGuestPatch"`. Mailbox servers of one DAG need a configuration each. What is still to be
installed is seen by the live audit.
"""

from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.maintenance import CONFIGURATION_ASSIGNMENT, MAINTENANCE_CONFIGURATION
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    broken,
    kept,
    missing,
    same,
)

ON = VIRTUAL_MACHINE
NEEDS = (CONFIGURATION_ASSIGNMENT, MAINTENANCE_CONFIGURATION)
SEVERITY = Severity.HIGH

PLATFORM = "AutomaticByPlatform"
SCOPE = "InGuestPatch"


def judge(machine: Resource, estate: Estate) -> Ruling:
    settings = _patch_settings(machine)
    seen = {f"{settings}.{name}": machine.read(f"{settings}.{name}", str) for name in ("patchMode", "assessmentMode")}
    wrong = {path: value for path, value in seen.items() if not same(value, PLATFORM)}
    if wrong:
        faults = ", ".join(f"{path.rpartition('.')[2]} {value}" for path, value in wrong.items())
        return broken(f"{faults}, promised {PLATFORM}", change=dict.fromkeys(wrong, PLATFORM))
    windows = _windows(machine, estate)
    if not windows:
        return missing(
            "no maintenance window is assigned to the machine",
            declare="maintenance.ConfigurationAssignment(resource_id=…, maintenance_configuration_id=…)",
        )
    patching = [window for window in windows if same(window.read("maintenanceScope", str), SCOPE)]
    if not patching:
        scope = windows[0].read("maintenanceScope", str)
        return broken(
            f"{windows[0].name} is for {scope}, promised {SCOPE}",
            change={"maintenanceScope": SCOPE},
            subject=windows[0],
        )
    together = _patched_together(machine, patching, estate)
    if together:
        return broken(
            f"{together} of the same DAG is patched in the same window {patching[0].name}, promised one at a time"
        )
    return kept(f"assessed by the platform, and patched in the window {patching[0].name}")


def _patch_settings(machine: Resource) -> str:
    """Return the path of the patch settings: each operating system has its own, and Windows is what is not Linux."""
    linux = machine.look("osProfile.linuxConfiguration") is not None
    return f"osProfile.{'linux' if linux else 'windows'}Configuration.patchSettings"


def _windows(machine: Resource, estate: Estate) -> list[Resource]:
    """Find the maintenance configurations assigned to a machine, by its id or by its name.

    Raises `Unseen` where an assignment by filter may take in the machine, since only Azure works out the filter.
    """
    named = estate.referrers(machine, CONFIGURATION_ASSIGNMENT, "resourceName")
    found = {one.id: one for one in (*estate.children(machine, CONFIGURATION_ASSIGNMENT), *named)}
    by_filter = [] if found else [one for one in estate.of(CONFIGURATION_ASSIGNMENT) if one.look("filter") is not None]
    if by_filter:
        raise Unseen(f"whether the filter of {by_filter[0].name} takes in the machine was not seen")
    return [estate.target(one, "maintenanceConfigurationId") for one in found.values()]


def _patched_together(machine: Resource, windows: list[Resource], estate: Estate) -> str:
    """Name another member of the machine's DAG that shares one of its windows; empty where none does.

    The members of a DAG must not be restarted at one time: the DAG would lose its majority.
    """
    dag = machine.tag("dag")
    if not dag or not same(machine.tag("role"), "mailbox"):
        return ""
    own = {window.id for window in windows}
    for other in estate.of(VIRTUAL_MACHINE):
        peer = other.id != machine.id and same(other.tag("role"), "mailbox") and same(other.tag("dag"), dag)
        if peer and own & {window.id for window in _windows(other, estate)}:
            return other.name
    return ""


_MAILBOX = {"role": "mailbox", "dag": "dag-1"}


def _machine(patch: Any = PLATFORM, assess: Any = PLATFORM, **changed: Any) -> dict[str, Any]:
    settings = {"patchMode": patch, "assessmentMode": assess}
    return {"osProfile": {"windowsConfiguration": {"patchSettings": settings}}, **changed}


def _assigned(machine: str, window: Any = "sunday") -> Neighbour:
    body = {"resourceId": {"$reference": machine}, "maintenanceConfigurationId": {"$reference": window}}
    return Neighbour(CONFIGURATION_ASSIGNMENT, body, name=f"{machine}-{window}")


def _window(name: str, scope: str = SCOPE) -> Neighbour:
    return Neighbour(MAINTENANCE_CONFIGURATION, {"maintenanceScope": scope}, name=name)


_SUNDAY = (_assigned("it"), _window("sunday"))
_PEER = Neighbour(VIRTUAL_MACHINE, _machine(tags=_MAILBOX), name="peer")
_LINUX = {"osProfile": {"linuxConfiguration": {"patchSettings": {"patchMode": PLATFORM, "assessmentMode": PLATFORM}}}}
_BY_NAME = {
    "resourceName": {"$reference": "it", "property": "name"},
    "maintenanceConfigurationId": {"$reference": "sunday"},
}

EXAMPLES = (
    Example(Verdict.KEPT, _machine(), _SUNDAY),
    Example(Verdict.KEPT, _LINUX, _SUNDAY, note="Linux"),
    Example(
        Verdict.KEPT,
        _machine(),
        (Neighbour(CONFIGURATION_ASSIGNMENT, _BY_NAME, name="by-name"), _window("sunday")),
        note="assigned by the machine's name",
    ),
    Example(
        Verdict.KEPT,
        _machine(tags=_MAILBOX),
        (*_SUNDAY, _PEER, _assigned("peer", "monday"), _window("monday")),
        note="a window for each member of the DAG",
    ),
    Example(
        Verdict.BROKEN,
        _machine(tags=_MAILBOX),
        (*_SUNDAY, _PEER, _assigned("peer")),
        note="both members of the DAG in one window",
    ),
    Example(Verdict.BROKEN, _machine("AutomaticByOS", "ImageDefault"), _SUNDAY),
    Example(Verdict.BROKEN, _machine(assess="ImageDefault"), _SUNDAY, note="patched, and never assessed"),
    Example(Verdict.BROKEN, _machine(), (_window("sunday"),), note="a window that nobody keeps to"),
    Example(Verdict.BROKEN, _machine(), (_assigned("it"), _window("sunday", "Host"))),
    Example(Verdict.UNPROVEN, {}, _SUNDAY),
    Example(Verdict.UNPROVEN, _machine(), (_assigned("it"),), note="the window was not seen"),
    Example(
        Verdict.UNPROVEN,
        _machine(),
        (Neighbour(CONFIGURATION_ASSIGNMENT, {"filter": {"locations": ["uksouth"]}}, name="by-filter"),),
        note="assigned by a filter, which may or may not take it in",
    ),
)
