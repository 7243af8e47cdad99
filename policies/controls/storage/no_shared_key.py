"""Storage accounts take no shared keys, only identities.

Catalogue: STO-04.

## Why we promise this
A shared key opens everything, names nobody in the log, and works until someone thinks of changing it.

## How to keep it
Set `allow_shared_key_access=False` and `default_to_o_auth_authentication=True` on the account.
"""

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = STORAGE_ACCOUNT
SEVERITY = Severity.HIGH
PROMISED = {"allowSharedKeyAccess": False, "defaultToOAuthAuthentication": True}


def judge(account: Resource) -> Ruling:
    wrong = {path: value for path, value in PROMISED.items() if account.read(path, bool) is not value}
    if not wrong:
        return kept("shared keys are off, and clients sign in as someone")
    if "allowSharedKeyAccess" in wrong:
        return broken("anyone who holds the account's key gets in", change=wrong)
    return broken("the portal asks for the account's key first, promised the user's identity", change=wrong)


EXAMPLES = (
    Example(Verdict.KEPT, {"allowSharedKeyAccess": False, "defaultToOAuthAuthentication": True}),
    Example(Verdict.BROKEN, {"allowSharedKeyAccess": True, "defaultToOAuthAuthentication": True}),
    Example(Verdict.BROKEN, {"allowSharedKeyAccess": False, "defaultToOAuthAuthentication": False}),
    Example(
        Verdict.UNPROVEN,
        {"defaultToOAuthAuthentication": True},
        note="Azure reads a missing switch as true, so it is no promise",
    ),
)
