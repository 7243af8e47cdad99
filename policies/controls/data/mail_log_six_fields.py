"""The mail filter's log holds the six promised fields, and no content.

Catalogue: MON-10.

## Why we promise this
The log says that a message passed, from whom, to whom and when. A column with its body would be the message itself.

## How to keep it
List the promised columns in `data.tables.mail-log.columns` of targets.toml and keys, times and the like in
`data.tables.mail-log.technical`; remove the others. Spelling with another case or with underscores is the same. A log
in Log Analytics is read from the estate's snapshot, with how long it is kept (`data.tables.mail-log.days`).
"""

from audit.kinds.counted import promised_columns
from audit.kinds.data import MAIL_LOG_COLUMNS
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken

ON = MAIL_LOG_COLUMNS
SEVERITY = Severity.HIGH


def judge(table: Resource, targets: Targets) -> Ruling:
    ruling = promised_columns(table, targets, "mail-log")
    most = targets.number("data.tables.mail-log.days") if table.read("workspace", bool, absent=False) is True else 0
    if ruling.verdict is Verdict.KEPT and most and table.read("days", int) > most:
        return broken(f"the workspace keeps it for {table.read('days', int)} days, promised {most}")
    return ruling


ABSENT = {"workspace": "audit/sources/data/tables.py: a table in a database has none, and its age is a rule of its own"}
_TARGETS = {
    "data.tables.mail-log.days": 90,
    "data.tables.mail-log.columns": ["SenderAddress", "Subject"],
    "data.tables.mail-log.technical": ["TimeGenerated"],
}

EXAMPLES = (
    Example(Verdict.KEPT, {"columns": ["SenderAddress", "TimeGenerated"]}, targets=_TARGETS),
    Example(Verdict.KEPT, {"columns": ["sender_address", "SUBJECT"]}, targets=_TARGETS, note="spelt otherwise"),
    Example(Verdict.BROKEN, {"columns": ["SenderAddress", "Body"]}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"columns": []}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"columns": None}, targets=_TARGETS),
    Example(Verdict.KEPT, {"columns": ["Subject"], "workspace": True, "days": 90}, targets=_TARGETS),
    Example(Verdict.BROKEN, {"columns": ["Subject"], "workspace": True, "days": 91}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"columns": ["Subject"], "workspace": True, "days": None}, targets=_TARGETS),
)
