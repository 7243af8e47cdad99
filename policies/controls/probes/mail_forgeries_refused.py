"""Receivers are told to refuse mail that only claims to be ours, and to tell us of it.

Catalogue: DNS-03.

## Why we promise this
SPF and DKIM say what is ours; without a policy, receivers deliver what is not. The reports hold addresses of whoever
wrote to whom, so they come to us and to nobody else.

## How to keep it
Publish one text at `_dmarc`: `v=DMARC1; p=reject; rua=mailto:…`, with `p` of `quarantine` or `reject`, for all mail
(no `pct` below 100), no milder `sp` for subdomains, and addresses for reports in the domain itself or in another of
the target `probes.domains`.
"""

from audit.kinds.probes import DOMAIN
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = DOMAIN
SEVERITY = Severity.HIGH

ENFORCED = ("quarantine", "reject")
ALL = 100


def judge(domain: Resource, targets: Targets) -> Ruling:
    records = domain.read("dmarc.records", int)
    if records != 1:
        return broken(f"{records} DMARC records are published, promised one")
    if domain.read("dmarc.valid", bool) is not True:
        return broken("the DMARC record cannot be read, so receivers ignore it")
    for tag in ("p", "sp"):
        if (policy := domain.read(f"dmarc.{tag}", str)) not in ENFORCED:
            return broken(f"DMARC says {tag}={policy}, promised {' or '.join(ENFORCED)}")
    percent = domain.read("dmarc.pct", int)
    if percent != ALL:
        return broken(f"DMARC is enforced for {percent} % of mail, promised all of it")
    return reported(domain.texts("dmarc.rua"), targets.names("probes.domains"))


def reported(places: tuple[str, ...], domains: tuple[str, ...]) -> Ruling:
    """Rule on where reports go."""
    strays = [place for place in places if not any(f".{place}".endswith(f".{one.lower()}") for one in domains)]
    if not places:
        return broken("DMARC names nobody who is told of forgeries")
    if strays:
        return broken(f"reports go to {', '.join(strays)}, promised only {', '.join(domains)}")
    return kept(f"forgeries are refused, and reported to {', '.join(places)}")


def _dmarc(**facts: object) -> dict[str, object]:
    found = {"records": 1, "valid": True, "p": "reject", "sp": "reject", "pct": 100, "rua": ["hosting.example"]}
    return {"dmarc": {**found, **facts}}


_TARGETS = {"probes.domains": ["hosting.example"]}

EXAMPLES = (
    Example(Verdict.KEPT, _dmarc(), targets=_TARGETS),
    Example(Verdict.KEPT, _dmarc(p="quarantine", rua=["reports.hosting.example"]), targets=_TARGETS),
    Example(Verdict.BROKEN, {"dmarc": {"records": 0}}, targets=_TARGETS),
    Example(Verdict.BROKEN, {"dmarc": {"records": 2}}, targets=_TARGETS, note="two records are none"),
    Example(Verdict.BROKEN, _dmarc(valid=False), targets=_TARGETS),
    Example(Verdict.BROKEN, _dmarc(p="none"), targets=_TARGETS),
    Example(Verdict.BROKEN, _dmarc(sp="none"), targets=_TARGETS, note="subdomains are free"),
    Example(Verdict.BROKEN, _dmarc(pct=50), targets=_TARGETS),
    Example(Verdict.BROKEN, _dmarc(rua=[]), targets=_TARGETS),
    Example(Verdict.BROKEN, _dmarc(rua=["hosting.example", "reports.example"]), targets=_TARGETS),
    Example(Verdict.BROKEN, _dmarc(rua=["nothosting.example"]), targets=_TARGETS, note="a name begins at a dot"),
    Example(Verdict.UNPROVEN, _dmarc(pct=None), targets=_TARGETS),
    Example(Verdict.UNPROVEN, {}, targets=_TARGETS),
)
