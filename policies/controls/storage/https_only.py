"""Storage accounts answer over HTTPS only.

Catalogue: STO-01.

## Why we promise this
Over plain HTTP anyone on the way can read the data and the credentials that fetch it.

## How to keep it
Set `enable_https_traffic_only=True` on the account.
"""

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = STORAGE_ACCOUNT
SEVERITY = Severity.CRITICAL


def judge(account: Resource) -> Ruling:
    if account.read("supportsHttpsTrafficOnly", bool) is True:
        return kept("requests over plain HTTP are refused")
    return broken("requests over plain HTTP are answered", change={"supportsHttpsTrafficOnly": True})


EXAMPLES = (
    Example(Verdict.KEPT, {"supportsHttpsTrafficOnly": True}),
    Example(Verdict.BROKEN, {"supportsHttpsTrafficOnly": False}),
    Example(Verdict.UNPROVEN, {}),
    Example(Verdict.UNPROVEN, {"supportsHttpsTrafficOnly": "true"}, note="text is no answer"),
)
