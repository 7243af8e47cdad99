"""Administrators reach the machines of a mail network through Bastion, and can pass nobody a link.

Catalogue: NET-09.

## Why we promise this
Bastion asks who somebody is before a machine is touched; a shareable link opens the machine to whoever holds it.

## How to keep it
Declare a `network.BastionHost` in the virtual network of the mailbox servers with
`sku=network.SkuArgs(name="Standard")` (or Premium) and `enable_shareable_link=False`. That no other way is open is
what network-no-rdp-from-internet and network-no-ssh-from-internet say.
"""

from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.network import BASTION_HOST, NETWORK_INTERFACE, SUBNET, VIRTUAL_NETWORK
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Verdict,
    broken,
    kept,
    missing,
    not_applicable,
    same,
)

ON = VIRTUAL_NETWORK
NEEDS = (BASTION_HOST, SUBNET, NETWORK_INTERFACE, VIRTUAL_MACHINE)
SEVERITY = Severity.HIGH

SKUS = ("Standard", "Premium")


def judge(network: Resource, estate: Estate) -> Ruling:
    hosts = [host for host in estate.of(BASTION_HOST) if _lies_in(host, network, estate)]
    for host in hosts:
        changes = _changes(host)
        if changes:
            seen = f"{host.read('sku.name', str)}, shareable links {host.read('enableShareableLink', bool)}"
            return broken(
                f"{host.name} is {seen}; promised {' or '.join(SKUS)}, shareable links False",
                change=changes,
                subject=host,
            )
    if hosts:
        return kept(f"{hosts[0].name} leads to the machines and gives out no links")
    if not _holds_mailboxes(network, estate):
        return not_applicable("no mailbox server lies in this network")
    return missing(f"no Bastion host stands in {network.name}", declare='network.BastionHost(sku="Standard", …)')


def _changes(host: Resource) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if not any(same(host.read("sku.name", str), sku) for sku in SKUS):
        changes["sku.name"] = SKUS[0]
    # The SDK writes false for a property left out; a live answer without it proves nothing.
    if host.read("enableShareableLink", bool) is not False:
        changes["enableShareableLink"] = False
    return changes


def _lies_in(connected: Resource, network: Resource, estate: Estate) -> bool:
    """Tell whether a resource has an address in one of the network's subnets."""
    subnets = (estate.target(part, "subnet.id") for part in connected.each("ipConfigurations"))
    return any(estate.parent(subnet).id == network.id for subnet in subnets)


def _holds_mailboxes(network: Resource, estate: Estate) -> bool:
    """Tell whether a mailbox server lies in a network; raises `Unseen` where a machine's card is not in the estate."""
    machines = (machine for machine in estate.of(VIRTUAL_MACHINE) if same(machine.tag("role"), "mailbox"))
    cards = (
        estate.target(part, "id") for machine in machines for part in machine.each("networkProfile.networkInterfaces")
    )
    return any(_lies_in(card, network, estate) for card in cards)


def _subnet(subnet: str, name: str) -> Neighbour:
    return Neighbour(SUBNET, {"virtualNetworkName": {"$reference": "it"}, "name": subnet}, name=name)


_SUBNET, _GATE = _subnet("exchange", "exchange"), _subnet("AzureBastionSubnet", "gate")
_ADDRESS = {"subnet": {"id": {"$reference": "exchange"}}}
_CARD = Neighbour(NETWORK_INTERFACE, {"ipConfigurations": [_ADDRESS]}, name="card")
_MACHINE = Neighbour(
    VIRTUAL_MACHINE,
    {"tags": {"role": "mailbox"}, "networkProfile": {"networkInterfaces": [{"id": {"$reference": "card"}}]}},
    name="mailbox-1",
)
_MAIL = (_SUBNET, _GATE, _CARD, _MACHINE)


def _host(sku: str, *, links: Any) -> Neighbour:
    body = {
        "sku": {"name": sku},
        "enableShareableLink": links,
        "ipConfigurations": [{"subnet": {"id": {"$reference": "gate"}}}],
    }
    return Neighbour(BASTION_HOST, body, name="bastion")


EXAMPLES = (
    Example(Verdict.KEPT, {}, (*_MAIL, _host("Standard", links=False))),
    Example(Verdict.KEPT, {}, (*_MAIL, _host("Premium", links=False))),
    Example(Verdict.BROKEN, {}, (*_MAIL, _host("Basic", links=False))),
    Example(Verdict.BROKEN, {}, (*_MAIL, _host("Standard", links=True))),
    Example(Verdict.BROKEN, {}, _MAIL, note="no Bastion host"),
    Example(Verdict.BROKEN, {}, (_GATE, _host("Developer", links=True)), note="links in another network"),
    Example(Verdict.NOT_APPLICABLE, {}, (_SUBNET,), note="no mailbox server in the network"),
    Example(Verdict.UNPROVEN, {}, (*_MAIL, _host("Standard", links={"$unknown": True}))),
    Example(Verdict.UNPROVEN, {}, (*_MAIL, _host("Standard", links=None)), note="left out of a live answer"),
)
