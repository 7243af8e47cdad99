"""Every read, write and deletion of a blob is logged to the workspace.

Catalogue: STO-18.

## Why we promise this
After a leak the log is what says whose data was read, by whom and when.

## How to keep it
Declare a `monitor.DiagnosticSetting` with the `resource_uri` of the account's `/blobServices/default`, `logs` for
`StorageRead`, `StorageWrite` and `StorageDelete` (or the group `allLogs`), and the `workspace_id`.
"""

from audit.kinds.diagnostics import example, sends
from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.storage import BLOB_SERVICE, STORAGE_ACCOUNT
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, kept, missing

ON = STORAGE_ACCOUNT
NEEDS = (BLOB_SERVICE, DIAGNOSTIC_SETTING)
SEVERITY = Severity.HIGH
PROMISED = ("StorageRead", "StorageWrite", "StorageDelete")


def judge(account: Resource, estate: Estate) -> Ruling:
    settings = _settings(account, estate)
    lost = [name for name in PROMISED if not any(sends(setting, name, "allLogs") for setting in settings)]
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


_BLOBS = {"$reference": "it", "suffix": "/blobServices/default"}
_SERVICE = Neighbour(BLOB_SERVICE, {"accountName": {"$reference": "it"}}, name="blobs")


def _setting(*logs: object, **more: object) -> Neighbour:
    return example(*logs, of=_BLOBS, **more)


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
