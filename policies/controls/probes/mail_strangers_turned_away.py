"""Our mail hosts take mail from the filter partner alone: a stranger is turned away.

Catalogue: DNS-06.

## Why we promise this
Mail that goes round the filter was searched for neither viruses nor fraud, and nobody logged it.

## How to keep it
Let the network security group in front of the mail hosts admit port 25 from the partner's ranges only (target
`smtp.partner_ranges`), and the servers themselves refuse anybody else. `audit probe` talks to every mail host and
public address of ours as a stranger would, and leaves before any message. What is silent counts only while a mail
exchanger of the partner answers the same probe.
"""

from audit.kinds.probes import MAIL_DOOR
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept, not_applicable

ON = MAIL_DOOR
SEVERITY = Severity.CRITICAL

SHUT = ("refused", "silent", "turned away")


def judge(door: Resource) -> Ruling:
    if door.read("role", str) != "own":
        return not_applicable("it is not a mail host that serves the filter alone")
    outcome = door.read("outcome", str)
    if outcome in SHUT:
        return kept(f"a stranger is {'met with silence' if outcome == 'silent' else outcome}")
    if outcome == "put off":
        raise Unseen("a stranger was put off until later, which is neither yes nor no")
    return broken(f"a stranger {outcome}" if outcome == "relays" else "it takes mail from a stranger, past the filter")


EXAMPLES = (
    Example(Verdict.KEPT, {"role": "own", "outcome": "refused"}),
    Example(Verdict.KEPT, {"role": "own", "outcome": "silent"}),
    Example(Verdict.KEPT, {"role": "own", "outcome": "turned away", "startTls": True}),
    Example(Verdict.BROKEN, {"role": "own", "outcome": "takes mail"}),
    Example(Verdict.BROKEN, {"role": "own", "outcome": "relays"}),
    Example(Verdict.UNPROVEN, {"role": "own", "outcome": "put off"}, note="a grey list"),
    Example(Verdict.UNPROVEN, {"role": "own", "outcome": None}),
    Example(Verdict.NOT_APPLICABLE, {"role": "partner", "outcome": "takes mail"}),
)
