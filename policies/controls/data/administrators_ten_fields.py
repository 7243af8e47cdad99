"""Of an administrator we hold the promised fields, and nothing else.

Catalogue: SQL-21.

## Why we promise this
The statement lists what we hold of an administrator, and ends the list. One more column is data that nobody was told
of.

## How to keep it
List the promised columns in `data.tables.administrators.columns` of targets.toml and keys, times and the like in
`data.tables.administrators.technical`; remove the others. Spelling with another case or with underscores is the same.
"""

from audit.kinds.counted import promised_columns
from audit.kinds.data import ADMINISTRATOR_COLUMNS
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = ADMINISTRATOR_COLUMNS
SEVERITY = Severity.HIGH


def judge(table: Resource, targets: Targets) -> Ruling:
    return promised_columns(table, targets, "administrators")


_TARGETS = {
    "data.tables.administrators.columns": ["CompanyName", "Email"],
    "data.tables.administrators.technical": ["AdministratorId"],
}

EXAMPLES = (
    Example(Verdict.KEPT, {"columns": ["CompanyName", "AdministratorId"]}, targets=_TARGETS),
    Example(Verdict.KEPT, {"columns": ["company_name", "EMAIL"]}, targets=_TARGETS, note="spelt otherwise"),
    Example(Verdict.BROKEN, {"columns": ["CompanyName", "DateOfBirth"]}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"columns": []}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"columns": None}, targets=_TARGETS),
)
