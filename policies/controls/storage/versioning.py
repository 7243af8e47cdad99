"""Blob services keep earlier versions and a feed of every change.

Catalogue: STO-10.

## Why we promise this
What someone overwrites or deletes can be brought back, and the feed says when it happened.

## How to keep it
Declare `storage.BlobServiceProperties` for the account with `is_versioning_enabled=True` and
`change_feed=storage.ChangeFeedArgs(enabled=True)`.
"""

from audit.kinds.storage import BLOB_SERVICE, STORAGE_ACCOUNT
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, broken, kept, missing

ON = STORAGE_ACCOUNT
NEEDS = (BLOB_SERVICE,)
SEVERITY = Severity.HIGH
PROMISED = {"isVersioningEnabled": True, "changeFeed.enabled": True}


def judge(account: Resource, estate: Estate) -> Ruling:
    services = estate.children(account, BLOB_SERVICE)
    if not services:
        return missing(
            "its blob service is not set up, so no version is kept",
            declare="storage.BlobServiceProperties(is_versioning_enabled=True, change_feed=…)",
        )
    for service in services:
        wrong = {path: value for path, value in PROMISED.items() if service.read(path, bool) is not value}
        if wrong:
            return broken(f"off: {', '.join(wrong)}", change=wrong, subject=service)
    return kept("earlier versions are kept, and changes are recorded")


def _service(versioning: object, feed: object) -> Neighbour:
    link = {"accountName": {"$reference": "it"}}
    return Neighbour(BLOB_SERVICE, {**link, "isVersioningEnabled": versioning, "changeFeed": {"enabled": feed}})


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_service(versioning=True, feed=True),)),
    Example(Verdict.BROKEN, {}, (_service(versioning=False, feed=True),)),
    Example(Verdict.BROKEN, {}, (_service(versioning=True, feed=False),)),
    Example(Verdict.BROKEN, {}, note="no blob service is declared"),
    Example(Verdict.UNPROVEN, {}, (_service(versioning=None, feed=True),)),
    Example(Verdict.UNPROVEN, {}, (_service(versioning=True, feed={"$unknown": True}),)),
)
