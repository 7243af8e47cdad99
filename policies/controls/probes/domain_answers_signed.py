"""Whoever asks about our domains can check that nobody made the answer up.

Catalogue: DNS-05.

## Why we promise this
Where mail goes is what DNS says. A zone that is signed but whose parent does not speak of its key is checked by nobody.

## How to keep it
Sign the zone, and have the registrar publish the DS record of its key. Name a resolver that validates in the target
`probes.resolvers`: without one nobody here can tell whether the signatures hold.
"""

from audit.kinds.probes import DOMAIN
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = DOMAIN
SEVERITY = Severity.MEDIUM


def judge(domain: Resource) -> Ruling:
    if domain.read("signed.keys", int) < 1:
        return broken("nothing signs the domain")
    if domain.read("signed.parent", int) < 1:
        return broken("the domain is signed, and its parent does not say so: it has no DS record")
    if domain.read("signed.matching", int) < 1:
        return broken("the parent's DS record speaks of none of the domain's keys")
    validated = domain.texts("signed.validatedBy")
    if not validated:
        raise Unseen("none of the resolvers that were asked says that it checked the signatures")
    return kept(f"the answers are signed, and were checked by the resolver {', '.join(validated)}")


def _signed(**facts: object) -> dict[str, object]:
    return {"signed": {"parent": 1, "keys": 2, "matching": 1, "validatedBy": ["192.0.2.53"], **facts}}


EXAMPLES = (
    Example(Verdict.KEPT, _signed()),
    Example(Verdict.BROKEN, _signed(keys=0, parent=0, matching=0, validatedBy=[])),
    Example(Verdict.BROKEN, _signed(parent=0, matching=0, validatedBy=[]), note="signed for nobody"),
    Example(Verdict.BROKEN, _signed(matching=0, validatedBy=[]), note="an old key's DS"),
    Example(Verdict.UNPROVEN, _signed(validatedBy=[]), note="no resolver validates"),
    Example(Verdict.UNPROVEN, _signed(parent=None)),
    Example(Verdict.UNPROVEN, {}, note="a resolver gave no answer"),
)
