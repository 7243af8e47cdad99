"""Storage accounts refuse TLS older than 1.2.

Catalogue: STO-02.

## Why we promise this
Older versions can be broken by someone who records the traffic.

## How to keep it
Set `minimum_tls_version="TLS1_2"` on the account. A higher floor keeps the promise too, once the service takes one.
"""

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = STORAGE_ACCOUNT
SEVERITY = Severity.HIGH


def judge(account: Resource) -> Ruling:
    floor = account.read("minimumTlsVersion", str)
    if same(floor, "TLS1_2") or same(floor, "TLS1_3"):
        return kept(f"the lowest version taken is {floor}")
    return broken(f"{floor} is taken, promised TLS1_2 at least", change={"minimumTlsVersion": "TLS1_2"})


EXAMPLES = (
    Example(Verdict.KEPT, {"minimumTlsVersion": "TLS1_2"}),
    Example(Verdict.KEPT, {"minimumTlsVersion": "TLS1_3"}, note="higher than promised"),
    Example(Verdict.BROKEN, {"minimumTlsVersion": "TLS1_1"}),
    Example(Verdict.BROKEN, {"minimumTlsVersion": "TLS1_0"}),
    Example(Verdict.UNPROVEN, {}),
)
