"""Every read, write and deletion of a blob is logged to the workspace.

Catalogue: STO-18.

## Why we promise this
After a leak the log is what says whose data was read, by whom and when.

## How to keep it
Declare a `monitor.DiagnosticSetting` with the `resource_uri` of the account's `/blobServices/default`, `logs` for
`StorageRead`, `StorageWrite` and `StorageDelete` (or the group `allLogs`), and the `workspace_id`.
"""

from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.storage import BLOB_SERVICE, STORAGE_ACCOUNT
from audit.model import Estate, Example, Neighbour, Part, Resource, Ruling, Severity, Verdict, kept, missing, same

ON = STORAGE_ACCOUNT
NEEDS = (BLOB_SERVICE, DIAGNOSTIC_SETTING)
SEVERITY = Severity.HIGH
PROMISED = ("StorageRead", "StorageWrite", "StorageDelete")


def judge(account: Resource, estate: Estate) -> Ruling:
    logged = {name for setting in _settings(account, estate) for name in _logged(setting)}
    lost = [name for name in PROMISED if name not in logged]
    if not lost:
        return kept(f"{', '.join(PROMISED)} go to a workspace")
    return missing(
        f"{', '.join(lost)} of its blobs go to no workspace",
        declare="monitor.DiagnosticSetting(resource_uri=….id + '/blobServices/default', logs=[…], workspace_id=…)",
    )


def _settings(account: Resource, estate: Estate) -> list[Resource]:
    """List the diagnostic settings of the account's blobs, whether their service is declared or not."""
    below = estate.children(account, DIAGNOSTIC_SETTING, below="/blobServices/default")
    services = estate.children(account, BLOB_SERVICE)
    return [*below, *(found for service in services for found in estate.children(service, DIAGNOSTIC_SETTING))]


def _logged(setting: Resource) -> list[str]:
    """List the promised categories that a setting sends to a workspace."""
    if setting.link("workspaceId", absent=None) is None:
        return []
    on = [log for log in setting.each("logs") if log.read("enabled", bool) is True]
    return [name for name in PROMISED if any(_covers(log, name) for log in on)]


def _covers(log: Part, name: str) -> bool:
    """Tell whether an entry speaks of a category; it names either one category or one group."""
    group = log.read("categoryGroup", str, absent="")
    return same(group, "allLogs") or same(log.read("category", str, absent=""), name)


_BLOBS = {"resourceUri": {"$reference": "it", "suffix": "/blobServices/default"}}
_SERVICE = Neighbour(BLOB_SERVICE, {"accountName": {"$reference": "it"}}, name="blobs")


def _setting(*logs: object, **more: object) -> Neighbour:
    return Neighbour(DIAGNOSTIC_SETTING, {**_BLOBS, "logs": list(logs), "workspaceId": "workspace", **more})


def _log(category: str, *, enabled: bool = True) -> dict[str, object]:
    return {"category": category, "enabled": enabled}


_ALL = {"categoryGroup": "allLogs", "enabled": True}

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_setting(*map(_log, PROMISED)),)),
    Example(Verdict.KEPT, {}, (_setting(_ALL),), note="the group of all logs"),
    Example(Verdict.KEPT, {}, (_SERVICE, _setting(_ALL, resourceUri={"$reference": "blobs"})), note="on the service"),
    Example(Verdict.BROKEN, {}, (_setting(_log("StorageRead"), _log("StorageWrite")),), note="deletions are lost"),
    Example(Verdict.BROKEN, {}, (_setting({**_ALL, "enabled": False}),), note="switched off"),
    Example(Verdict.BROKEN, {}, (_setting(_ALL, workspaceId=None),), note="no workspace"),
    Example(Verdict.BROKEN, {}, (_setting(_ALL, resourceUri={"$reference": "it"}),), note="not of its blobs"),
    Example(Verdict.BROKEN, {}, note="no setting at all"),
    Example(Verdict.UNPROVEN, {}, (_setting(_ALL, logs={"$unknown": True}),)),
)
