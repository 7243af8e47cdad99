"""Every door shows a certificate for its own name that strangers trust.

Catalogue: WEB-07.

## Why we promise this
Encryption keeps nothing secret from whoever it is encrypted for. A certificate that nobody vouches for, or that is for
another name, teaches customers to click a warning away, and then anybody may stand in for us.

## How to keep it
Get the certificate from an authority of the target `dns.certificate_issuers`, for every name by which the door is met,
and let the server send the authorities between it and the root along.
"""

from datetime import datetime

from audit.kinds.probes import TLS_DOOR
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = TLS_DOOR
SEVERITY = Severity.CRITICAL


def judge(door: Resource) -> Ruling:
    if door.read("chain.trusted", bool) is not True:
        if door.read("chain.onlyHere", bool, absent=False):
            raise Unseen("only the machine that looked trusts its chain, as it would that of a proxy on the way")
        return broken(f"its chain is not trusted: {door.read('chain.why', str)}")
    if door.read("namesHost", bool) is not True:
        return broken(f"its certificate is not for {door.read('host', str)}")
    begins, ends = _moment(door, "notBefore"), _moment(door, "notAfter")
    if not begins <= door.seen_at <= ends:
        return broken(f"its certificate counts from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}, which today is not between")
    return kept("its certificate is for its name, in date, and leads to a trusted authority")


def _moment(door: Resource, path: str) -> datetime:
    found = datetime.fromisoformat(door.read(path, str))
    if found.tzinfo is None:
        raise Unseen(f"{path} names no time zone")
    return found


def _shown(**facts: object) -> dict[str, object]:
    sound: dict[str, object] = {
        "host": "www.hosting.example",
        "chain": {"trusted": True, "why": "it leads to a trusted authority"},
        "namesHost": True,
        "notBefore": "2000-01-01T00:00:00+00:00",
        "notAfter": "2999-01-01T00:00:00+00:00",
    }
    return sound | facts


EXAMPLES = (
    Example(Verdict.KEPT, _shown()),
    Example(Verdict.BROKEN, _shown(chain={"trusted": False, "why": "self-signed certificate"})),
    Example(Verdict.UNPROVEN, _shown(chain={"trusted": False, "why": "self-signed certificate", "onlyHere": True})),
    Example(Verdict.BROKEN, _shown(namesHost=False)),
    Example(Verdict.BROKEN, _shown(notAfter="2001-01-01T00:00:00+00:00")),
    Example(Verdict.BROKEN, _shown(notBefore="2998-01-01T00:00:00+00:00")),
    Example(Verdict.UNPROVEN, _shown(chain=None), note="no handshake came about"),
    Example(Verdict.UNPROVEN, _shown(namesHost=None)),
    Example(Verdict.UNPROVEN, _shown(notAfter="2999-01-01T00:00:00")),
    Example(Verdict.UNPROVEN, {"host": "www.hosting.example"}),
)
