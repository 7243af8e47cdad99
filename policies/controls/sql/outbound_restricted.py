"""SQL servers send data to nowhere but places named beforehand.

Catalogue: SQL-08.

## Why we promise this
A query can write whole tables to a storage account or a server anywhere on the internet, unless the server refuses.

## How to keep it
Set `restrict_outbound_network_access="Enabled"` on the server, and declare `sql.OutboundFirewallRule` only for names
in `sql.outbound_names`.
"""

from audit.kinds.sql import OUTBOUND_FIREWALL_RULE, SQL_SERVER
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
    every,
    kept,
    same,
)

ON = SQL_SERVER
NEEDS = (OUTBOUND_FIREWALL_RULE,)
SEVERITY = Severity.MEDIUM
SWITCH = "restrictOutboundNetworkAccess"


def judge(server: Resource, estate: Estate, targets: Targets) -> Ruling:
    state = server.read(SWITCH, str)
    if not same(state, "Enabled"):
        return broken(f"restriction of outbound access is {state}, promised Enabled", change={SWITCH: "Enabled"})
    own = targets.names("sql.outbound_names", may_be_empty=True)
    rules = estate.children(server, OUTBOUND_FIREWALL_RULE)
    shut = kept(f"data may go to {' or '.join(own) or 'nowhere'}")
    # Every rule is read, the ones behind an open one too: a second one is other evidence.
    return every(lambda rule: _judge_rule(rule, own, shut), rules) if rules else shut


def _judge_rule(rule: Resource, own: tuple[str, ...], shut: Ruling) -> Ruling:
    name = rule.read("outboundRuleFqdn", str)
    if any(same(name, admitted) for admitted in own):
        return shut
    return broken(f"data may go to {name}, promised {' or '.join(own) or 'nowhere'}", subject=rule)


def _rule(name: object) -> Neighbour:
    return Neighbour(OUTBOUND_FIREWALL_RULE, {"serverName": {"$reference": "it"}, "outboundRuleFqdn": name})


_ON = {SWITCH: "Enabled"}
_NOWHERE: dict[str, list[str]] = {"sql.outbound_names": []}
_OWN = {"sql.outbound_names": ["audit.blob.core.windows.net"]}

EXAMPLES = (
    Example(Verdict.KEPT, _ON, targets=_NOWHERE),
    Example(Verdict.KEPT, _ON, (_rule("audit.blob.core.windows.net"),), _OWN),
    Example(Verdict.BROKEN, _ON, (_rule("others.blob.core.windows.net"),), _OWN),
    Example(Verdict.BROKEN, _ON, (_rule("audit.blob.core.windows.net"),), _NOWHERE),
    Example(Verdict.BROKEN, {SWITCH: "Disabled"}, targets=_NOWHERE),
    Example(Verdict.UNPROVEN, {}, targets=_NOWHERE),
    Example(Verdict.UNPROVEN, _ON, (_rule({"$unknown": True}),), _OWN),
)
