"""Whoever pays types card numbers into the processor's page, and not into ours.

Catalogue: LV-07.

## Why we promise this
We hold nothing of anybody's cards because we never get it: the form goes to the processor.

## How to keep it
Let every form and frame of the checkout lead to a host below a name of the target `probes.payment_hosts`, and every
script that sends a form send it there. The probe presses each button in a browser that lets nothing out. Where a field
belongs to no form, or nothing happens, only a script knows where it goes, and nothing is proven.
"""

from audit.kinds.probes import CHECKOUT
from audit.model import Example, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept

ON = CHECKOUT
SEVERITY = Severity.CRITICAL


def judge(page: Resource, targets: Targets) -> Ruling:
    suffixes = [name.lower() for name in targets.names("probes.payment_hosts")]
    places = [str(host) for host in page.read("postsTo", list)]
    strange = [host for host in places if not any(host == name or host.endswith(f".{name}") for name in suffixes)]
    if strange:
        return broken(f"the checkout leads to {', '.join(strange)}, promised only {', '.join(suffixes)}")
    if page.read("loose", bool):
        raise Unseen("a field belongs to no form, or a form went nowhere: only a script knows where it goes")
    if not places:
        raise Unseen("no form and no frame was found on the page")
    return kept(f"the checkout leads to {', '.join(places)}")


_TARGETS = {"probes.payment_hosts": ["pay.example"]}


def _page(*hosts: str, loose: bool | None = False) -> dict[str, object]:
    return {"postsTo": list(hosts), "loose": loose}


EXAMPLES = (
    Example(Verdict.KEPT, _page("secure.pay.example"), targets=_TARGETS),
    Example(Verdict.BROKEN, _page("secure.pay.example", "www.hosting.example"), targets=_TARGETS),
    Example(Verdict.BROKEN, _page("secure.pay.example (not encrypted)"), targets=_TARGETS),
    Example(Verdict.BROKEN, _page("notpay.example"), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _page(), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _page("pay.example", loose=True), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _page("pay.example", loose=None), targets=_TARGETS),
)
