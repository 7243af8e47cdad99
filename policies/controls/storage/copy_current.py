"""The copy in the paired region is minutes behind, and could take over.

Catalogue: STO-16.

## Why we promise this
Azure copies to the paired region in its own time. What was written after the last synchronisation is lost with the
region.

## How to keep it
Nothing here can be declared. Where the copy stays behind or cannot take over, ask Azure's support; until then keep
what arrives in a second place.
"""

from datetime import timedelta

from audit.kinds.moments import age, words
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Plane, Resource, Ruling, Severity, Targets, Verdict, broken, kept, same

ON = STORAGE_ACCOUNT
PLANES = (Plane.LIVE,)
SEVERITY = Severity.HIGH
STATS = "geoReplicationStats"
# Accounts without a copy in the paired region have no such figures: these are the only ones with one.
COPIED = ("Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS")


def judge(account: Resource, targets: Targets) -> Ruling:
    sku = account.read("sku.name", str)
    if not any(same(sku, name) for name in COPIED):
        return broken(f"{sku} keeps no copy in the paired region")
    status = account.read(f"{STATS}.status", str)
    if not same(status, "Live"):
        return broken(f"the copy is {status}, promised Live")
    if account.read(f"{STATS}.canFailover", bool) is not True:
        return broken("the copy cannot take over, promised that it can")
    most, behind = targets.number("storage.sync_minutes"), age(account, f"{STATS}.lastSyncTime")
    if behind > timedelta(minutes=most):
        return broken(f"the copy is {words(behind)} behind, promised {most} minutes")
    return kept(f"the copy is Live and {words(behind)} behind, promised {most} minutes")


def _case(verdict: Verdict, synced: object, note: str = "", *, sku: str = "Standard_RAGZRS", **more: object) -> Example:
    stats = {"status": "Live", "canFailover": True, "lastSyncTime": synced, **more}
    return Example(verdict, {"sku": {"name": sku}, STATS: stats}, targets={"storage.sync_minutes": 30}, note=note)


EXAMPLES = (
    _case(Verdict.KEPT, "2026-01-15T11:30:00Z", "30 minutes"),
    _case(Verdict.BROKEN, "2026-01-15T11:29:00Z", "31 minutes"),
    _case(Verdict.BROKEN, "2026-01-15T11:59:00Z", status="Unavailable"),
    _case(Verdict.BROKEN, "2026-01-15T11:59:00Z", canFailover=False),
    _case(Verdict.BROKEN, None, sku="Standard_LRS"),
    _case(Verdict.UNPROVEN, None),
    _case(Verdict.UNPROVEN, "2026-01-15T11:59:00Z", status=None),
    Example(Verdict.UNPROVEN, {"sku": {"name": "Standard_GRS"}}, note="Azure was not asked for the figures"),
)
