"""Machines run no extension that was not approved, and no script from a place that is not ours.

Catalogue: CMP-08.

## Why we promise this
An extension runs as the system itself: whoever may add one owns the machine and all the mail on it.

## How to keep it
Add the extension, as `publisher/type`, to the target `compute.extensions` once it has been looked at, or delete it. A
`CustomScriptExtension` takes its `fileUris` from a storage account of this estate only.
"""

from typing import Any
from urllib.parse import urlsplit

from audit.kinds.compute import VIRTUAL_MACHINE_EXTENSION
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    kept,
    missing,
    same,
)

ON = VIRTUAL_MACHINE_EXTENSION
NEEDS = (STORAGE_ACCOUNT,)
SEVERITY = Severity.MEDIUM
ABSENT = {
    "accountName": "azure-native 3.29 docstring of storage.StorageAccount: its resource name is that of the account"
}

BLOBS = ".blob.core.windows.net"
SCRIPTS = ("CustomScriptExtension", "CustomScript")


def judge(extension: Resource, estate: Estate, targets: Targets) -> Ruling:
    approved = targets.names("compute.extensions")
    what = extension.read("type", str)
    seen = f"{extension.read('publisher', str)}/{what}"
    if not any(same(seen, one) for one in approved):
        return broken(f"{seen} is not among the approved: {', '.join(approved)}")
    if any(same(what, script) for script in SCRIPTS):
        return _judge_scripts(extension, seen, estate)
    return kept(f"{seen} is approved")


def _judge_scripts(extension: Resource, seen: str, estate: Estate) -> Ruling:
    """Rule on what an extension for scripts fetches; raises `Unseen` where its settings do not say."""
    own = [account.read("accountName", str, absent=account.name) for account in estate.of(STORAGE_ACCOUNT)]
    for uri in extension.texts("settings.fileUris"):
        host = urlsplit(uri).hostname or ""
        if not any(same(host, f"{name}{BLOBS}") for name in own):
            return missing(f"{seen} fetches {uri}, promised accounts of ours only", declare="storage.StorageAccount(…)")
    return kept(f"{seen} is approved, and fetches its scripts from accounts of ours")


_TARGETS = {
    "compute.extensions": [
        "Microsoft.Azure.AzureDefenderForServers/MDE.Windows",
        "Microsoft.Compute/CustomScriptExtension",
    ]
}
_OURS = (Neighbour(STORAGE_ACCOUNT, {"accountName": "hostingscripts"}, name="scripts"),)


def _extension(publisher: Any, kind: Any, uris: Any = None) -> dict[str, Any]:
    return {"publisher": publisher, "type": kind, "settings": {"fileUris": uris}}


def _script(*uris: Any) -> dict[str, Any]:
    return _extension("Microsoft.Compute", "CustomScriptExtension", list(uris))


EXAMPLES = (
    Example(
        Verdict.KEPT,
        _extension("microsoft.azure.azuredefenderforservers", "MDE.Windows"),
        (),
        _TARGETS,
        note="any case",
    ),
    Example(Verdict.KEPT, _script("https://hostingscripts.blob.core.windows.net/a/b.ps1"), _OURS, _TARGETS),
    Example(Verdict.BROKEN, _extension("Microsoft.Compute", "VMAccessAgent"), (), _TARGETS, note="it resets passwords"),
    Example(Verdict.BROKEN, _extension("Somebody.Else", "MDE.Windows"), (), _TARGETS, note="another publisher"),
    Example(Verdict.BROKEN, _script("https://example.com/b.ps1"), _OURS, _TARGETS, note="a script from elsewhere"),
    Example(
        Verdict.BROKEN,
        _script("https://hostingscripts.blob.example.com/b.ps1"),
        _OURS,
        _TARGETS,
        note="a host that only begins like ours",
    ),
    Example(
        Verdict.UNPROVEN,
        _extension("Microsoft.Compute", "CustomScriptExtension"),
        _OURS,
        _TARGETS,
        note="what it fetches may stand in the settings that nobody can read",
    ),
    Example(Verdict.UNPROVEN, _extension({"$unknown": True}, "MDE.Windows"), (), _TARGETS),
    Example(Verdict.UNPROVEN, _extension("Microsoft.Compute", None), (), _TARGETS),
)
