"""How many SQL servers and virtual cores a region still has room for, as Azure counts and refuses them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from audit.kinds.sql import SQL_DATABASE, SQL_SERVER
from audit.sandbox import permissions
from audit.sandbox.address import Address
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

_KIND = "sql quota"
_USUAL = {"ServerQuota": 250, "RegionalVCoreQuotaForSQLDBAndDW": 2000}
"""The usual servers of a region; how many cores it has room for depends on the subscription.

https://learn.microsoft.com/azure/azure-sql/database/resource-limits-logical-server
"""
_SERVERS, _CORES = _USUAL
_USAGES = "microsoft.sql/locations/usages"


def limit(store: Store, region: str, *, servers: int | None = None, cores: int | None = None) -> None:
    """Let a region have room for so many servers and virtual cores of databases; what is not given stays."""
    given = {_SERVERS: servers, _CORES: cores}
    kept = {**_limits(store, region), **{name: value for name, value in given.items() if value is not None}}
    store.put_document(_KIND, region.lower(), kept)


def demand(store: Store, address: Address, body: Mapping[str, Any]) -> None:
    """Raise the refusal of Azure where a new server or database would be one too many.

    https://learn.microsoft.com/rest/api/sql/servers/create-or-update (ServerQuotaExceeded)
    https://learn.microsoft.com/rest/api/sql/elastic-pools/create-or-update (SubscriptionVcoreQuotaExceeded)
    """
    if store.read(address.id) is not None:
        return
    server = address.type == SQL_SERVER.arm.lower()
    name, wanted = (_SERVERS, 1) if server else (_CORES, _cores(body))
    above = body if server else store.read(address.above) or {}
    region = str(above.get("location", ""))
    if _used(store, address.subscription, region)[name] + wanted <= _limits(store, region)[name]:
        return
    if server:
        message = "Server cannot be added to a subscription because it will exceed quota."
        raise Refusal(409, "ServerQuotaExceeded", message)
    message = "Could not perform the operation because subscription would exceed the allowed vCore quota."
    raise Refusal(400, "SubscriptionVcoreQuotaExceeded", message)


def answer(call: Call, address: Address) -> Reply | None:
    """Answer how much of each quota a region uses, all or one; None where the path leads elsewhere.

    https://learn.microsoft.com/rest/api/sql/subscription-usages/list-by-location
    """
    if call.method != "GET" or address.type != _USAGES:
        return None
    permissions.demand(call.store, "Microsoft.Sql/locations/usages/read", address.path, CLIENT)
    found = list(_usages(call.store, address))
    if address.collection:
        return Reply(200, {"value": found})
    one = next((usage for usage in found if usage["name"].lower() == address.name.lower()), None)
    if one is None:
        raise Refusal(404, "ResourceNotFound", f"The usage '{address.name}' was not found.")
    return Reply(200, one)


def _usages(store: Store, address: Address) -> Iterator[dict[str, Any]]:
    region, place = address.names[0], address.path.rpartition("/usages")[0]
    used, limits = _used(store, address.subscription, region), _limits(store, region)
    for name in _USUAL:
        told = {"displayName": name, "currentValue": used[name], "limit": limits[name], "unit": "Count"}
        identity = f"{place}/usages/{name}"
        yield {"id": identity, "name": name, "type": "Microsoft.Sql/locations/usages", "properties": told}


def _limits(store: Store, region: str) -> dict[str, int]:
    return {**_USUAL, **(store.document(_KIND, region.lower()) or {})}


def _used(store: Store, subscription: str, region: str) -> dict[str, int]:
    servers = [one for one in store.listed(SQL_SERVER.arm, subscription) if _stands_in(one, region)]
    databases = [one for one in store.listed(SQL_DATABASE.arm, subscription) if _stands_in(one, region)]
    return {_SERVERS: len(servers), _CORES: sum(_cores(one) for one in databases)}


def _stands_in(body: Mapping[str, Any], region: str) -> bool:
    return str(body.get("location", "")).lower() == region.lower()


def _cores(body: Mapping[str, Any]) -> int:
    """Return the virtual cores of a database, two where its size says nothing: those of the usual size."""
    sku = body.get("sku") or {}
    found = re.search(r"_(\d+)$", str(sku.get("name", "")))
    capacity = sku.get("capacity")
    return int(capacity) if isinstance(capacity, int) else int(found[1]) if found else 2
