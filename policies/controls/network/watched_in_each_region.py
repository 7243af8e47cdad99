"""Network Watcher is on wherever a network of ours lies.

Catalogue: NET-14.

## Why we promise this
Without it no traffic is recorded in a region, and a breach there can be told to nobody in time.

## How to keep it
Azure makes one watcher for a subscription and a region with the first network there. Bring one that is gone back with
`az network watcher configure --resource-group NetworkWatcherRG --locations REGION --enabled true`.
"""

from typing import Any

from audit.kinds.network import NETWORK_WATCHER, VIRTUAL_NETWORK
from audit.kinds.scopes import subscription_of
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Verdict,
    any_of,
    broken,
    kept,
    missing,
    same,
)

ON = VIRTUAL_NETWORK
NEEDS = (NETWORK_WATCHER,)
SEVERITY = Severity.HIGH
# Azure makes watchers by itself: no stack declares one, and only what runs shows it.
PLANES = (Plane.LIVE,)

READY = "Succeeded"


def judge(network: Resource, estate: Estate) -> Ruling:
    region, own = network.region, subscription_of(network.id)
    near = [one for one in estate.of(NETWORK_WATCHER) if same(one.region, region)]
    watchers = [one for one in near if subscription_of(one.id) == own]
    if not watchers:
        return missing(f"no Network Watcher is on in {region}", declare=f'network.NetworkWatcher(location="{region}")')
    return any_of(_judge_watcher, watchers)


def _judge_watcher(watcher: Resource) -> Ruling:
    state = watcher.read("provisioningState", str)
    if same(state, READY):
        return kept(f"{watcher.name} is on")
    return broken(f"{watcher.name} is {state}, promised {READY}")


_NETWORK = {"location": "uksouth"}


def _watcher(region: Any = "uksouth", state: Any = READY, name: str = "watcher") -> Neighbour:
    return Neighbour(NETWORK_WATCHER, {"location": region, "provisioningState": state}, name=name)


EXAMPLES = (
    Example(Verdict.KEPT, _NETWORK, (_watcher(), _watcher("ukwest", name="other"))),
    Example(Verdict.BROKEN, _NETWORK, (_watcher("ukwest"),), note="another region's watcher"),
    Example(Verdict.BROKEN, _NETWORK, (_watcher(state="Failed"),)),
    Example(Verdict.BROKEN, _NETWORK, note="no watcher"),
    Example(Verdict.UNPROVEN, _NETWORK, (_watcher(state=None),)),
    Example(Verdict.UNPROVEN, _NETWORK, (_watcher({"$unknown": True}),), note="which region does it watch?"),
    Example(Verdict.UNPROVEN, {}, (_watcher(),)),
)
