"""Mail for our domains goes to the filter partner and nowhere else.

Catalogue: DNS-01.

## Why we promise this
Every message is filtered before it reaches a mailbox; one mail exchanger beside the filter is a way round it.

## How to keep it
Declare a `dns.RecordSet` with `record_type="MX"` at `relative_record_set_name="@"` whose exchanges all lie below a
name of the target `dns.partner_mx_suffixes`. A zone that takes no mail says so with the single exchange `"."` (RFC
7505). What is declared is judged here; the live audit compares it with what the world's resolvers answer.
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
    not_applicable,
    same,
)

ON = DNS_ZONE
NEEDS = (RECORD_SET,)
SEVERITY = Severity.CRITICAL

# What is left of `.`, by which a domain says that it takes no mail: RFC 7505.
NULL_MX = ""
"""What is left of the exchange `.` without its dot."""
DECLARE = 'dns.RecordSet(zone_name=…, record_type="MX", relative_record_set_name="@", mx_records=[…])'


def judge(zone: Resource, estate: Estate, targets: Targets) -> Ruling:
    suffixes = targets.names("dns.partner_mx_suffixes")
    sets = [found for found in estate.children(zone, RECORD_SET) if is_mx(found)]
    apex = [found for found in sets if found.read("name", str) == "@"]
    if not apex:
        return missing("no mail exchanger is declared for the domain", declare=DECLARE)
    for found in sets:
        strays = [name for name in exchanges(found) if name != NULL_MX and not below(name, suffixes)]
        if strays:
            return broken(f"mail goes to {', '.join(strays)}, promised only {', '.join(suffixes)}", subject=found)
    names = [name for found in sets for name in exchanges(found)]
    if set(names) == {NULL_MX}:
        return not_applicable("the zone takes no mail: its only exchange is '.'")
    return broken("no exchange is listed", subject=apex[0]) if not names else kept(f"mail goes to {', '.join(names)}")


def is_mx(record_set: Resource) -> bool:
    """Tell whether a record set names mail exchangers; raises `Unseen` where its type is not known."""
    # ARM writes the whole type (`Microsoft.Network/dnsZones/MX`), Pulumi its last word.
    return same(record_set.read("type", str).rpartition("/")[2], "MX")


def exchanges(record_set: Resource) -> list[str]:
    """Return the names of the exchangers in lower case (RFC 4343: case means nothing), without the dot at the end."""
    return [record.read("exchange", str).rstrip(".").lower() for record in record_set.each("MXRecords")]


def below(name: str, suffixes: tuple[str, ...]) -> bool:
    """Tell whether a host is one of the domains or lies below one; only whole labels count.

    `evilfilter.example` does not lie below `filter.example`.
    """
    return any(f".{name}".endswith(f".{suffix.strip('.').lower()}") for suffix in suffixes)


def _mx(*names: object, at: str = "@", zone: str = "it") -> Neighbour:
    records = [{"preference": 10, "exchange": name} for name in names]
    return Neighbour(RECORD_SET, {"zoneName": {"$reference": zone}, "type": "MX", "name": at, "MXRecords": records})


_TARGETS = {"dns.partner_mx_suffixes": ["eu.filter.example"]}
_TEXT = Neighbour(RECORD_SET, {"zoneName": {"$reference": "it"}, "type": "TXT", "name": "@"})
_ELSEWHERE = Neighbour(DNS_ZONE, {}, "other")
_TYPELESS = Neighbour(RECORD_SET, {"zoneName": {"$reference": "it"}, "name": "@"})

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_mx("mx1.eu.filter.example", "MX2.eu.filter.example."), _TEXT), _TARGETS),
    Example(Verdict.BROKEN, {}, (_mx("mx1.eu.filter.example", "mail.hosting.example"),), _TARGETS, "one way round"),
    Example(Verdict.BROKEN, {}, (_mx("mx1.notfilter.example"),), _TARGETS),
    Example(Verdict.BROKEN, {}, (_mx("noteu.filter.example"),), _TARGETS, "a suffix begins at a dot"),
    Example(
        Verdict.BROKEN,
        {},
        (_mx("mx1.eu.filter.example"), _mx("mail.hosting.example", at="lists")),
        _TARGETS,
        "a subdomain counts",
    ),
    Example(Verdict.BROKEN, {}, (_TEXT,), _TARGETS, "no mail exchanger"),
    Example(Verdict.BROKEN, {}, (_ELSEWHERE, _mx("mx1.eu.filter.example", zone="other")), _TARGETS, "another zone's"),
    Example(Verdict.BROKEN, {}, (_mx(),), _TARGETS, "an empty list"),
    Example(Verdict.NOT_APPLICABLE, {}, (_mx("."),), _TARGETS, "takes no mail"),
    Example(Verdict.UNPROVEN, {}, (_mx({"$unknown": True}),), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_mx(None),), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_mx("mx1.eu.filter.example"), _TYPELESS), _TARGETS, "may be a mail exchanger"),
)
