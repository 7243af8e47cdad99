"""Key vaults are opened by roles, never by access policies.

Catalogue: KEY-01.

## Why we promise this
An access policy is granted in the vault, out of sight of the role reviews that show who can decrypt the data.

## How to keep it
Set `enable_rbac_authorization=True` in the vault's `properties`; azure-native sends `False` where it is left out.
"""

from audit.kinds.keyvault import KEY_VAULT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = KEY_VAULT
SEVERITY = Severity.HIGH


def judge(vault: Resource) -> Ruling:
    if vault.read("enableRbacAuthorization", bool) is True:
        return kept("only roles open the vault")
    return broken("access policies open the vault, promised roles only", change={"enableRbacAuthorization": True})


EXAMPLES = (
    Example(Verdict.KEPT, {"enableRbacAuthorization": True}),
    Example(Verdict.BROKEN, {"enableRbacAuthorization": False}),
    Example(Verdict.UNPROVEN, {"enableRbacAuthorization": None}),
)
