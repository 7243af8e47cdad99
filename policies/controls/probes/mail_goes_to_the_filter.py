"""The world's resolvers send our mail to the filter partner and nowhere else.

Catalogue: DNS-01.

## Why we promise this
What is declared is not what senders follow: they follow the answer, and one exchanger beside the filter is a way round.

## How to keep it
Let every MX record of the domain name an exchanger below a name of the target `dns.partner_mx_suffixes`, and wait until
old answers have run out. Without any MX record mail goes to the domain's own address (RFC 5321, 5.1), past the filter.
A domain that takes no mail says so with the single exchange `"."` (RFC 7505).
"""

from audit.kinds.probes import DOMAIN
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept, not_applicable

ON = DOMAIN
SEVERITY = Severity.CRITICAL

NULL_MX = ""
"""What is left of the exchange `.` without its dot."""


def judge(domain: Resource, targets: Targets) -> Ruling:
    suffixes, names = targets.names("dns.partner_mx_suffixes"), domain.texts("mx")
    if not names:
        return broken("the domain has no mail exchanger, so mail goes to its own address")
    if set(names) == {NULL_MX}:
        return not_applicable("the domain takes no mail: its only exchange is '.'")
    strays = [name or "." for name in names if not below(name, suffixes)]
    if strays:
        return broken(f"mail goes to {', '.join(strays)}, promised only {', '.join(suffixes)}")
    return kept(f"mail goes to {', '.join(names)}")


def below(name: str, suffixes: tuple[str, ...]) -> bool:
    """Tell whether a host is one of the domains or lies below one; only whole labels count."""
    return any(f".{name}".endswith(f".{suffix.strip('.').lower()}") for suffix in suffixes)


_TARGETS = {"dns.partner_mx_suffixes": ["filter.example"]}

EXAMPLES = (
    Example(Verdict.KEPT, {"mx": ["mx1.filter.example", "mx2.filter.example"]}, targets=_TARGETS),
    Example(Verdict.BROKEN, {"mx": ["mail.hosting.example", "mx1.filter.example"]}, targets=_TARGETS),
    Example(Verdict.BROKEN, {"mx": ["mx.notfilter.example"]}, targets=_TARGETS, note="a suffix begins at a dot"),
    Example(Verdict.BROKEN, {"mx": []}, targets=_TARGETS, note="mail goes to the domain's own address"),
    Example(Verdict.BROKEN, {"mx": ["", "mx1.filter.example"]}, targets=_TARGETS, note="takes mail and takes none"),
    Example(Verdict.NOT_APPLICABLE, {"mx": [""]}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {}, targets=_TARGETS, note="a resolver gave no answer"),
)
