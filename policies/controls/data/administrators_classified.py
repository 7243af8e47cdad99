"""The promised fields of administrators are classified in the database, each of them.

Catalogue: SQL-21.

## Why we promise this
A classified column shows in the audit log whoever reads it, and in every report of where personal data is. One that is
not is read unnoticed.

## How to keep it
`ADD SENSITIVITY CLASSIFICATION TO` each column of `data.tables.administrators.columns`, as
https://learn.microsoft.com/sql/t-sql/statements/add-sensitivity-classification-transact-sql says.
"""

from audit.kinds.counted import strangers
from audit.kinds.data import ADMINISTRATOR_COLUMNS
from audit.model import Example, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept

ON = ADMINISTRATOR_COLUMNS
SEVERITY = Severity.MEDIUM


def judge(table: Resource, targets: Targets) -> Ruling:
    technical = targets.names("data.tables.administrators.technical", may_be_empty=True)
    personal = strangers(table.texts("columns"), technical)
    if not personal:
        raise Unseen("no column but technical ones was told")
    if bare := strangers(tuple(personal), table.texts("labelled")):
        return broken(f"{len(bare)} of {len(personal)} columns are not classified: {', '.join(bare)}")
    return kept(f"all {len(personal)} columns of personal data are classified")


_TARGETS = {"data.tables.administrators.technical": ["AdministratorId"]}


def _table(labelled: list[str] | None, columns: tuple[str, ...] = ("AdministratorId", "Email")) -> dict[str, object]:
    return {"columns": list(columns), "labelled": labelled}


EXAMPLES = (
    Example(Verdict.KEPT, _table(["Email"]), targets=_TARGETS),
    Example(Verdict.BROKEN, _table([]), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _table(None), targets=_TARGETS, note="the database does not tell"),
    Example(Verdict.UNPROVEN, _table([], ("AdministratorId",)), targets=_TARGETS),
)
