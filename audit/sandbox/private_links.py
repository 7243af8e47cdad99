"""Private endpoints and what they lead to: the target lists each endpoint that points at it as a connection."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from audit.sandbox.address import Address, parse
from audit.sandbox.store import Store

ENDPOINT = "microsoft.network/privateendpoints"
_LISTS = {"privateLinkServiceConnections": "Approved", "manualPrivateLinkServiceConnections": "Pending"}
"""What an endpoint lists → the state that the target gives such a connection.

https://learn.microsoft.com/azure/private-link/private-endpoint-overview#access-to-a-private-link-resource-using-approval-workflow
"""
_NAME = "privateEndpointConnections"
_TARGETS = (
    "microsoft.dataprotection/backupvaults",
    "microsoft.keyvault/vaults",
    "microsoft.recoveryservices/vaults",
    "microsoft.sql/servers",
    "microsoft.storage/storageaccounts",
    "microsoft.web/sites",
)


def keep(store: Store, address: Address, body: Mapping[str, Any]) -> None:
    """Bring the lists of connections in step after a resource with this body was put, changed or deleted.

    After an endpoint it is the targets that are written, after a target the target itself; anything else changes
    nothing. A connection of an endpoint that is not in this store, as from another tenant, stays.
    """
    if address.type == ENDPOINT:
        for target in {target.lower() for _, _, target in _links(body)}:
            _write(store, target)
    elif address.type in _TARGETS:
        _write(store, address.id)


def _links(endpoint: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Yield the connections that an endpoint asks for: their state, themselves, and the id of their target."""
    properties = endpoint.get("properties") or {}
    for name, state in _LISTS.items():
        for link in properties.get(name) or ():
            asked = link.get("properties") or {}
            target = asked.get("privateLinkServiceId")
            if isinstance(target, str) and target:
                yield state, link, target


def _write(store: Store, target: str) -> None:
    """Write into a target the connections of every endpoint that points at it; nothing where it is not there."""
    body = store.read(target)
    if body is None:
        return
    properties = body.get("properties") or {}
    before = properties.get(_NAME)
    endpoints = {str(one["id"]).lower(): one for one in store.listed(ENDPOINT)}
    after = [one for one in before or () if _is_foreign(store, one)]
    for endpoint in endpoints.values():
        for state, link, pointed in _links(endpoint):
            if pointed.lower() == target.lower():
                after.append(_connection(body, endpoint, link, state))
    # Some types leave the list out while there is none; that is not changed here.
    if after != (before or []):
        store.put(target, {**body, "properties": {**properties, _NAME: after}})


def _is_foreign(store: Store, connection: Mapping[str, Any]) -> bool:
    """Tell whether a connection comes from elsewhere: from a subscription that this store does not hold."""
    endpoint = (connection.get("properties") or {}).get("privateEndpoint") or {}
    address = parse(str(endpoint.get("id") or ""))
    return address is None or address.subscription.lower() not in store.subscriptions


def _connection(
    target: Mapping[str, Any], endpoint: Mapping[str, Any], link: Mapping[str, Any], state: str
) -> dict[str, Any]:
    """Make the connection as the target lists it; its name follows from both ids, so that it stays the same."""
    name = f"{endpoint['name']}.{uuid.uuid5(uuid.NAMESPACE_URL, str(endpoint['id']).lower() + str(link.get('name')))}"
    told = {
        "privateEndpoint": {"id": endpoint["id"]},
        "groupIds": list((link.get("properties") or {}).get("groupIds") or ()),
        "privateLinkServiceConnectionState": {
            "status": state,
            "description": "Auto-Approved" if state == "Approved" else "",
            "actionsRequired": "None",
        },
        "provisioningState": "Succeeded",
    }
    kind = f"{target['type']}/{_NAME}"
    return {"id": f"{target['id']}/{_NAME}/{name}", "name": name, "type": kind, "properties": told}
