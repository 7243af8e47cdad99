"""Our domains are signed, so that nobody can forge an answer about them.

Catalogue: DNS-05.

## Why we promise this
Where mail goes is what DNS says; an answer that nobody signed can be made up on the way.

## How to keep it
Declare `dns.DnssecConfig` with `zone_name` of the zone, and have the parent zone take up the key: that is a form at
the registrar, which the live probe of the DNS path sees.
"""

from audit.kinds.dns import DNS_ZONE, DNSSEC_CONFIG
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Verdict, kept, missing

ON = DNS_ZONE
NEEDS = (DNSSEC_CONFIG,)
SEVERITY = Severity.MEDIUM


def judge(zone: Resource, estate: Estate) -> Ruling:
    if not estate.children(zone, DNSSEC_CONFIG):
        return missing("nothing signs the zone", declare="dns.DnssecConfig(zone_name=…, resource_group_name=…)")
    return kept("the zone is signed")


_SIGNED = Neighbour(DNSSEC_CONFIG, {"zoneName": {"$reference": "it"}})
_OTHERS = Neighbour(DNSSEC_CONFIG, {"zoneName": {"$reference": "other"}})
_ADRIFT = Neighbour(DNSSEC_CONFIG, {"zoneName": {"$unknown": True}})

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_SIGNED,)),
    Example(Verdict.BROKEN, {}),
    Example(Verdict.BROKEN, {}, (Neighbour(DNS_ZONE, {}, "other"), _OTHERS), note="another zone's"),
    Example(Verdict.UNPROVEN, {}, (_ADRIFT,), note="whose signature is not known"),
)
