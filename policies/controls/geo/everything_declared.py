"""Everything that runs is declared in a stack.

## Why we promise this
What nobody declared was reviewed by nobody: it may hold copies of personal data in a place that no one knows of.

## How to keep it
Declare the resource in a stack (`pulumi import` takes in one that exists) or delete it. What Azure makes by itself
beside declared resources, such as a server's `master` database, needs no declaration. `audit drift` compares the two;
`audit check --live` alone does not, and leaves this unproven.
"""

from audit.kinds import KINDS, UNKNOWN_TYPE
from audit.kinds.sql import SQL_DATABASE
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Estate, Example, Neighbour, Plane, Ruling, Scope, Severity, Unseen, Verdict, broken, kept

NEEDS = (*(kind for kind in KINDS if kind.pulumi and kind.scope is Scope.GROUP), UNKNOWN_TYPE)
SEVERITY = Severity.HIGH
PLANES = (Plane.LIVE,)
SHOWN = 5


def judge(estate: Estate) -> Ruling:
    found = [resource for kind in NEEDS for resource in estate.of(kind)]
    if not found:
        raise Unseen("nothing was seen that a stack could declare")
    strangers = sorted(resource.id for resource in found if not resource.declared())
    if strangers:
        more = f" and {len(strangers) - SHOWN} more" if len(strangers) > SHOWN else ""
        return broken(f"{len(strangers)} in no stack: {', '.join(strangers[:SHOWN])}{more}")
    return kept(f"all of {len(found)} are declared")


EXAMPLES = (
    Example(
        Verdict.KEPT,
        {},
        (
            Neighbour(STORAGE_ACCOUNT, {"$declaration": "urn:pulumi:production::shop::Account::archive"}, "archive"),
            Neighbour(SQL_DATABASE, {"$declaration": "Azure itself"}, "master"),
        ),
    ),
    Example(
        Verdict.BROKEN,
        {},
        (
            Neighbour(STORAGE_ACCOUNT, {"$declaration": "urn:pulumi:production::shop::Account::archive"}, "archive"),
            Neighbour(SQL_DATABASE, {"$declaration": ""}, "copy"),
        ),
        note="a database that somebody made by hand",
    ),
    Example(
        Verdict.UNPROVEN,
        {},
        (Neighbour(STORAGE_ACCOUNT, {}, "archive"),),
        note="what runs was not compared with any stack",
    ),
)
