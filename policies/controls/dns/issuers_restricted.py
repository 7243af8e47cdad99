"""Only the certificate authorities that we chose may issue certificates for our domains.

Catalogue: DNS-05.

## Why we promise this
Whoever talks any of a hundred authorities into a certificate for our domain can stand in for it, and visitors see a
closed padlock.

## How to keep it
Declare a `dns.RecordSet` with `record_type="CAA"` at `relative_record_set_name="@"` whose `issue` and `issuewild`
records name authorities of the target `dns.certificate_issuers`, or nobody (`;`). What is declared is judged here; the
probe of the mail and DNS path compares it with what the world's resolvers answer.
"""

from audit.kinds.dns import DNS_ZONE, RECORD_SET
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    kept,
    missing,
    same,
)

ON = DNS_ZONE
NEEDS = (RECORD_SET,)
SEVERITY = Severity.MEDIUM

ISSUING = ("issue", "issuewild")
DECLARE = 'dns.RecordSet(zone_name=…, record_type="CAA", relative_record_set_name="@", caa_records=[…])'


def judge(zone: Resource, estate: Estate, targets: Targets) -> Ruling:
    chosen = {name.lower() for name in targets.names("dns.certificate_issuers")}
    sets = [found for found in estate.children(zone, RECORD_SET) if is_caa(found)]
    named: list[str] = []
    for found in sets:
        strays = [name for _, name in issuers(found) if name and name not in chosen]
        if strays:
            reason = f"{', '.join(strays)} may issue certificates, promised only {', '.join(sorted(chosen))}"
            return broken(reason, subject=found)
        # Without an `issue` record at the apex any authority may issue: https://www.rfc-editor.org/rfc/rfc8659
        named += [name or "nobody" for tag, name in issuers(found) if tag == "issue" and found.read("name", str) == "@"]
    if not named:
        return missing("any certificate authority may issue for the domain", declare=DECLARE)
    return kept(f"certificates may be issued by {', '.join(sorted(set(named)))}")


def is_caa(record_set: Resource) -> bool:
    """Tell whether a record set names certificate authorities; raises `Unseen` where its type is not known."""
    # ARM writes the whole type (`Microsoft.Network/dnsZones/CAA`), Pulumi its last word.
    return same(record_set.read("type", str).rpartition("/")[2], "CAA")


def issuers(record_set: Resource) -> list[tuple[str, str]]:
    """Return the tag and the authority of each record that lets one issue; an empty name stands for nobody."""
    records = [(record.read("tag", str).lower(), record) for record in record_set.each("caaRecords")]
    # What follows a semicolon are the authority's own parameters.
    return [
        (tag, record.read("value", str).partition(";")[0].strip().lower()) for tag, record in records if tag in ISSUING
    ]


def _caa(*records: tuple[str, object], at: str = "@", zone: str = "it") -> Neighbour:
    listed = [{"flags": 0, "tag": tag, "value": value} for tag, value in records]
    return Neighbour(RECORD_SET, {"zoneName": {"$reference": zone}, "type": "CAA", "name": at, "caaRecords": listed})


_TARGETS = {"dns.certificate_issuers": ["ca.example"]}
_TEXT = Neighbour(RECORD_SET, {"zoneName": {"$reference": "it"}, "type": "TXT", "name": "@"})
_OURS = ("issue", "ca.example")

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_caa(_OURS, ("issuewild", ";"), ("iodef", "mailto:x@y.example")), _TEXT), _TARGETS),
    Example(Verdict.KEPT, {}, (_caa(("issue", "CA.example; policy=ev")),), _TARGETS, "the authority's own parameters"),
    Example(Verdict.KEPT, {}, (_caa(("issue", ";")),), _TARGETS, "nobody may"),
    Example(Verdict.BROKEN, {}, (_caa(_OURS, ("issue", "other.example")),), _TARGETS),
    Example(Verdict.BROKEN, {}, (_caa(_OURS, ("issuewild", "other.example")),), _TARGETS),
    Example(Verdict.BROKEN, {}, (_caa(_OURS), _caa(("issue", "other.example"), at="shop")), _TARGETS, "below the apex"),
    Example(Verdict.BROKEN, {}, (_caa(("issuewild", ";")),), _TARGETS, "only wildcards are spoken of"),
    Example(Verdict.BROKEN, {}, (_caa(_OURS, at="shop"),), _TARGETS, "the apex says nothing"),
    Example(Verdict.BROKEN, {}, (_TEXT,), _TARGETS, "no record"),
    Example(Verdict.UNPROVEN, {}, (_caa(("issue", None)),), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_caa(("issue", {"$unknown": True})),), _TARGETS),
)
