"""Asks the local Azure with `az`, to which it is a cloud of its own: signs in, a wrong secret is refused, and lists."""

import json
import os
from pathlib import Path
from typing import NamedTuple

from running import asked, json_of

_GRAPH = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
_QUERY = "resources | where type =~ 'microsoft.network/networkinterfaces' | project id"
LISTS = {
    "group list": "microsoft.resources/resourcegroups",
    "resource list": "",
    "storage account list": "microsoft.storage/storageaccounts",
    "network nsg list": "microsoft.network/networksecuritygroups",
    "network vnet list": "microsoft.network/virtualnetworks",
    "keyvault list": "microsoft.keyvault/vaults",
    "sql server list": "microsoft.sql/servers",
    "vm list": "microsoft.compute/virtualmachines",
    "backup vault list": "microsoft.recoveryservices/vaults",
    "webapp list": "microsoft.web/sites",
}
"""What `az` lists → the type of ours that it is set beside; all of ours where it lists everything."""


class Listed(NamedTuple):
    """One command of `az`."""

    command: str
    theirs: int
    ours: int
    unseen: tuple[str, ...]
    """What one of the two saw and the other did not."""


def run(tool: Path, folder: Path, ours: dict[str, str]) -> list[Listed]:
    """Register the cloud, sign in and list; `ours` is id → type of what we saw. Raises `SystemExit` where it fails."""
    az = tool / "bin" / "az"
    cloud = 'az cloud register -n Local --endpoint-resource-manager "$AZURE_AUTHORITY_HOST"; az cloud set -n Local'
    _must(folder, cloud, az)
    sign_in = 'az login --service-principal -u "$AZURE_CLIENT_ID" --tenant "$AZURE_TENANT_ID" -o none -p '
    code, _, said = asked(folder, "sh", "-c", sign_in.replace("az ", f"{az} ") + "wrong")
    if code == 0 or "AADSTS7000215" not in said:
        raise SystemExit(f"az was let in with a wrong secret, or refused for another reason: {said}")
    _must(folder, sign_in + '"$AZURE_CLIENT_SECRET"', az)
    rows = [
        _row(f"az {words}", _must(folder, f"az {words} --query '[].id'", az), ours, kind)
        for words, kind in LISTS.items()
    ]
    body = folder / "query.json"
    body.write_text(json.dumps({"query": _QUERY}))
    rest = f'az rest --method post --resource "$AZURE_AUTHORITY_HOST" --url "$AZURE_AUTHORITY_HOST{_GRAPH}"'
    found = _must(folder, f"{rest} --body @{body} --query 'data[].id'", az)
    return [*rows, _row("az rest (Resource Graph)", found, ours, "microsoft.network/networkinterfaces")]


def _must(folder: Path, script: str, az: Path) -> str:
    """Run a line of shell with `az` on the path; raises `SystemExit` where it fails."""
    path = f"{az.parent}{os.pathsep}{os.environ['PATH']}"
    code, told, said = asked(folder, "env", f"PATH={path}", "sh", "-ec", script)
    if code:
        raise SystemExit(f"{script}: exit {code}\n{said}")
    return told


def _row(command: str, told: str, ours: dict[str, str], kind: str) -> Listed:
    """Set what a command listed beside what we saw of the same type."""
    theirs = {identity.lower() for identity in json_of(told)}
    mine = {identity for identity, found in ours.items() if found.lower() == kind} if kind else theirs & ours.keys()
    return Listed(command, len(theirs), len(mine), tuple(sorted(theirs ^ mine)))
