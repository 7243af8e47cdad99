"""Blob containers grant no anonymous access.

Catalogue: STO-03.

## Why we promise this
A public container serves personal data to anyone who guesses its address. The account's own switch stops that for all
of its containers; this is the second lock, for the day on which the first is opened.

## How to keep it
Set `public_access=storage.PublicAccess.NONE` on the container.
"""

from audit.kinds.storage import BLOB_CONTAINER
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = BLOB_CONTAINER
SEVERITY = Severity.CRITICAL


def judge(container: Resource) -> Ruling:
    access = container.read("publicAccess", str)
    if same(access, "None"):
        return kept("nothing is served without credentials")
    return broken(f"public access is {access}, promised None", change={"publicAccess": "None"})


EXAMPLES = (
    Example(Verdict.KEPT, {"publicAccess": "None"}),
    Example(Verdict.BROKEN, {"publicAccess": "Blob"}),
    Example(Verdict.BROKEN, {"publicAccess": "Container"}),
    Example(Verdict.UNPROVEN, {}),
    Example(Verdict.UNPROVEN, {"publicAccess": {"$unknown": True}}),
)
