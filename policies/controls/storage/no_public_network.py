"""Storage accounts are closed to the public network.

Catalogue: STO-06.

## Why we promise this
An account that the whole internet can reach is one stolen credential away from a leak.

## How to keep it
Set `public_network_access="Disabled"` on the account, and in `network_rule_set` set `default_action="Deny"` and
`ip_rules=[]`, so that a later change of the first switch alone still opens nothing.
"""

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = STORAGE_ACCOUNT
SEVERITY = Severity.HIGH


def judge(account: Resource) -> Ruling:
    access = account.read("publicNetworkAccess", str)
    if not same(access, "Disabled"):
        reason = f"public network access is {access}, promised Disabled"
        return broken(reason, change={"publicNetworkAccess": "Disabled"})
    action = account.read("networkAcls.defaultAction", str)
    if not same(action, "Deny"):
        reason = f"what no rule names is met with {action}, promised Deny"
        return broken(reason, change={"networkAcls.defaultAction": "Deny"})
    rules = account.each("networkAcls.ipRules")
    if rules:
        return broken(f"{len(rules)} address ranges are let in, promised none", change={"networkAcls.ipRules": []})
    return kept("public network access is Disabled, and what no rule names is denied")


_CLOSED = {"publicNetworkAccess": "Disabled", "networkAcls": {"defaultAction": "Deny", "ipRules": []}}

EXAMPLES = (
    Example(Verdict.KEPT, _CLOSED),
    Example(Verdict.BROKEN, {**_CLOSED, "publicNetworkAccess": "Enabled"}),
    Example(Verdict.BROKEN, {**_CLOSED, "networkAcls": {"defaultAction": "Allow", "ipRules": []}}),
    Example(Verdict.BROKEN, {**_CLOSED, "networkAcls": {"defaultAction": "Deny", "ipRules": [{"value": "192.0.2.1"}]}}),
    Example(Verdict.UNPROVEN, {"publicNetworkAccess": "Disabled"}),
    Example(Verdict.UNPROVEN, {**_CLOSED, "publicNetworkAccess": None}),
)
