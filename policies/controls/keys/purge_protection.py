"""Keys cannot be destroyed before their time.

Catalogue: KEY-02.

## Why we promise this
Whoever purges a key destroys every copy it encrypts, backups included.

## How to keep it
Set `enable_purge_protection=True` in the vault's `properties`. Azure never takes it back.
"""

from audit.kinds.keyvault import KEY_VAULT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = KEY_VAULT
SEVERITY = Severity.CRITICAL


def judge(vault: Resource) -> Ruling:
    if vault.read("enablePurgeProtection", bool) is True:
        return kept("deleted keys stay recoverable until their time is over")
    return broken("deleted keys can be purged at once", change={"enablePurgeProtection": True})


EXAMPLES = (
    Example(Verdict.KEPT, {"enablePurgeProtection": True}),
    Example(Verdict.BROKEN, {"enablePurgeProtection": False}),
    Example(Verdict.UNPROVEN, {}),
)
