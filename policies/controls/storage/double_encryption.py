"""What is stored is encrypted twice, with two keys and two algorithms.

Catalogue: STO-09.

## Why we promise this
If one key leaks or one algorithm is broken, the other layer still stands.

## How to keep it
Set `require_infrastructure_encryption=True` in the account's `encryption`. Azure reads that at creation only: an
account without it is replaced by a new one.
"""

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = STORAGE_ACCOUNT
SEVERITY = Severity.MEDIUM
SECOND_LAYER = "encryption.requireInfrastructureEncryption"


def judge(account: Resource) -> Ruling:
    if account.read(SECOND_LAYER, bool) is True:
        return kept("a second layer of encryption lies below the first")
    return broken("it is encrypted once, promised twice", change={SECOND_LAYER: True})


EXAMPLES = (
    Example(Verdict.KEPT, {"encryption": {"requireInfrastructureEncryption": True}}),
    Example(Verdict.BROKEN, {"encryption": {"requireInfrastructureEncryption": False}}),
    Example(Verdict.UNPROVEN, {"encryption": {}}, note="Azure leaves it out where it was never asked for"),
)
