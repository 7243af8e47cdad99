"""Our public addresses have no port open but those that serve customers.

Catalogue: NET-05.

## Why we promise this
A network is as secure as what a stranger can knock at: one forgotten port for administration is tried within minutes
of being opened, by everybody.

## How to keep it
Close the port at the network security group or the firewall of the address, or, where customers need it, add it to the
target `probes.open_ports`. `audit probe` knocks at every port of `probes.swept_ports`; a port that gives no answer at
all is taken as shut only while another port of the same address answers, since silence may be a filter on the way.
"""

from audit.kinds.probes import ADDRESS
from audit.model import Example, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept

ON = ADDRESS
SEVERITY = Severity.CRITICAL


def judge(address: Resource, targets: Targets) -> Ruling:
    allowed = {int(port) for port in targets.names("probes.open_ports")}
    found = address.read("open", list)
    strange = [port for port in found if port not in allowed]
    if strange:
        told = ", ".join(str(port) for port in strange)
        return broken(f"open to strangers: {told}, promised only {', '.join(map(str, sorted(allowed)))}")
    shut, silent = address.read("closed", list), address.read("silent", list)
    if not found and not shut:
        raise Unseen("no port gave an answer: whoever knocked may be cut off from this address")
    return kept(f"of {len(found) + len(shut) + len(silent)} ports {len(found)} are open, each of them promised")


_TARGETS = {"probes.open_ports": ["443", "587"]}


def _met(**ports: list[int]) -> dict[str, list[int]]:
    return {"open": [], "closed": [], "silent": []} | ports


EXAMPLES = (
    Example(Verdict.KEPT, _met(open=[443], closed=[22, 3389]), targets=_TARGETS),
    Example(
        Verdict.KEPT, _met(open=[443], silent=[22]), targets=_TARGETS, note="what is silent beside an answer is shut"
    ),
    Example(Verdict.BROKEN, _met(open=[443, 3389]), targets=_TARGETS),
    Example(Verdict.BROKEN, _met(open=[22], silent=[443]), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _met(silent=[22, 443]), targets=_TARGETS, note="nothing answers"),
    Example(Verdict.UNPROVEN, _met(), targets=_TARGETS, note="nobody knocked"),
    Example(Verdict.UNPROVEN, {"open": [443], "closed": [22], "silent": None}, targets=_TARGETS),
)
