"""Storage accounts refuse anonymous reads.

Catalogue: STO-03.

## Why we promise this
A public container serves personal data to anyone who guesses its address.

## How to keep it
Set `allow_blob_public_access=False` on the account: no container can then opt in.
"""

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = STORAGE_ACCOUNT
SEVERITY = Severity.CRITICAL


def judge(account: Resource) -> Ruling:
    # Azure's default for new accounts is false, and true on accounts made before 2023, so absence proves nothing.
    if account.read("allowBlobPublicAccess", bool) is False:
        return kept("anonymous reads are off for the whole account")
    return broken("a container may opt in to anonymous reads", change={"allowBlobPublicAccess": False})


EXAMPLES = (
    Example(Verdict.KEPT, {"allowBlobPublicAccess": False}),
    Example(Verdict.BROKEN, {"allowBlobPublicAccess": True}),
    Example(Verdict.UNPROVEN, {"allowBlobPublicAccess": None}),
)
