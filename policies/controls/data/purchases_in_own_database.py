"""What customers bought is recorded in our own database, in tables whose rows lie there.

Catalogue: DP-07.

## Why we promise this
We say that a purchase is held inside our network. An external table looks like one of ours, and reads from elsewhere.

## How to keep it
Name the tables of licences and purchases in `data.rules.purchases.tables`, and keep them as plain tables of the
database that the target names: no external tables, no views of somebody else's service.
"""

from audit.kinds.data import PURCHASES
from audit.model import Example, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept

ON = PURCHASES
SEVERITY = Severity.HIGH


def judge(found: Resource, targets: Targets) -> Ruling:
    tables, elsewhere = found.read("tables", int), found.read("elsewhere", int)
    if tables != len(targets.names("data.rules.purchases.tables")):
        raise Unseen("other tables were looked for than data.rules.purchases.tables names: check again")
    if elsewhere:
        return broken(f"{elsewhere} of {tables} tables of purchases are no tables of our own database")
    return kept(f"all {tables} tables of purchases lie in our own database")


_TARGETS = {"data.rules.purchases.tables": ["dbo.Licences", "dbo.Purchases"]}

EXAMPLES = (
    Example(Verdict.KEPT, {"tables": 2, "elsewhere": 0}, targets=_TARGETS),
    Example(Verdict.BROKEN, {"tables": 2, "elsewhere": 1}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"tables": 1, "elsewhere": 0}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"tables": 2, "elsewhere": None}, targets=_TARGETS),
)
