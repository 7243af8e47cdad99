"""The archive can be neither changed nor deleted for the promised days.

Catalogue: STO-13.

## Why we promise this
Archived mail is kept for the customer as it was; nobody, not even an administrator, may shorten that. This control
asks for the policy and its period. Whether the policy is locked for good is a control of its own, since locking is a
door that cannot be opened again. Appending to a blob changes nothing that is there, so it may stay allowed.

## How to keep it
When the account is created, set `immutable_storage_with_versioning` with `enabled=True` and an `immutability_policy`
with `immutability_period_since_creation_in_days` and `state="Unlocked"`.
"""

from typing import Any

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept, not_applicable, same

ON = STORAGE_ACCOUNT
SEVERITY = Severity.CRITICAL
WORM = "immutableStorageWithVersioning"
POLICY = f"{WORM}.immutabilityPolicy"


def judge(account: Resource, targets: Targets) -> Ruling:
    if "archive" not in account.classes():
        return not_applicable("the account is not tagged data=archive")
    if account.read(f"{WORM}.enabled", bool) is not True:
        return broken("its blobs can be changed and deleted", change={f"{WORM}.enabled": True})
    state = account.read(f"{POLICY}.state", str)
    if not (same(state, "Unlocked") or same(state, "Locked")):
        reason = f"the policy is {state}, promised Unlocked or Locked"
        return broken(reason, change={f"{POLICY}.state": "Unlocked"})
    promised = targets.number("storage.archive_days")
    period = account.read(f"{POLICY}.immutabilityPeriodSinceCreationInDays", int)
    if period < promised:
        change = {f"{POLICY}.immutabilityPeriodSinceCreationInDays": promised}
        return broken(f"kept {period} days, promised {promised}", change=change)
    return kept(f"kept {period} days, promised {promised}; the policy is {state}")


def _case(
    verdict: Verdict, days: int, state: str = "Unlocked", *, enabled: bool = True, data: str = "archive"
) -> Example:
    policy = {"state": state, "immutabilityPeriodSinceCreationInDays": days}
    body: dict[str, Any] = {"tags": {"data": data}, WORM: {"enabled": enabled, "immutabilityPolicy": policy}}
    return Example(verdict, body, targets={"storage.archive_days": 2555})


EXAMPLES = (
    _case(Verdict.BROKEN, 2554),
    _case(Verdict.KEPT, 2555),
    _case(Verdict.KEPT, 2556, "Locked", data="mail archive"),
    _case(Verdict.BROKEN, 2555, "Disabled"),
    _case(Verdict.BROKEN, 2555, enabled=False),
    _case(Verdict.NOT_APPLICABLE, 1, "Disabled", data="platform"),
    Example(Verdict.UNPROVEN, {"tags": {"data": "archive"}}),
    Example(Verdict.UNPROVEN, {"tags": {"$unknown": True}}, note="what it holds is not known yet"),
    Example(Verdict.UNPROVEN, {"tags": {"data": "archive"}, WORM: {"enabled": True}}, note="no policy is seen"),
)
