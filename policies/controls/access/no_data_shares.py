"""Nothing is shared with other tenants by Azure Data Share.

Catalogue: ACC-10.

## Why we promise this
A share copies data to whoever accepted the invitation, again and again, by itself, past every firewall rule.

## How to keep it
Declare no `datashare.Account`, and delete one that was made by hand.
"""

from audit.kinds.datashare import DATA_SHARE_ACCOUNT
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import demand_seen
from audit.model import Estate, Example, Neighbour, Ruling, Severity, Verdict, broken, kept

NEEDS = (DATA_SHARE_ACCOUNT, RESOURCE_GROUP)
SEVERITY = Severity.MEDIUM


def judge(estate: Estate) -> Ruling:
    demand_seen(estate)
    accounts = estate.of(DATA_SHARE_ACCOUNT)
    if not accounts:
        return kept("there is no Data Share account")
    # All are named, not the first alone: a second one is another finding.
    names = ", ".join(account.name for account in accounts)
    return broken(f"{names} can share data with other tenants, promised none", subject=accounts[0])


_GROUP = Neighbour(RESOURCE_GROUP, {}, "group")

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_GROUP,)),
    Example(Verdict.BROKEN, {}, (_GROUP, Neighbour(DATA_SHARE_ACCOUNT, {}, "shares"))),
    Example(Verdict.UNPROVEN, {}, (), note="nothing was seen"),
)
