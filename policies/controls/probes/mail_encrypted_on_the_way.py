"""Mail hosts speak TLS 1.2 or newer, and ask for no password without it.

Catalogue: DNS-06.

## Why we promise this
Mail travels through networks that are nobody's; what is not encrypted there is read there.

## How to keep it
Choose a filter partner whose mail exchangers offer STARTTLS with TLS 1.2 or newer. On submission hosts let the server
offer `AUTH` inside TLS only, and refuse mail before it.
"""

from audit.kinds.probes import MAIL_DOOR
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept, not_applicable

ON = MAIL_DOOR
SEVERITY = Severity.CRITICAL

SOUND = ("TLSv1.2", "TLSv1.3")
SHUT = ("refused", "silent")


def judge(door: Resource) -> Ruling:
    role, outcome = door.read("role", str), door.read("outcome", str)
    if role == "own":
        return not_applicable("it serves the filter alone, and turns strangers away")
    if outcome in SHUT:
        raise Unseen(f"the door is {outcome}, so nobody could see how it speaks")
    if door.read("startTls", bool) is not True:
        return broken("it does not offer STARTTLS")
    if role == "submission" and door.read("authBeforeTls", bool) is not False:
        return broken("it takes passwords before TLS")
    if role == "submission" and outcome == "put off":
        raise Unseen("it puts strangers off until later, which is neither yes nor no")
    if role == "submission" and outcome != "turned away":
        return broken(f"before TLS it {outcome}")
    version = door.read("version", str)
    return (
        kept(f"it speaks {version}") if version in SOUND else broken(f"it speaks {version}, promised TLS 1.2 or newer")
    )


def _door(role: str, outcome: str, **facts: object) -> dict[str, object]:
    return {"role": role, "outcome": outcome, **facts}


EXAMPLES = (
    Example(Verdict.KEPT, _door("partner", "takes mail", startTls=True, version="TLSv1.3")),
    Example(Verdict.KEPT, _door("submission", "turned away", startTls=True, authBeforeTls=False, version="TLSv1.2")),
    Example(Verdict.BROKEN, _door("partner", "takes mail", startTls=False)),
    Example(Verdict.BROKEN, _door("partner", "takes mail", startTls=True, version="TLSv1")),
    Example(Verdict.BROKEN, _door("submission", "turned away", startTls=True, authBeforeTls=True, version="TLSv1.3")),
    Example(Verdict.BROKEN, _door("submission", "takes mail", startTls=True, authBeforeTls=False)),
    Example(Verdict.UNPROVEN, _door("partner", "silent")),
    Example(Verdict.UNPROVEN, _door("partner", "takes mail", startTls=True), note="the conversation broke off"),
    Example(Verdict.NOT_APPLICABLE, _door("own", "turned away")),
)
