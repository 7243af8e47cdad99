"""Our networks are joined to networks of our own only.

Catalogue: ACC-10.

## Why we promise this
A peering makes two networks one. Whoever owns the other half stands inside ours, behind the firewall.

## How to keep it
Let `remote_virtual_network` of `network.VirtualNetworkPeering` name a network that the stack declares, or one in a
subscription of the target `access.own_subscriptions`.
"""

from audit.kinds.network import VIRTUAL_NETWORK, VIRTUAL_NETWORK_PEERING
from audit.kinds.scopes import is_ours
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    every,
    kept,
)

ON = VIRTUAL_NETWORK
NEEDS = (VIRTUAL_NETWORK_PEERING,)
SEVERITY = Severity.MEDIUM
OTHER = "remoteVirtualNetwork.id"


def judge(network: Resource, estate: Estate, targets: Targets) -> Ruling:
    # A program may leave the list out and declare each peering by itself; an answer of Azure's always has it.
    if network.plane is Plane.LIVE:
        network.read("virtualNetworkPeerings", list)
    peerings = estate.children(network, VIRTUAL_NETWORK_PEERING)
    if not peerings:
        return kept("it is joined to no other network")
    return every(lambda peering: _judge_one(peering, estate, targets), peerings)


def _judge_one(peering: Resource, estate: Estate, targets: Targets) -> Ruling:
    """Rule on one peering; raises `Unseen` where the other network is not known."""
    if is_ours(peering, OTHER, estate, targets):
        return kept("every network that it is joined to is ours")
    return broken(f"{peering.name} joins it to {peering.link(OTHER)}, in no subscription of ours", subject=peering)


_TARGETS = {"access.own_subscriptions": ["00000000-0000-0000-0000-00000000000a"]}
_GROUP = "/subscriptions/00000000-0000-0000-0000-00000000000{}/resourceGroups/g"
_REMOTE = f"{_GROUP}/providers/Microsoft.Network/virtualNetworks/n"
_OTHER = Neighbour(VIRTUAL_NETWORK, {"virtualNetworkPeerings": []}, "other")


def _example(verdict: Verdict, remote: object, note: str = "") -> Example:
    peering = {"virtualNetworkName": {"$reference": "it"}, "remoteVirtualNetwork": {"id": remote}}
    return Example(verdict, {}, (_OTHER, Neighbour(VIRTUAL_NETWORK_PEERING, peering, "peering")), _TARGETS, note)


def _inline(verdict: Verdict, remote: object) -> Example:
    body = {"virtualNetworkPeerings": [{"name": "peering", "remoteVirtualNetwork": {"id": remote}}]}
    return Example(verdict, body, targets=_TARGETS, note="as Azure lists it")


EXAMPLES = (
    Example(Verdict.KEPT, {}, targets=_TARGETS, note="alone"),
    _example(Verdict.KEPT, {"$reference": "other"}),
    _example(Verdict.KEPT, _REMOTE.format("A")),
    _example(Verdict.BROKEN, _REMOTE.format("B")),
    _inline(Verdict.BROKEN, _REMOTE.format("b")),
    _example(Verdict.UNPROVEN, {"$unknown": True}),
    _example(Verdict.UNPROVEN, None),
)
