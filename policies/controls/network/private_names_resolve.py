"""The name of every service behind a private endpoint leads to that endpoint, from every network of ours.

Catalogue: NET-17.

## Why we promise this
Where a name still leads to the public address, data takes the way that outsiders listen on, or the service stops.

## How to keep it
Give each `network.PrivateEndpoint` a `network.PrivateDnsZoneGroup` that names the private zone of its service, and each
zone a `privatedns.VirtualNetworkLink` to every virtual network. What a machine then gets for an answer is for the
probes to show.
"""

from typing import Any

from audit.kinds.network import (
    PRIVATE_DNS_ZONE_GROUP,
    PRIVATE_ENDPOINT,
    PRIVATE_ZONE,
    VIRTUAL_NETWORK,
    VIRTUAL_NETWORK_LINK,
)
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Unseen, Verdict, kept, missing

ON = PRIVATE_ENDPOINT
NEEDS = (PRIVATE_DNS_ZONE_GROUP, PRIVATE_ZONE, VIRTUAL_NETWORK_LINK, VIRTUAL_NETWORK)
SEVERITY = Severity.HIGH
LISTS = ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")
ABSENT = dict.fromkeys(
    LISTS, "azure-native 3.29 docstring of network.PrivateEndpoint: one list for each way to approve"
)

# https://learn.microsoft.com/azure/private-link/private-endpoint-dns: what a zone's name begins and ends with, since
# a backup vault's zone names its region in between.
BLOB, QUEUE = ("privatelink.blob.core.windows.net", ""), ("privatelink.queue.core.windows.net", "")
ZONES: dict[str, tuple[tuple[str, str], ...]] = {
    "blob": (BLOB,),
    "queue": (QUEUE,),
    "table": (("privatelink.table.core.windows.net", ""),),
    "file": (("privatelink.file.core.windows.net", ""),),
    "dfs": (("privatelink.dfs.core.windows.net", ""),),
    "web": (("privatelink.web.core.windows.net", ""),),
    "sqlserver": (("privatelink.database.windows.net", ""),),
    "vault": (("privatelink.vaultcore.azure.net", ""),),
    "sites": (("privatelink.azurewebsites.net", ""),),
    "azurebackup": (("privatelink.", ".backup.windowsazure.com"), BLOB, QUEUE),
    "azuresiterecovery": (("privatelink.siterecovery.windowsazure.com", ""),),
}


def judge(endpoint: Resource, estate: Estate) -> Ruling:
    zones = [
        estate.target(config, "privateDnsZoneId")
        for group in estate.children(endpoint, PRIVATE_DNS_ZONE_GROUP)
        for config in group.each("privateDnsZoneConfigs")
    ]
    names = [zone.read("privateZoneName", str).lower() for zone in zones]
    for service in _services(endpoint):
        for head, tail in _wanted(service):
            if not any(name.startswith(head) and name.endswith(tail) for name in names):
                seen = ", ".join(names) or "no zone"
                return missing(
                    f"{service} is published in {seen}, promised {head}{'*' if tail else ''}{tail}",
                    declare="network.PrivateDnsZoneGroup(private_dns_zone_configs=[…]) naming the zone",
                )
    for zone in zones:
        unlinked = _unlinked(zone, estate)
        if unlinked:
            return missing(
                f"the zone {zone.name} is not linked to {unlinked}",
                declare="privatedns.VirtualNetworkLink(private_zone_name=…, virtual_network=…)",
            )
    return kept(f"published in {', '.join(names)}, which every network of ours asks")


def _services(endpoint: Resource) -> list[str]:
    """List what an endpoint leads to, approved at once or by hand; raises `Unseen` where it leads nowhere."""
    found = [group for path in LISTS for link in endpoint.each(path, absent=()) for group in link.texts("groupIds")]
    if not found:
        raise Unseen("what the endpoint leads to was not seen")
    return found


def _wanted(service: str) -> tuple[tuple[str, str], ...]:
    """Return the zones that a service's names lie in; raises `Unseen` for a service that is not in the table."""
    zones = ZONES.get(service.lower())
    if zones is None:
        raise Unseen(f"which private zone serves {service} is not known here")
    return zones


def _unlinked(zone: Resource, estate: Estate) -> str:
    """Name a network that does not ask the zone; empty where every network does. Raises `Unseen` where none is seen."""
    links = estate.children(zone, VIRTUAL_NETWORK_LINK)
    linked = {estate.target(link, "virtualNetwork.id").id for link in links}
    networks = estate.of(VIRTUAL_NETWORK)
    if not networks:
        raise Unseen("no virtual network was seen")
    return next((network.name for network in networks if network.id not in linked), "")


def _endpoint(service: Any) -> dict[str, Any]:
    return {"privateLinkServiceConnections": [{"name": "first", "groupIds": [service]}]}


def _zone(name: Any, *networks: str) -> tuple[Neighbour, ...]:
    links = tuple(
        Neighbour(
            VIRTUAL_NETWORK_LINK,
            {"privateZoneName": {"$reference": str(name)}, "virtualNetwork": {"id": {"$reference": network}}},
            name=f"{name}-{network}",
        )
        for network in networks
    )
    return (Neighbour(PRIVATE_ZONE, {"privateZoneName": name}, name=str(name)), *links)


def _group(*zones: Any) -> Neighbour:
    configs = [{"name": "zone", "privateDnsZoneId": {"$reference": zone}} for zone in zones]
    body = {"privateEndpointName": {"$reference": "it"}, "privateDnsZoneConfigs": configs}
    return Neighbour(PRIVATE_DNS_ZONE_GROUP, body, name="default")


_NETS = (Neighbour(VIRTUAL_NETWORK, {}, name="south"), Neighbour(VIRTUAL_NETWORK, {}, name="west"))
_BOTH = ("south", "west")
_BLOB, _QUEUE, _VAULT = BLOB[0], QUEUE[0], "privatelink.vaultcore.azure.net"
_BACKUP = "privatelink.uks.backup.windowsazure.com"

EXAMPLES = (
    Example(Verdict.KEPT, _endpoint("blob"), (*_NETS, *_zone(_BLOB, *_BOTH), _group(_BLOB))),
    Example(
        Verdict.KEPT,
        _endpoint("AzureBackup"),
        (
            *_NETS,
            *(part for name in (_BACKUP, _BLOB, _QUEUE) for part in _zone(name, *_BOTH)),
            _group(_BACKUP, _BLOB, _QUEUE),
        ),
        note="a backup vault has three zones",
    ),
    Example(
        Verdict.BROKEN,
        _endpoint("AzureBackup"),
        (*_NETS, *_zone(_BACKUP, *_BOTH), _group(_BACKUP)),
        note="its data lies in blobs and queues",
    ),
    Example(Verdict.BROKEN, _endpoint("blob"), (*_NETS, *_zone(_BLOB, *_BOTH)), note="published nowhere"),
    Example(
        Verdict.BROKEN,
        _endpoint("blob"),
        (*_NETS, *_zone(_VAULT, *_BOTH), _group(_VAULT)),
        note="another service's zone",
    ),
    Example(
        Verdict.BROKEN, _endpoint("blob"), (*_NETS, *_zone(_BLOB, "south"), _group(_BLOB)), note="one network of two"
    ),
    Example(Verdict.UNPROVEN, _endpoint("blob"), (*_NETS, _group(_BLOB)), note="the zone was not seen"),
    Example(Verdict.UNPROVEN, _endpoint("blob"), (*_zone(_BLOB), _group(_BLOB)), note="no network was seen"),
    Example(Verdict.UNPROVEN, _endpoint("redis"), (*_NETS, *_zone(_BLOB, *_BOTH), _group(_BLOB)), note="which zone?"),
    Example(Verdict.UNPROVEN, {}, (*_NETS, *_zone(_BLOB, *_BOTH), _group(_BLOB))),
)
