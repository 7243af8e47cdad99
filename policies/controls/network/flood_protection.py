"""Public addresses are protected against floods.

Catalogue: NET-16.

## Why we promise this
A flood takes mail away from everyone at once; what Azure does for all of its addresses stops the largest only.

## How to keep it
Set `ddos_settings=network.DdosSettingsArgs(protection_mode="Enabled")` on each `network.PublicIPAddress`, or let it
inherit (`VirtualNetworkInherited`) and give every network `enable_ddos_protection=True` and a `ddos_protection_plan`.
"""

from typing import Any

from audit.kinds.network import PUBLIC_IP_ADDRESS, VIRTUAL_NETWORK
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    broken,
    every,
    kept,
    same,
)

ON = PUBLIC_IP_ADDRESS
NEEDS = (VIRTUAL_NETWORK,)
SEVERITY = Severity.LOW

MODE = "ddosSettings.protectionMode"


def judge(address: Resource, estate: Estate) -> Ruling:
    mode = address.read(MODE, str)
    if same(mode, "Enabled"):
        return kept("the address has protection of its own")
    own = {MODE: "Enabled"}
    if not same(mode, "VirtualNetworkInherited"):
        return broken(f"protection is {mode}, promised Enabled", change=own)
    # Which network an address takes it from lies several steps away, so all of them must have it.
    networks = estate.of(VIRTUAL_NETWORK)
    if not networks:
        raise Unseen("the network that the address inherits from was not seen")
    ruling = every(_judge_network, networks)
    return broken(ruling.reason, change=own) if ruling.verdict is Verdict.BROKEN else ruling


def _judge_network(network: Resource) -> Ruling:
    if network.read("enableDdosProtection", bool) is not True:
        return broken(f"the address inherits from networks, and {network.name} is not protected")
    network.link("ddosProtectionPlan.id")
    return kept("every network that the address may inherit from has a protection plan")


def _address(mode: Any) -> dict[str, Any]:
    return {"ddosSettings": {"protectionMode": mode}}


def _network(*, on: Any, plan: Any = "/subscriptions/s/plan", name: str = "net") -> Neighbour:
    body = {"enableDdosProtection": on, "ddosProtectionPlan": {"id": plan}}
    return Neighbour(VIRTUAL_NETWORK, body, name=name)


_INHERITED = _address("VirtualNetworkInherited")
_GUARDED, _OPEN = _network(on=True), _network(on=False, plan=None, name="open")

EXAMPLES = (
    Example(Verdict.KEPT, _address("Enabled")),
    Example(Verdict.KEPT, _INHERITED, (_GUARDED,)),
    Example(Verdict.BROKEN, _address("Disabled"), (_GUARDED,)),
    Example(Verdict.BROKEN, _INHERITED, (_GUARDED, _OPEN), note="one of the networks is not"),
    Example(Verdict.UNPROVEN, _INHERITED, (_network(on=True, plan=None),), note="no plan seen"),
    Example(Verdict.UNPROVEN, _INHERITED, note="no network seen"),
    Example(Verdict.UNPROVEN, {}, (_GUARDED,), note="Azure's default depends on the address"),
)
