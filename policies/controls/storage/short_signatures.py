"""Access signatures are valid for a day at most, and longer ones are refused.

Catalogue: STO-19.

## Why we promise this
A signed address opens what it names to whoever holds it, and cannot be called back one by one: it must die soon.

## How to keep it
On the account set `sas_policy=SasPolicyArgs(sas_expiration_period="01.00:00:00", expiration_action="Block")`. With
`Log`, which the SDK sends by itself, a longer one is noted and honoured.
"""

import re
from datetime import timedelta

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept, same

ON = STORAGE_ACCOUNT
SEVERITY = Severity.MEDIUM
PERIOD, ACTION = "sasPolicy.sasExpirationPeriod", "sasPolicy.expirationAction"


def judge(account: Resource, targets: Targets) -> Ruling:
    most, text = targets.number("storage.signature_hours"), account.read(PERIOD, str)
    if _period(text) > timedelta(hours=most):
        days, hours = divmod(most, 24)
        return broken(f"valid for {text}, promised {most} hours", change={PERIOD: f"{days:02}.{hours:02}:00:00"})
    action = account.read(ACTION, str)
    if not same(action, "Block"):
        return broken(f"longer ones meet with {action}, promised Block", change={ACTION: "Block"})
    return kept(f"valid for {text}, promised {most} hours; longer ones meet with Block")


def _period(text: str) -> timedelta:
    """Read `days.hours:minutes:seconds`; raises `Unseen` for anything else."""
    found = re.fullmatch(r"(\d+)\.(\d+):(\d+):(\d+)", text, re.ASCII)
    if found is None:
        raise Unseen(f"{PERIOD} is {text!r}, which is no period")
    days, hours, minutes, seconds = map(int, found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _case(verdict: Verdict, period: object, action: object = "Block", note: str = "") -> Example:
    policy = {"sasExpirationPeriod": period, "expirationAction": action}
    return Example(verdict, {"sasPolicy": policy}, targets={"storage.signature_hours": 24}, note=note)


EXAMPLES = (
    _case(Verdict.KEPT, "00.08:00:00"),
    _case(Verdict.KEPT, "01.00:00:00"),
    _case(Verdict.BROKEN, "01.00:00:01"),
    _case(Verdict.BROKEN, "30.00:00:00"),
    _case(Verdict.BROKEN, "00.08:00:00", "Log", "noted and honoured"),
    _case(Verdict.UNPROVEN, "P1D", note="another spelling"),
    _case(Verdict.UNPROVEN, None),
    _case(Verdict.UNPROVEN, "00.08:00:00", None),
)
