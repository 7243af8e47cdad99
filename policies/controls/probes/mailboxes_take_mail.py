"""Every address that we publish takes mail.

Catalogue: LV-08.

## Why we promise this
Whoever wants to know, to object or to be forgotten writes to the address on the page; one that bounces is no channel.

## How to keep it
Let each address of the target `probes.mailboxes` exist, and the filter know it. That mail is taken does not show that
somebody reads it: who answers is attested (AT-10).
"""

from audit.kinds.probes import MAILBOX
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = MAILBOX
SEVERITY = Severity.HIGH


def judge(box: Resource) -> Ruling:
    outcome = box.read("outcome", str)
    if outcome == "takes mail":
        return kept("the mail exchanger takes mail for it")
    if outcome == "refused":
        return broken("the mail exchanger refuses mail for it")
    raise Unseen("the mail exchanger put the question off")


EXAMPLES = (
    Example(Verdict.KEPT, {"outcome": "takes mail"}),
    Example(Verdict.BROKEN, {"outcome": "refused"}),
    Example(Verdict.UNPROVEN, {"outcome": "put off"}),
    Example(Verdict.UNPROVEN, {"outcome": None}),
)
