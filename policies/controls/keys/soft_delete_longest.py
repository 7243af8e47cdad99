"""Deleted keys and vaults can be brought back for as long as Azure offers.

Catalogue: KEY-03.

## Why we promise this
A key deleted by mistake or in anger takes all that it encrypts with it, and may be missed late.

## How to keep it
Set `enable_soft_delete=True` and `soft_delete_retention_in_days` to the days of the target `keys.soft_delete_days` in
the vault's `properties`. The days are set when a vault is made, and not later.
"""

from typing import Any

from audit.kinds.keyvault import KEY_VAULT
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = KEY_VAULT
SEVERITY = Severity.HIGH

DAYS = "softDeleteRetentionInDays"


def judge(vault: Resource, targets: Targets) -> Ruling:
    promised = targets.number("keys.soft_delete_days")
    if vault.read("enableSoftDelete", bool) is not True:
        return broken("what is deleted is gone at once", change={"enableSoftDelete": True})
    seen = vault.read(DAYS, int)
    if seen < promised:
        return broken(f"kept {seen} days after deletion, promised {promised}", change={DAYS: promised})
    return kept(f"kept {seen} days after deletion, promised {promised}")


_TARGETS = {"keys.soft_delete_days": 90}


def _vault(days: Any, *, on: Any = True) -> dict[str, Any]:
    return {"enableSoftDelete": on, DAYS: days}


EXAMPLES = (
    Example(Verdict.KEPT, _vault(90), (), _TARGETS),
    Example(Verdict.BROKEN, _vault(89), (), _TARGETS),
    Example(Verdict.BROKEN, _vault(90, on=False), (), _TARGETS),
    Example(Verdict.UNPROVEN, _vault(None), (), _TARGETS),
    Example(Verdict.UNPROVEN, _vault(90, on=None), (), _TARGETS),
)
