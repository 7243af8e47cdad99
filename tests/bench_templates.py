"""Prints what judging 2,000 resources of an ARM template costs us and Checkov, in one run; nothing here fails."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from audit.checkov import program
from audit.model import AuditError

ROOT = Path(__file__).parents[1]
COUNT = 2000
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
KINDS = (
    (
        "Microsoft.Storage/storageAccounts",
        "2024-01-01",
        {"kind": "StorageV2", "sku": {"name": "Standard_RAGZRS"}},
        {
            "allowBlobPublicAccess": False,
            "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": True,
            "publicNetworkAccess": "Disabled",
            "networkAcls": {"defaultAction": "Deny", "bypass": "None", "ipRules": []},
        },
    ),
    (
        "Microsoft.KeyVault/vaults",
        "2023-07-01",
        {},
        {
            "tenantId": "00000000-0000-0000-0000-000000000000",
            "sku": {"family": "A", "name": "premium"},
            "enablePurgeProtection": True,
            "enableSoftDelete": True,
            "publicNetworkAccess": "Disabled",
            "networkAcls": {"defaultAction": "Deny", "bypass": "AzureServices"},
        },
    ),
    (
        "Microsoft.Network/networkSecurityGroups",
        "2024-05-01",
        {},
        {
            "securityRules": [
                {
                    "name": "mail",
                    "properties": {
                        "priority": 100,
                        "direction": "Inbound",
                        "access": "Allow",
                        "protocol": "Tcp",
                        "sourceAddressPrefix": "VirtualNetwork",
                        "sourcePortRange": "*",
                        "destinationAddressPrefix": "*",
                        "destinationPortRange": "25",
                    },
                }
            ]
        },
    ),
    (
        "Microsoft.Sql/servers",
        "2023-08-01",
        {},
        {
            "minimalTlsVersion": "1.2",
            "publicNetworkAccess": "Disabled",
            "administrators": {"azureADOnlyAuthentication": True},
        },
    ),
)


class Cost(NamedTuple):
    """What one run took."""

    wall: float
    cpu: float
    peak: float
    """The most memory that one of its processes held, in MiB."""


def template():
    """Return a template of as many resources as are measured, of each kind the same number."""
    resources = [
        {
            "type": kind,
            "apiVersion": api,
            "name": f"bench{number:05}",
            "location": "uksouth",
            "tags": {"data": "customer-content"},
            **beside,
            "properties": properties,
        }
        for number in range(COUNT // len(KINDS))
        for kind, api, beside, properties in KINDS
    ]
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": resources}


def measured(*words, accepted):
    """Run a command to its end and return what it cost; raises `SystemExit` where it did not do its work."""
    with tempfile.TemporaryFile() as told:
        began = time.perf_counter()
        child = subprocess.Popen([str(word) for word in words], stdout=told, stderr=told, cwd=ROOT)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        if child.returncode not in accepted:
            raise SystemExit(f"{words[0]}: exit {child.returncode}\n{told.read().decode(errors='replace')[-2000:]}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def told(who, cost):
    """Print what a tool cost, on a line."""
    print(
        f"{who} on {COUNT:,} resources of a template: {cost.wall:.1f} s wall, {cost.cpu:.1f} s cpu, {cost.peak:.0f} MiB"
    )


def main():
    """Print a line for each tool, and how many times ours goes into Checkov's."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.json"
        file.write_text(json.dumps(template(), indent=2))
        audit = Path(sys.executable).with_name("audit")
        ours = measured(audit, "check", "--template", file, "--policies", "policies", accepted=(3, 4))
        told("audit check", ours)
        try:
            tool = program(os.environ)
        except AuditError as error:
            print(f"nothing to compare with: {error}")
            return
        words = ("--skip-download", "--framework", "arm", "--output", "json", "--compact", "--quiet", "--file", file)
        theirs = measured(tool, *words, accepted=(1,))
        told("checkov", theirs)
        shares = (ours.wall / theirs.wall, ours.cpu / theirs.cpu, ours.peak / theirs.peak)
        print("ours for each of Checkov's: {:.2f} wall, {:.2f} cpu, {:.2f} memory (aim: 0.10 time)".format(*shares))


if __name__ == "__main__":
    main()
