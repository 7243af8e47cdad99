"""Of a marketing contact we hold basic contact data, and nothing else.

Catalogue: DP-05.

## Why we promise this
We say that it is basic e-mail contact data, found in a context that fits. A profile is something else.

## How to keep it
List the promised columns in `data.tables.contacts.columns` of targets.toml and keys, times and the like in
`data.tables.contacts.technical`; remove the others. Spelling with another case or with underscores is the same.
"""

from audit.kinds.counted import promised_columns
from audit.kinds.data import CONTACT_COLUMNS
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = CONTACT_COLUMNS
SEVERITY = Severity.MEDIUM


def judge(table: Resource, targets: Targets) -> Ruling:
    return promised_columns(table, targets, "contacts")


_TARGETS = {
    "data.tables.contacts.columns": ["Name", "Email"],
    "data.tables.contacts.technical": ["ContactId"],
}

EXAMPLES = (
    Example(Verdict.KEPT, {"columns": ["Name", "ContactId"]}, targets=_TARGETS),
    Example(Verdict.KEPT, {"columns": ["name", "e_mail"]}, targets=_TARGETS, note="spelt otherwise"),
    Example(Verdict.BROKEN, {"columns": ["Name", "Income"]}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"columns": []}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"columns": None}, targets=_TARGETS),
)
