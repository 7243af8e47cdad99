"""Everybody who asks about our domains gets the same answer.

Catalogue: DNS-01.

## Why we promise this
A name server that was forgotten, or a resolver that was lied to, sends somebody's mail past the filter.

## How to keep it
Let all name servers that the domain's NS records name serve the same zone, and after a change wait until old answers
have run out. Name several resolvers in the target `probes.resolvers`.
"""

from audit.kinds.probes import DOMAIN
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = DOMAIN
SEVERITY = Severity.HIGH


def judge(domain: Resource) -> Ruling:
    differing = [f"{one.read('name', str)} {one.read('type', str)}" for one in domain.each("differences")]
    if differing:
        return broken(f"the servers give different answers to {', '.join(differing)}")
    resolvers, own = domain.texts("resolvers"), domain.texts("ownServers")
    if not (resolvers and own):
        raise Unseen("nobody was asked who could disagree")
    return kept(f"the zone's own servers {', '.join(own)} and the resolvers {', '.join(resolvers)} agree")


_ASKED = {"resolvers": ["192.0.2.53"], "ownServers": ["192.0.2.1", "192.0.2.2"]}
_MX = {"name": "hosting.example", "type": "MX", "answers": {"192.0.2.1": ["10 a"], "192.0.2.2": ["10 b"]}}

EXAMPLES = (
    Example(Verdict.KEPT, {**_ASKED, "differences": []}),
    Example(Verdict.BROKEN, {**_ASKED, "differences": [_MX]}),
    Example(Verdict.UNPROVEN, {**_ASKED, "ownServers": [], "differences": []}, note="only one side was asked"),
    Example(Verdict.UNPROVEN, _ASKED, note="one of the servers gave no answer"),
)
