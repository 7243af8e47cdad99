"""Senders tell us when mail for us could not be sent over TLS.

Catalogue: DNS-04.

## Why we promise this
Who is bound to TLS and meets none keeps the mail back; without reports we learn of it from whoever waits for an answer.

## How to keep it
Publish one text at `_smtp._tls`: `v=TLSRPTv1; rua=mailto:…` (RFC 8460).
"""

from audit.kinds.probes import DOMAIN
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = DOMAIN
SEVERITY = Severity.MEDIUM


def judge(domain: Resource) -> Ruling:
    records = domain.read("tlsReports.records", int)
    if records != 1:
        return broken(f"{records} records ask for reports, promised one")
    places = [place for place in domain.texts("tlsReports.rua") if place]
    return kept(f"reports go to {', '.join(places)}") if places else broken("the record names nobody who is told")


EXAMPLES = (
    Example(Verdict.KEPT, {"tlsReports": {"records": 1, "rua": ["hosting.example"]}}),
    Example(Verdict.BROKEN, {"tlsReports": {"records": 0}}),
    Example(Verdict.BROKEN, {"tlsReports": {"records": 2}}, note="two records are none"),
    Example(Verdict.BROKEN, {"tlsReports": {"records": 1, "rua": []}}),
    Example(Verdict.BROKEN, {"tlsReports": {"records": 1, "rua": [""]}}, note="an address that nobody can send to"),
    Example(Verdict.UNPROVEN, {"tlsReports": {"records": 1}}),
    Example(Verdict.UNPROVEN, {}),
)
