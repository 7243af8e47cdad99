"""The rules and routes at work at an interface, worked out from the groups and tables that are bound to it.

https://learn.microsoft.com/azure/virtual-network/diagnose-network-traffic-filter-problem
"""

from collections.abc import Iterator, Mapping
from typing import Any

from audit.kinds.network import NETWORK_INTERFACE
from audit.sandbox import action_results, jobs, machines
from audit.sandbox.address import Address
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.jobs import Job
from audit.sandbox.store import Store

INTERFACE = NETWORK_INTERFACE.arm.lower()
_PROVIDER = "Microsoft.Network"
_WIDE = {"*": "0.0.0.0/0"}
_PORTS = {"*": "0-65535"}
_INTERNET = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
"""What goes nowhere unless a network holds it: https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview"""


def groups(call: Call, address: Address) -> Reply:
    """Begin to work out the rules at work; raises 400 unless the interface's machine runs."""
    return _begun(call, address, "effective rules")


def routes(call: Call, address: Address) -> Reply:
    """Begin to work out the routes at work; raises 400 unless the interface's machine runs."""
    return _begun(call, address, "effective routes")


def _begun(call: Call, address: Address, effect: str) -> Reply:
    properties = (call.store.read(address.id) or {}).get("properties") or {}
    machine = str((properties.get("virtualMachine") or {}).get("id") or _user(call.store, address.id))
    if not machine or call.store.read(machine) is None or not machines.runs(call.store, machine):
        message = f"The network interface '{address.name}' is not attached to a running virtual machine."
        raise Refusal(400, "NetworkInterfaceNotAttachedToRunningVirtualMachine", message)
    job = jobs.begin(call.store, "effective", address.path, effect, {})
    return action_results.begun(call, job, _PROVIDER)


def _user(store: Store, nic: str) -> str:
    """Return the machine that an interface is attached to, empty for none."""
    for machine in store.listed(machines.MACHINE):
        profile = (machine.get("properties") or {}).get("networkProfile") or {}
        if any(str(one.get("id", "")).lower() == nic for one in profile.get("networkInterfaces") or ()):
            return str(machine["id"])
    return ""


def _keep_groups(store: Store, job: Job) -> None:
    found = [_group(store, group, **bound) for group, bound in _bound(store, job.about)]
    action_results.keep(store, job, {"value": [group for group in found if group]})


def _bound(store: Store, nic: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each security group at work at an interface, and what binds it: the interface, or its subnets."""
    properties = (store.read(nic) or {}).get("properties") or {}
    if group := (properties.get("networkSecurityGroup") or {}).get("id"):
        yield str(group), {"networkInterface": nic}
    for subnet in _subnets(properties):
        settings = (store.read(subnet) or {}).get("properties") or {}
        if group := (settings.get("networkSecurityGroup") or {}).get("id"):
            yield str(group), {"subnet": subnet}


def _subnets(properties: Mapping[str, Any]) -> list[str]:
    configurations = [one.get("properties") or {} for one in properties.get("ipConfigurations") or ()]
    return list(dict.fromkeys(str(one["subnet"]["id"]) for one in configurations if one.get("subnet")))


def _group(store: Store, group: str, **bound: str) -> dict[str, Any]:
    """Return a group's rules as they are at work; empty where the group is not there."""
    found = store.read(group)
    if found is None:
        return {}
    properties = found["properties"]
    rules = [
        _rule(f"{kind}/{rule['name']}", rule["properties"])
        for kind in ("defaultSecurityRules", "securityRules")
        for rule in properties.get(kind) or ()
    ]
    return {
        "networkSecurityGroup": {"id": group},
        "association": {name: {"id": identity} for name, identity in bound.items()},
        "effectiveSecurityRules": rules,
    }


def _rule(name: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule as Azure tells it at work: anything is written out."""
    told: dict[str, Any] = {"name": name, "protocol": "All" if rule.get("protocol") == "*" else rule.get("protocol")}
    for end in ("source", "destination"):
        prefixes, ports = f"{end}AddressPrefix", f"{end}PortRange"
        told[f"{prefixes}es"] = _several(rule, prefixes, f"{prefixes}es", _WIDE)
        told[f"{ports}s"] = _several(rule, ports, f"{ports}s", _PORTS)
        told[prefixes] = told[f"{prefixes}es"][0] if len(told[f"{prefixes}es"]) == 1 else None
        told[ports] = told[f"{ports}s"][0] if len(told[f"{ports}s"]) == 1 else None
    return {
        **{key: value for key, value in told.items() if value is not None},
        **{key: rule.get(key) for key in ("access", "priority", "direction")},
    }


def _several(rule: Mapping[str, Any], one: str, many: str, spelt: Mapping[str, str]) -> list[str]:
    values = [*(rule.get(many) or ()), *([rule[one]] if rule.get(one) else [])]
    return [spelt.get(str(value), str(value)) for value in values]


def _keep_routes(store: Store, job: Job) -> None:
    action_results.keep(store, job, {"value": [*_routes(store, job.about)]})


def _routes(store: Store, nic: str) -> Iterator[dict[str, Any]]:
    """Yield the routes at work: the network's own, its peerings', those of a table, and Azure's own."""
    properties = (store.read(nic) or {}).get("properties") or {}
    for subnet in _subnets(properties):
        network = store.read(subnet.rpartition("/subnets/")[0]) or {}
        about = network.get("properties") or {}
        yield _route("Default", (about.get("addressSpace") or {}).get("addressPrefixes") or [], "VnetLocal")
        for peering in about.get("virtualNetworkPeerings") or ():
            space = (peering.get("properties") or {}).get("remoteAddressSpace") or {}
            yield _route("Default", space.get("addressPrefixes") or [], "VNetPeering")
        table = (store.read(subnet) or {}).get("properties", {}).get("routeTable") or {}
        own = [*_table(store, str(table.get("id") or ""))]
        yield from own
        replaced = any("0.0.0.0/0" in route["addressPrefix"] for route in own)
        yield _route("Default", ["0.0.0.0/0"], "Internet", state="Invalid" if replaced else "Active")
    for prefix in _INTERNET:
        yield _route("Default", [prefix], "None")


def _table(store: Store, identity: str) -> Iterator[dict[str, Any]]:
    found = (store.read(identity) if identity else None) or {}
    for route in (found.get("properties") or {}).get("routes") or ():
        told = route.get("properties") or {}
        yield _route("User", [told.get("addressPrefix")], str(told.get("nextHopType")), name=route.get("name"))


def _route(source: str, prefixes: list[Any], hop: str, *, state: str = "Active", name: Any = None) -> dict[str, Any]:
    told = {"source": source, "state": state, "addressPrefix": prefixes, "nextHopType": hop, "nextHopIpAddress": []}
    return {**told, **({"name": name} if name else {})}


EFFECTS = {"effective rules": _keep_groups, "effective routes": _keep_routes}
ACTIONS = {
    (INTERFACE, "effectivenetworksecuritygroups"): groups,
    (INTERFACE, "effectiveroutetable"): routes,
}
