"""Of a customer's installation we hold what identifies its licence and whom to contact.

Catalogue: DP-07.

## Why we promise this
That is all that we say we need of a current customer.

## How to keep it
List the promised columns in `data.tables.licences.columns` of targets.toml and keys, times and the like in
`data.tables.licences.technical`; remove the others. Spelling with another case or with underscores is the same.
"""

from audit.kinds.counted import promised_columns
from audit.kinds.data import LICENCE_COLUMNS
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = LICENCE_COLUMNS
SEVERITY = Severity.MEDIUM


def judge(table: Resource, targets: Targets) -> Ruling:
    return promised_columns(table, targets, "licences")


_TARGETS = {
    "data.tables.licences.columns": ["LicenceKey", "Contact"],
    "data.tables.licences.technical": ["LicenceId"],
}

EXAMPLES = (
    Example(Verdict.KEPT, {"columns": ["LicenceKey", "LicenceId"]}, targets=_TARGETS),
    Example(Verdict.KEPT, {"columns": ["licence_key", "CONTACT"]}, targets=_TARGETS, note="spelt otherwise"),
    Example(Verdict.BROKEN, {"columns": ["LicenceKey", "Birthday"]}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"columns": []}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"columns": None}, targets=_TARGETS),
)
