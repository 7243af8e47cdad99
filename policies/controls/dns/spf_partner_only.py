"""Only the filter partner may send mail in our name.

Catalogue: DNS-02.

## Why we promise this
A domain that anybody may speak for invites letters to our customers that look like ours and are not.

## How to keep it
Publish one SPF record at the zone's apex: a `dns.RecordSet` with `record_type="TXT"`,
`relative_record_set_name="@"` and the value `v=spf1 include:… -all`, whose includes are all in the target
`dns.partner_spf`. What is declared is judged here; the live audit follows the includes and counts the look-ups
behind them.
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
SEVERITY = Severity.HIGH

# RFC 7208, 4.6.4: with more, receivers take the record for an error.
MOST_LOOKUPS = 10
"""RFC 7208 §4.6.4: a receiver gives up on a record that needs more."""
DECLARE = 'dns.RecordSet(zone_name=…, record_type="TXT", relative_record_set_name="@", txt_records=[…])'


def judge(zone: Resource, estate: Estate, targets: Targets) -> Ruling:
    partners = targets.names("dns.partner_spf")
    texts = [record for record in estate.children(zone, RECORD_SET) if is_text(record)]
    for record in texts:
        for value in values(record):
            if record.read("name", str) != "@" and is_spf(value) and (reason := fault(value, partners)):
                return broken(f"below the domain {reason}", subject=record)
    found = [record for record in texts if record.read("name", str) == "@"]
    policies = [(record, value) for record in found for value in values(record) if is_spf(value)]
    if not found:
        return missing("no SPF record is declared for the domain", declare=DECLARE)
    if not policies:
        return mended(found[0], "none of the domain's texts is an SPF record", partners)
    if len(policies) > 1:
        return mended(policies[0][0], f"{len(policies)} SPF records are published, promised one", partners)
    record, policy = policies[0]
    reason = fault(policy, partners)
    return mended(record, reason, partners) if reason else kept(f"published is {policy}")


def is_text(record_set: Resource) -> bool:
    """Tell whether a record set holds texts; raises `Unseen` where its type is not known."""
    # ARM writes the whole type (`Microsoft.Network/dnsZones/TXT`), Pulumi its last word.
    return same(record_set.read("type", str).rpartition("/")[2], "TXT")


def values(record_set: Resource) -> list[str]:
    """Give each text whole: DNS splits one that is longer than 255 characters.

    The strings are joined without a space (RFC 7208, 3.3).
    """
    return ["".join(record.texts("value")) for record in record_set.each("TXTRecords")]


def is_spf(value: str) -> bool:
    """Tell whether a text is an SPF record: the version stands alone or before a space (RFC 7208, 4.5)."""
    return value.lower().partition(" ")[0] == "v=spf1"


def fault(policy: str, partners: tuple[str, ...]) -> str:
    """Say what lets somebody else send; empty where nothing does.

    Each include counts as one look-up: what the partner's own record needs is not seen here.
    """
    *terms, last = policy.lower().split()
    if last != "-all":
        return f"SPF ends in {last}, promised -all"
    allowed = {f"include:{partner.lower()}" for partner in partners}
    strange = [term for term in terms[1:] if term.removeprefix("+") not in allowed]
    if strange:
        return f"SPF lists {', '.join(strange)}, promised only {', '.join(sorted(allowed))}"
    lookups = len(terms) - 1
    return f"SPF needs {lookups} look-ups, {MOST_LOOKUPS} are allowed" if lookups > MOST_LOOKUPS else ""


def mended(record_set: Resource, reason: str, partners: tuple[str, ...]) -> Ruling:
    """Rule that the promise is broken, and give the record as it should read, with its other texts unchanged.

    Where the partners alone need too many look-ups, no change is offered.
    """
    policy = " ".join(["v=spf1", *(f"include:{partner}" for partner in partners), "-all"])
    if fault(policy, partners):
        return broken(reason, subject=record_set)
    texts = [policy, *(value for value in values(record_set) if not is_spf(value))]
    return broken(reason, change={"TXTRecords": [{"value": split(text)} for text in texts]}, subject=record_set)


def split(text: str) -> list[str]:
    """Cut a text into the strings of at most 255 octets that DNS holds (RFC 1035, 3.3.14)."""
    longest = 255
    return [text[start : start + longest] for start in range(0, len(text), longest)]


def _text(*texts: object, at: str = "@") -> Neighbour:
    records = [{"value": text if isinstance(text, list) else [text]} for text in texts]
    return Neighbour(RECORD_SET, {"zoneName": {"$reference": "it"}, "type": "TXT", "name": at, "TXTRecords": records})


_TARGETS = {"dns.partner_spf": ["spf.filter.example"]}
_GOOD = "v=spf1 include:spf.filter.example -all"
_MANY = {"dns.partner_spf": [f"spf{number}.filter.example" for number in range(11)]}
_TEN = " ".join(f"include:spf{number}.filter.example" for number in range(10))

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_text(_GOOD),), _TARGETS),
    Example(Verdict.KEPT, {}, (_text("verification=1", ["v=spf1 include:spf.", "filter.example -all"]),), _TARGETS),
    Example(Verdict.KEPT, {}, (_text("v=spf1 -all"),), _TARGETS, "nobody may send"),
    Example(Verdict.KEPT, {}, (_text(f"v=spf1 {_TEN} -all"),), _MANY, "ten look-ups"),
    Example(Verdict.BROKEN, {}, (_text(f"v=spf1 {_TEN} include:spf10.filter.example -all"),), _MANY, "eleven look-ups"),
    Example(Verdict.BROKEN, {}, (_text("v=spf1 include:spf.filter.example ~all"),), _TARGETS),
    Example(Verdict.BROKEN, {}, (_text("v=spf1 include:spf.filter.example"),), _TARGETS, "no end"),
    Example(Verdict.BROKEN, {}, (_text("v=spf1 include:spf.filter.example include:bulk.example -all"),), _TARGETS),
    Example(Verdict.BROKEN, {}, (_text("v=spf1 include:spf.filter.example ip4:192.0.2.1 -all"),), _TARGETS),
    Example(Verdict.BROKEN, {}, (_text(_GOOD, "v=spf1 -all"),), _TARGETS, "two records are none"),
    Example(Verdict.BROKEN, {}, (_text(_GOOD, at="www"),), _TARGETS, "not at the apex"),
    Example(Verdict.BROKEN, {}, (_text(_GOOD), _text("v=spf1 +all", at="lists")), _TARGETS, "a subdomain counts"),
    Example(Verdict.KEPT, {}, (_text(_GOOD), _text("v=spf1 -all", at="lists")), _TARGETS, "a subdomain sends nothing"),
    Example(Verdict.BROKEN, {}, (_text("v=spf10 -all"),), _TARGETS, "another version"),
    Example(Verdict.BROKEN, {}, (), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_text({"$unknown": True}),), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_text(_GOOD, None),), _TARGETS, "the second may be another SPF record"),
)
