"""Certificate authorities that ask learn that only those we chose may issue for our domains.

Catalogue: DNS-05.

## Why we promise this
An authority asks DNS before it issues. What it is answered counts; where the domain says nothing, what stands above it.

## How to keep it
Publish CAA records at the domain whose `issue` and `issuewild` name authorities of the target
`dns.certificate_issuers`, or nobody (`;`): RFC 8659.
"""

from audit.kinds.probes import DOMAIN
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = DOMAIN
SEVERITY = Severity.MEDIUM

ISSUING = ("issue", "issuewild")


def judge(domain: Resource, targets: Targets) -> Ruling:
    chosen = {name.lower() for name in targets.names("dns.certificate_issuers")}
    records = [(record.read("tag", str), record.read("value", str)) for record in domain.each("caa.records")]
    # What follows a semicolon are the authority's own parameters.
    issuers = [(tag, value.partition(";")[0].strip().lower()) for tag, value in records if tag in ISSUING]
    if strays := sorted({name for _, name in issuers if name and name not in chosen}):
        return broken(f"{', '.join(strays)} may issue certificates, promised only {', '.join(sorted(chosen))}")
    named = sorted({name or "nobody" for tag, name in issuers if tag == "issue"})
    if not named:
        return broken("any certificate authority may issue for the domain")
    return kept(f"certificates may be issued by {', '.join(named)}, by what stands at {domain.read('caa.at', str)}")


def _caa(*records: tuple[str, object], at: str = "hosting.example") -> dict[str, object]:
    return {"caa": {"at": at, "records": [{"tag": tag, "value": value} for tag, value in records]}}


_TARGETS = {"dns.certificate_issuers": ["ca.example"]}
_OURS = ("issue", "ca.example")

EXAMPLES = (
    Example(Verdict.KEPT, _caa(_OURS, ("issuewild", ";"), ("iodef", "mailto:x@hosting.example")), targets=_TARGETS),
    Example(Verdict.KEPT, _caa(("issue", "CA.example; policy=ev")), targets=_TARGETS),
    Example(Verdict.KEPT, _caa(("issue", ";")), targets=_TARGETS, note="nobody may"),
    Example(Verdict.BROKEN, _caa(_OURS, ("issue", "other.example")), targets=_TARGETS),
    Example(Verdict.BROKEN, _caa(_OURS, ("issuewild", "other.example")), targets=_TARGETS),
    Example(Verdict.BROKEN, _caa(("issuewild", ";")), targets=_TARGETS, note="only wildcards are spoken of"),
    Example(Verdict.BROKEN, _caa(at=""), targets=_TARGETS, note="nobody up to the top says anything"),
    Example(Verdict.UNPROVEN, _caa(("issue", None)), targets=_TARGETS),
    Example(Verdict.UNPROVEN, {}, targets=_TARGETS),
)
