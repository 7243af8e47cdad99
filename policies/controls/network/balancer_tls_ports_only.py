"""Load balancers are Standard, offer mail by TLS and the filter's port alone, and let no machine out by their address.

Catalogue: NET-13.

## Why we promise this
What a balancer offers, everyone can try: a port for mail in the clear shows a password at the first sign-in.

## How to keep it
Give the `network.LoadBalancer` `sku=network.LoadBalancerSkuArgs(name="Standard")`, rules whose `frontend_port` is one
of the target `network.balanced_ports`, each with `disable_outbound_snat=True`, and no inbound NAT rule for another
port.
"""

from typing import Any

from audit.kinds.network import INBOUND_NAT_RULE, LOAD_BALANCER
from audit.model import (
    Estate,
    Example,
    Facts,
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

ON = LOAD_BALANCER
NEEDS = (INBOUND_NAT_RULE,)
SEVERITY = Severity.MEDIUM

# A pool opens a range of ports to the machines of a scale set, and a balancer without the list has none.
ABSENT = {"inboundNatPools": "azure-native 3.29 docstring of network.LoadBalancer.inbound_nat_pools"}

SKU = "Standard"


def judge(balancer: Resource, estate: Estate, targets: Targets) -> Ruling:
    sku = balancer.read("sku.name", str)
    if not same(sku, SKU):
        return broken(f"the balancer is {sku}, promised {SKU}", change={"sku.name": SKU})
    allowed = targets.names("network.balanced_ports")
    rules = balancer.each("loadBalancingRules")
    if pools := balancer.each("inboundNatPools", absent=()):
        return broken(f"{len(pools)} pools of NAT rules open ports straight to machines, promised none")
    # Every rule is read, the ones behind a wrong one too: a second one is other evidence.
    offering = (*rules, *estate.children(balancer, INBOUND_NAT_RULE))
    ruling = every(lambda rule: _judge_port(rule, allowed), offering) if offering else None
    if ruling is not None and ruling.verdict is Verdict.BROKEN:
        return ruling
    for rule in rules:
        if rule.read("disableOutboundSnat", bool) is not True:
            path = rule.path("disableOutboundSnat")
            return broken(f"{_called(rule)} lets machines out by the balancer's address", change={path: True})
    offered = ", ".join(str(rule.read("frontendPort", int)) for rule in rules) or "none"
    return kept(f"a {SKU} balancer; ports offered: {offered}")


def _judge_port(rule: Facts, allowed: tuple[str, ...]) -> Ruling:
    port = str(rule.read("frontendPort", int))
    if port in allowed:
        return kept(f"it offers port {port}")
    return broken(f"{_called(rule)} offers port {port}, promised {', '.join(allowed)} only")


def _called(rule: Facts) -> str:
    """Name a rule as its owner does: one on its own by its resource's name."""
    return f"the rule {rule.name if isinstance(rule, Resource) else rule.read('name', str)}"


_TARGETS = {"network.balanced_ports": ["25", "443", "587", "993"]}


def _rule(port: Any, *, snat: Any = True) -> dict[str, Any]:
    return {"name": f"rule-{port}", "frontendPort": port, "disableOutboundSnat": snat}


def _balancer(*rules: dict[str, Any], sku: Any = "Standard", **changed: Any) -> dict[str, Any]:
    return {"sku": {"name": sku}, "loadBalancingRules": list(rules), **changed}


def _nat(port: Any) -> Neighbour:
    return Neighbour(
        INBOUND_NAT_RULE, {"loadBalancerName": {"$reference": "it"}, "frontendPort": port}, name="to-machine"
    )


EXAMPLES = (
    Example(Verdict.KEPT, _balancer(_rule(25), _rule(443), _rule(587), _rule(993)), (), _TARGETS),
    Example(Verdict.BROKEN, _balancer(_rule(25), sku="Basic"), (), _TARGETS),
    Example(Verdict.BROKEN, _balancer(_rule(25), _rule(143)), (), _TARGETS, note="IMAP in the clear"),
    Example(Verdict.BROKEN, _balancer(_rule(0)), (), _TARGETS, note="every port"),
    Example(Verdict.BROKEN, _balancer(_rule(25), _rule(443, snat=False)), (), _TARGETS),
    Example(Verdict.BROKEN, _balancer(_rule(25)), (_nat(50001),), _TARGETS, note="a port straight to one machine"),
    Example(
        Verdict.BROKEN,
        _balancer(_rule(25), inboundNatRules=[{"name": "to-machine", "frontendPort": 50001}]),
        (),
        _TARGETS,
        note="the same, inline",
    ),
    Example(
        Verdict.BROKEN,
        _balancer(_rule(25), inboundNatPools=[{"frontendPortRangeStart": 50000, "frontendPortRangeEnd": 50099}]),
        (),
        _TARGETS,
        note="a hundred of them",
    ),
    Example(Verdict.UNPROVEN, _balancer(_rule(25), inboundNatPools={"$unknown": True}), (), _TARGETS),
    Example(Verdict.UNPROVEN, _balancer(_rule(25, snat=None)), (), _TARGETS),
    Example(Verdict.UNPROVEN, _balancer(_rule({"$unknown": True})), (), _TARGETS),
    Example(Verdict.UNPROVEN, {"sku": {"name": "Standard"}}, (), _TARGETS, note="its rules were not seen"),
)
