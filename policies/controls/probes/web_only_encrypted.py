"""Our web sites bind browsers to come back over TLS only.

Catalogue: WEB-07.

## Why we promise this
Whoever types a name without https knocks in the clear first, and whoever sits between may keep the visitor there. A
browser that was told so once never knocks in the clear again.

## How to keep it
Send `Strict-Transport-Security: max-age=31536000; includeSubDomains` with every answer of the site, for at least as
many days as the target `probes.strict_transport_days`. `audit probe` asks each site for `/`, and reads the header of
that answer (RFC 6797).
"""

from audit.kinds.probes import TLS_DOOR
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept, not_applicable

ON = TLS_DOOR
SEVERITY = Severity.HIGH
DAY = 86_400


def judge(door: Resource, targets: Targets) -> Ruling:
    speaks = door.read("speaks", str)
    if speaks != "https":
        return not_applicable("no browser comes to this door")
    bound, promised = door.read("hsts.maxAge", int), targets.number("probes.strict_transport_days")
    if bound < promised * DAY:
        return broken(f"browsers are bound for {bound // DAY} days, promised {promised}")
    return kept(f"browsers are bound for {bound // DAY} days, promised {promised}")


_TARGETS = {"probes.strict_transport_days": 365}
EXAMPLES = (
    Example(Verdict.KEPT, {"speaks": "https", "hsts": {"maxAge": 31_536_000}}, targets=_TARGETS),
    Example(Verdict.BROKEN, {"speaks": "https", "hsts": {"maxAge": 31_535_999}}, targets=_TARGETS),
    Example(Verdict.BROKEN, {"speaks": "https", "hsts": {"maxAge": 0}}, targets=_TARGETS, note="no such header"),
    Example(Verdict.UNPROVEN, {"speaks": "https", "hsts": None}, targets=_TARGETS, note="no answer came about"),
    Example(Verdict.UNPROVEN, {"speaks": "https"}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {}, targets=_TARGETS),
    Example(Verdict.NOT_APPLICABLE, {"speaks": "imap"}, targets=_TARGETS),
)
