"""Shared keys of storage accounts are off, or were renewed in the last quarter.

Catalogue: STO-19.

## Why we promise this
A shared key opens everything and names nobody. Where one is taken at all, it must not be the one that somebody who
left last year still has.

## How to keep it
Set `allow_shared_key_access=False` on the account; until then renew both keys.
"""

from datetime import timedelta

from audit.kinds.moments import age, words
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Plane, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = STORAGE_ACCOUNT
PLANES = (Plane.LIVE,)
SEVERITY = Severity.MEDIUM
KEYS = ("key1", "key2")


def judge(account: Resource, targets: Targets) -> Ruling:
    if account.read("allowSharedKeyAccess", bool) is False:
        return kept("shared keys are off")
    most = targets.number("storage.key_days")
    oldest = max(age(account, f"keyCreationTime.{key}") for key in KEYS)
    if oldest > timedelta(days=most):
        reason = f"a shared key is {words(oldest)} old, promised {most} days or none at all"
        return broken(reason, change={"allowSharedKeyAccess": False})
    return kept(f"the older shared key is {words(oldest)} old, promised {most} days")


def _case(verdict: Verdict, first: object, second: object = "2026-01-01T00:00:00Z", note: str = "") -> Example:
    body = {"allowSharedKeyAccess": True, "keyCreationTime": {"key1": first, "key2": second}}
    return Example(verdict, body, targets={"storage.key_days": 90}, note=note)


EXAMPLES = (
    Example(Verdict.KEPT, {"allowSharedKeyAccess": False}),
    _case(Verdict.KEPT, "2025-10-17T12:00:00Z", note="90 days"),
    _case(Verdict.BROKEN, "2025-10-16T12:00:00Z", note="91 days"),
    _case(Verdict.BROKEN, "2026-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
    _case(Verdict.UNPROVEN, None),
    Example(Verdict.UNPROVEN, {"keyCreationTime": {"key1": "2020-01-01T00:00:00Z", "key2": "2020-01-01T00:00:00Z"}}),
)
