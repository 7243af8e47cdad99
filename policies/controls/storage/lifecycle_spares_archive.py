"""No lifecycle rule deletes from the archive before its time.

Catalogue: STO-17.

## Why we promise this
A rule that deletes too early works for months without anybody noticing, and against a lock it is a sign that somebody
means the archive to end sooner than promised.

## How to keep it
Take `delete` out of the actions of the account's `storage.ManagementPolicy`, or let it wait at least as many days as
the archive is kept.
"""

from typing import Any

from audit.kinds.storage import MANAGEMENT_POLICY, STORAGE_ACCOUNT
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Part,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    kept,
    not_applicable,
)

ON = STORAGE_ACCOUNT
NEEDS = (MANAGEMENT_POLICY,)
SEVERITY = Severity.MEDIUM
# When a deletion may start to count; the last change of tier only ever makes it later.
# https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure
MADE = "daysAfterCreationGreaterThan"
CLOCKS = ("daysAfterModificationGreaterThan", MADE, "daysAfterLastAccessTimeGreaterThan")
DELETIONS = {
    "definition.actions.baseBlob.delete": CLOCKS,
    "definition.actions.snapshot.delete": (MADE,),
    "definition.actions.version.delete": (MADE,),
}
ACTIONS = {path.split(".")[2] for path in DELETIONS}
ABSENT = {
    **dict.fromkeys(DELETIONS, "azure-native 3.29 docstring of storage.ManagementPolicyBaseBlob.delete"),
    **dict.fromkeys(CLOCKS, "azure-native 3.29 docstring of storage.DateAfterModification: each is optional"),
}


def judge(account: Resource, estate: Estate, targets: Targets) -> Ruling:
    if "archive" not in account.classes():
        return not_applicable("the account is not tagged data=archive")
    promised = targets.number("storage.archive_days")
    for policy in estate.children(account, MANAGEMENT_POLICY):
        for rule in policy.each("policy.rules"):
            early = _earliest(rule)
            if early is not None and early < promised:
                reason = f"rule {rule.read('name', str)} deletes after {early} days, promised {promised}"
                return broken(reason, subject=policy)
    return kept(f"no lifecycle rule deletes before {promised} days are over")


def _earliest(rule: Part) -> int | None:
    """Return after how many days a rule may delete, None where it never does.

    Raises `Unseen` where it deletes and does not say when, and where it does more than this control knows.
    """
    strange = set(rule.read("definition.actions", dict)) - ACTIONS
    if strange:
        raise Unseen(f"what {', '.join(sorted(strange))} does to blobs is not known to this control")
    found: list[int] = []
    for path, clocks in DELETIONS.items():
        if rule.read(path, dict, absent={}) != {}:
            days = [rule.read(f"{path}.{clock}", int, absent=-1) for clock in clocks]
            counted = [after for after in days if after >= 0]
            if not counted:
                raise Unseen(f"when rule {rule.read('name', str)} deletes was not seen")
            found.append(min(counted))
    return min(found, default=None)


def _policy(actions: object) -> Neighbour:
    rule: dict[str, Any] = {"name": "ageing", "enabled": True, "definition": {"actions": actions}}
    return Neighbour(MANAGEMENT_POLICY, {"accountName": {"$reference": "it"}, "policy": {"rules": [rule]}})


def _case(verdict: Verdict, note: str = "", **actions: object) -> Example:
    return Example(verdict, _ARCHIVE, (_policy(actions),), _TARGETS, note)


def _after(days: object, clock: str = CLOCKS[0]) -> dict[str, Any]:
    return {"delete": {clock: days}}


_ARCHIVE = {"tags": {"data": "archive mail"}}
_TARGETS = {"storage.archive_days": 2555}

EXAMPLES = (
    Example(Verdict.KEPT, _ARCHIVE, targets=_TARGETS, note="no rule at all"),
    _case(Verdict.KEPT, "it only moves", baseBlob={"tierToCool": {CLOCKS[0]: 30}}),
    _case(Verdict.BROKEN, "a day early", baseBlob=_after(2554)),
    _case(Verdict.KEPT, baseBlob=_after(2555)),
    _case(Verdict.KEPT, "a number as Pulumi sends it", baseBlob=_after(2556.0)),
    _case(Verdict.BROKEN, "old versions", baseBlob=_after(3000), version=_after(90, MADE)),
    _case(Verdict.BROKEN, "snapshots", snapshot=_after(90, MADE)),
    _case(Verdict.BROKEN, "unread for a month", baseBlob=_after(30, CLOCKS[2])),
    _case(Verdict.UNPROVEN, "by a change of tier alone", baseBlob=_after(30, "daysAfterLastTierChangeGreaterThan")),
    _case(Verdict.UNPROVEN, baseBlob=_after({"$unknown": True})),
    Example(Verdict.UNPROVEN, _ARCHIVE, (_policy({"$unknown": True}),), _TARGETS),
    Example(Verdict.NOT_APPLICABLE, {"tags": {"data": "platform"}}, targets=_TARGETS),
)
