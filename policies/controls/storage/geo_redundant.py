"""Stored data has a copy in the paired region, and the archive in several zones as well.

Catalogue: STO-15.

## Why we promise this
The loss of a building, or of the whole region, must not lose the data. That the copy is current, the live audit adds.

## How to keep it
Set `sku=storage.SkuArgs(name="Standard_RAGZRS")` on accounts tagged `data=archive`; other accounts may also use
`"Standard_RAGRS"` or `"Standard_GRS"`, as they must in regions without zones.
"""

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = STORAGE_ACCOUNT
SEVERITY = Severity.HIGH
ZONES_AND_REGIONS = ("Standard_RAGZRS", "Standard_GZRS")
REGIONS = ("Standard_RAGRS", "Standard_GRS")


def judge(account: Resource) -> Ruling:
    archive = "archive" in account.classes()
    promised = ZONES_AND_REGIONS if archive else ZONES_AND_REGIONS + REGIONS
    sku = account.read("sku.name", str)
    if any(same(sku, name) for name in promised):
        return kept(f"{sku} keeps a copy in the paired region")
    best = "Standard_RAGZRS" if archive else "Standard_RAGRS"
    return broken(f"{sku}, promised {' or '.join(promised)}", change={"sku.name": best})


def _case(verdict: Verdict, sku: object, data: str) -> Example:
    return Example(verdict, {"sku": {"name": sku}, "tags": {"data": data}})


EXAMPLES = (
    _case(Verdict.KEPT, "Standard_RAGZRS", "archive"),
    _case(Verdict.KEPT, "Standard_GZRS", "mail archive"),
    _case(Verdict.BROKEN, "Standard_RAGRS", "archive"),
    _case(Verdict.KEPT, "Standard_RAGRS", "platform"),
    _case(Verdict.KEPT, "Standard_GRS", "platform"),
    _case(Verdict.BROKEN, "Standard_ZRS", "platform"),
    _case(Verdict.BROKEN, "Standard_LRS", "platform"),
    _case(Verdict.UNPROVEN, None, "platform"),
    Example(Verdict.UNPROVEN, {"sku": {"name": "Standard_GRS"}, "tags": {"$unknown": True}}),
)
