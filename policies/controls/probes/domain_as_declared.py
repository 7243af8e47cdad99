"""What the world is answered about our domains is what we declared.

Catalogue: DNS-01.

## Why we promise this
Every other claim about the zone rests on what is declared. One record added at the registrar, or a zone that nobody
delegates to any longer, makes all of them worth nothing.

## How to keep it
Let the registrar delegate the domain to the name servers of the declared zone, and change records there alone. Run
`audit probe` with `--estate`, so that every declared record is asked for.
"""

import ipaddress

from audit.kinds.dns import DNS_ZONE, RECORD_SET
from audit.kinds.probes import DOMAIN
from audit.model import Estate, Example, Neighbour, Part, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = DOMAIN
NEEDS = (DNS_ZONE, RECORD_SET)
SEVERITY = Severity.HIGH

LISTS = {
    "A": ("ARecords", "ipv4Address"),
    "AAAA": ("AAAARecords", "ipv6Address"),
    "NS": ("NSRecords", "nsdname"),
    "PTR": ("PTRRecords", "ptrdname"),
}
UNCOMPARED = ("SOA",)
"""Its serial number and its times are the name server's own."""


def judge(domain: Resource, estate: Estate) -> Ruling:
    name = domain.read("domain", str)
    answers = {
        (one.read("name", str), one.read("type", str)): set(one.texts("records")) for one in domain.each("answers")
    }
    declared = records(zone_of(name, estate), name, estate)
    if wrong := [key for key in declared if key in answers and declared[key] != answers[key]]:
        return broken(f"the world is not answered what is declared: {told(wrong)}")
    if stray := [key for key in answers if key not in declared and answers[key] and not inherited(key, declared)]:
        return broken(f"the world is answered what nobody declared: {told(stray)}")
    if unasked := [key for key in declared if key not in answers]:
        raise Unseen(f"nobody asked for {told(unasked)}: give `audit probe` the estate")
    return kept(f"{len(declared)} sets of records are answered as declared")


def inherited(key: tuple[str, str], declared: dict[tuple[str, str], set[str]]) -> bool:
    """Tell whether an answer is not the zone's own to declare: its name servers, which the platform sets."""
    return key[1] == "NS" and key not in declared


def told(keys: list[tuple[str, str]]) -> str:
    """Write sets of records as people do."""
    return ", ".join(f"{name} {kind}" for name, kind in sorted(keys))


def zone_of(name: str, estate: Estate) -> Resource:
    """Return the declared zone of a domain; raises `Unseen` where the estate holds none."""
    found = next((one for one in estate.of(DNS_ZONE) if one.name.lower().rstrip(".") == name), None)
    if found is None:
        raise Unseen(f"no zone {name} is in the estate, so nothing can be compared")
    return found


def records(zone: Resource, name: str, estate: Estate) -> dict[tuple[str, str], set[str]]:
    """Return the records of a zone by name and type, written as the probe writes answers."""
    found: dict[tuple[str, str], set[str]] = {}
    for one in estate.children(zone, RECORD_SET):
        label, kind = one.read("name", str).lower(), one.read("type", str).rpartition("/")[2].upper()
        if kind not in UNCOMPARED:
            found.setdefault((name if label == "@" else f"{label}.{name}", kind), set()).update(values(one, kind))
    return found


def values(one: Resource, kind: str) -> list[str]:
    """Return the records of one set; raises `Unseen` for a kind that is not compared."""
    if kind in LISTS:
        path, key = LISTS[kind]
        return [address(part.read(key, str)) for part in one.each(path)]
    if kind == "CNAME":
        return [plain(one.read("CNAMERecord.cname", str))]
    if kind == "TXT":
        return ["".join(part.texts("value")) for part in one.each("TXTRecords")]
    if kind == "MX":
        return [numbers(part, "preference", to="exchange") for part in one.each("MXRecords")]
    if kind == "SRV":
        return [numbers(part, "priority", "weight", "port", to="target") for part in one.each("SRVRecords")]
    if kind == "CAA":
        each = [
            (part.read("flags", int), part.read("tag", str), part.read("value", str)) for part in one.each("caaRecords")
        ]
        return [f'{flags} {tag} "{value}"' for flags, tag, value in each]
    raise Unseen(f"records of type {kind} are not compared")


def numbers(part: Part, *paths: str, to: str) -> str:
    """Write a record that leads to a host, its numbers first."""
    return " ".join([*(str(int(part.read(path, int))) for path in paths), plain(part.read(to, str))])


def plain(name: str) -> str:
    """Write a name in lower case and without the dot at its end (RFC 4343)."""
    return name.lower().rstrip(".")


def address(text: str) -> str:
    """Write an address in its one canonical form (RFC 5952), or a name as `plain` does."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return plain(text)


def _set(kind: str, at: str = "@", zone: str = "zone", **facts: object) -> Neighbour:
    whole = f"Microsoft.Network/dnsZones/{kind}"
    return Neighbour(RECORD_SET, {"zoneName": {"$reference": zone}, "type": whole, "name": at, **facts})


def _live(**answers: list[str]) -> dict[str, object]:
    listed = [{"name": "hosting.example", "type": kind, "records": found} for kind, found in answers.items()]
    return {"domain": "hosting.example", "answers": listed}


_ZONE = Neighbour(DNS_ZONE, {}, "hosting.example")
_MX = _set("MX", "@", "hosting.example", MXRecords=[{"preference": 10, "exchange": "MX.filter.example."}])
_TXT = _set("TXT", "@", "hosting.example", TXTRecords=[{"value": ["v=spf1 ", "-all"]}])
_CAA = _set("CAA", "@", "hosting.example", caaRecords=[{"flags": 0, "tag": "issue", "value": "ca.example"}])
_SIX = _set("AAAA", "@", "hosting.example", AAAARecords=[{"ipv6Address": "2001:DB8:0::1"}])
_DS = _set("DS", "@", "hosting.example")
_BOTH = (_ZONE, _MX, _TXT)
_RIGHT = {"MX": ["10 mx.filter.example"], "TXT": ["v=spf1 -all"]}

EXAMPLES = (
    Example(Verdict.KEPT, _live(**_RIGHT, NS=["ns1.example"], CAA=[]), _BOTH),
    Example(Verdict.KEPT, _live(**_RIGHT, CAA=['0 issue "ca.example"'], AAAA=["2001:db8::1"]), (*_BOTH, _CAA, _SIX)),
    Example(Verdict.BROKEN, _live(MX=["10 mail.hosting.example"], TXT=["v=spf1 -all"]), _BOTH, note="another answer"),
    Example(Verdict.BROKEN, _live(MX=[], TXT=["v=spf1 -all"]), _BOTH, note="no answer"),
    Example(Verdict.BROKEN, _live(**_RIGHT, CAA=['0 issue "x.example"']), _BOTH, note="nobody declared it"),
    Example(Verdict.UNPROVEN, _live(MX=["10 mx.filter.example"]), _BOTH, note="one was not asked for"),
    Example(Verdict.UNPROVEN, _live(**_RIGHT), note="the zone is not in the estate"),
    Example(Verdict.UNPROVEN, _live(**_RIGHT), (*_BOTH, _DS), note="a type that is not compared"),
    Example(Verdict.UNPROVEN, {"domain": "hosting.example"}, _BOTH),
)
