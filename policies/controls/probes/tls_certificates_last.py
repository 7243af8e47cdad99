"""Every door's certificate lasts for as many days as it takes to renew it without haste.

Catalogue: WEB-07.

## Why we promise this
On the day that a certificate ends, every customer meets a warning or a closed door, and mail stays away. A certificate
that is renewed in good time never comes near it; one that comes near is one whose renewal has failed.

## How to keep it
Let the certificate renew itself, or renew it as soon as fewer days than the target `probes.certificate_days` are left.
"""

from datetime import datetime

from audit.kinds.probes import TLS_DOOR
from audit.model import Example, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept

ON = TLS_DOOR
SEVERITY = Severity.HIGH


def judge(door: Resource, targets: Targets) -> Ruling:
    ends, promised = datetime.fromisoformat(door.read("notAfter", str)), targets.number("probes.certificate_days")
    if ends.tzinfo is None:
        raise Unseen("notAfter names no time zone")
    left = (ends - door.seen_at).days
    if left < promised:
        return broken(f"its certificate ends on {ends:%Y-%m-%d}, {left} days from now, promised {promised}")
    return kept(f"its certificate lasts {left} days more, promised {promised}")


_TARGETS = {"probes.certificate_days": 30}
EXAMPLES = (
    Example(Verdict.KEPT, {"notAfter": "2999-01-01T00:00:00+00:00"}, targets=_TARGETS),
    Example(Verdict.BROKEN, {"notAfter": "2001-01-01T00:00:00+00:00"}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"notAfter": "2999-01-01T00:00:00"}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"notAfter": "soon"}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {}, targets=_TARGETS, note="no handshake came about"),
)
