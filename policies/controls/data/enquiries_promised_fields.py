"""Of an enquiry we hold what the form asks for, the opt-in and the opt-out.

Catalogue: DP-04.

## Why we promise this
Whoever enquires is told what is asked and why. What is stored beside it was never asked for.

## How to keep it
List the promised columns in `data.tables.enquiries.columns` of targets.toml and keys, times and the like in
`data.tables.enquiries.technical`; remove the others. Spelling with another case or with underscores is the same.
"""

from audit.kinds.counted import promised_columns
from audit.kinds.data import ENQUIRY_COLUMNS
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict

ON = ENQUIRY_COLUMNS
SEVERITY = Severity.HIGH


def judge(table: Resource, targets: Targets) -> Ruling:
    return promised_columns(table, targets, "enquiries")


_TARGETS = {
    "data.tables.enquiries.columns": ["Name", "Email"],
    "data.tables.enquiries.technical": ["EnquiryId"],
}

EXAMPLES = (
    Example(Verdict.KEPT, {"columns": ["Name", "EnquiryId"]}, targets=_TARGETS),
    Example(Verdict.KEPT, {"columns": ["name", "e_mail"]}, targets=_TARGETS, note="spelt otherwise"),
    Example(Verdict.BROKEN, {"columns": ["Name", "Employer"]}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"columns": []}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"columns": None}, targets=_TARGETS),
)
