"""Disks and snapshots cannot be downloaded over the Internet, and only by somebody signed in.

Catalogue: CMP-06.

## Why we promise this
A disk holds every mailbox on it: a link to download it, passed on once, gives all of them away.

## How to keep it
Set `network_access_policy="DenyAll"` (or AllowPrivate with a disk access), `public_network_access="Disabled"` and
`data_access_auth_mode="AzureActiveDirectory"` on each disk and snapshot. A disk that a machine makes by itself takes
Azure's defaults, and only the live audit sees it: declare the disk and attach it.
"""

from typing import Any

from audit.kinds.compute import DISK, SNAPSHOT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = (DISK, SNAPSHOT)
SEVERITY = Severity.HIGH

PROMISED = {
    "networkAccessPolicy": ("DenyAll", "AllowPrivate"),
    "publicNetworkAccess": ("Disabled",),
    "dataAccessAuthMode": ("AzureActiveDirectory",),
}


def judge(disk: Resource) -> Ruling:
    seen = {path: disk.read(path, str) for path in PROMISED}
    wrong = [path for path, allowed in PROMISED.items() if not any(same(seen[path], value) for value in allowed)]
    if not wrong:
        return kept(", ".join(f"{path} {value}" for path, value in seen.items()))
    faults = "; ".join(f"{path} {seen[path]}, promised {' or '.join(PROMISED[path])}" for path in wrong)
    return broken(faults, change={path: PROMISED[path][0] for path in wrong})


def _disk(policy: Any = "DenyAll", public: Any = "Disabled", sign_in: Any = "AzureActiveDirectory") -> dict[str, Any]:
    return {"networkAccessPolicy": policy, "publicNetworkAccess": public, "dataAccessAuthMode": sign_in}


EXAMPLES = (
    Example(Verdict.KEPT, _disk()),
    Example(Verdict.KEPT, _disk("AllowPrivate"), note="through private endpoints only"),
    Example(Verdict.BROKEN, _disk("AllowAll", "Enabled")),
    Example(Verdict.BROKEN, _disk("AllowAll"), note="either of the two is not enough"),
    Example(Verdict.BROKEN, _disk(sign_in="None"), note="whoever holds the link may download"),
    Example(Verdict.UNPROVEN, _disk(public=None)),
    Example(Verdict.UNPROVEN, {}, note="nothing set, so Azure's defaults"),
    Example(Verdict.KEPT, _disk(), kind=SNAPSHOT),
    Example(Verdict.BROKEN, _disk("AllowAll", "Enabled", "None"), kind=SNAPSHOT),
)
