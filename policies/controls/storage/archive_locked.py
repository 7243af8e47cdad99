"""The archive's immutability policy is locked.

Catalogue: STO-13.

## Why we promise this
An unlocked policy can be shortened or taken off by whoever may write to the account, so until it is locked the archive
is only as safe as the administrator's credentials.

## How to keep it
Check the period, then close the door with `audit lock`: it closes for good. Declare `state="Locked"` in the account's
`immutability_policy` once it is closed.
"""

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, not_applicable, same

ON = STORAGE_ACCOUNT
SEVERITY = Severity.CRITICAL
ONE_WAY = True
STATE = "immutableStorageWithVersioning.immutabilityPolicy.state"


def judge(account: Resource) -> Ruling:
    if "archive" not in account.classes():
        return not_applicable("the account is not tagged data=archive")
    state = account.read(STATE, str)
    if same(state, "Locked"):
        return kept("the policy is Locked")
    return broken(f"the policy is {state}, promised Locked", change={STATE: "Locked"})


def _case(verdict: Verdict, state: object, data: str = "archive") -> Example:
    policy = {"immutabilityPolicy": {"state": state}}
    return Example(verdict, {"tags": {"data": data}, "immutableStorageWithVersioning": policy})


_UNLOCKED = {"immutableStorageWithVersioning": {"immutabilityPolicy": {"state": "Unlocked"}}}

EXAMPLES = (
    _case(Verdict.KEPT, "Locked"),
    _case(Verdict.KEPT, "Locked", "mail archive"),
    _case(Verdict.BROKEN, "Unlocked"),
    _case(Verdict.BROKEN, "Unlocked", "Mail,Archive"),
    Example(Verdict.BROKEN, {"tags": {"Data": "archive"}, **_UNLOCKED}, note="Azure knows a tag's name in any case"),
    _case(Verdict.BROKEN, "Disabled"),
    _case(Verdict.NOT_APPLICABLE, "Unlocked", "platform"),
    _case(Verdict.UNPROVEN, None),
)
