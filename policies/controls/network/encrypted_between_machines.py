"""Traffic between machines is encrypted by the network itself.

Catalogue: NET-19.

## Why we promise this
What runs between two machines of ours crosses cables that others own; not every program on them encrypts by itself.

## How to keep it
Set `encryption=network.VirtualNetworkEncryptionArgs(enabled=True, enforcement="AllowUnencrypted")` on the
`network.VirtualNetwork`. Azure offers no stricter enforcement: a machine of a size that cannot encrypt still speaks in
the clear.
"""

from typing import Any

from audit.kinds.network import VIRTUAL_NETWORK
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = VIRTUAL_NETWORK
SEVERITY = Severity.LOW


def judge(network: Resource) -> Ruling:
    if network.read("encryption.enabled", bool) is True:
        return kept("traffic between machines that can is encrypted")
    return broken("traffic between machines runs in the clear", change={"encryption.enabled": True})


def _network(*, enabled: Any) -> dict[str, Any]:
    return {"encryption": {"enabled": enabled, "enforcement": "AllowUnencrypted"}}


EXAMPLES = (
    Example(Verdict.KEPT, _network(enabled=True)),
    Example(Verdict.BROKEN, _network(enabled=False)),
    Example(Verdict.UNPROVEN, _network(enabled=None)),
    Example(Verdict.UNPROVEN, {}),
)
