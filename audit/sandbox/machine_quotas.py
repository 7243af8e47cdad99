"""How many virtual cores of machines a region still has room for, as Azure counts and refuses them."""

import re
from collections.abc import Mapping
from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.sandbox import permissions
from audit.sandbox.address import Address
from audit.sandbox.answers import Call, Reply
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

_KIND = "machine quota"
_USUAL = 350
_USAGES = "microsoft.compute/locations/usages"
_CORES = re.compile(r"^\w+?_[A-Za-z]+(\d+)")
CODE = "OperationNotAllowed"


def limit(store: Store, region: str, cores: int) -> None:
    """Let a region have room for so many virtual cores; a region of which nobody said so refuses none."""
    store.put_document(_KIND, _plain(region), {"cores": cores})


def refusal(store: Store, subscription: str, region: str, size: str) -> str:
    """Return Azure's words where one more machine of a size would be too many, empty where there is room.

    https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-resource-quota
    """
    found = store.document(_KIND, _plain(region))
    if found is None:
        return ""
    used, wanted = _used(store, subscription, region), cores(size)
    if used + wanted <= found["cores"]:
        return ""
    return (
        "Operation could not be completed as it results in exceeding approved Total Regional Cores quota. "
        f"Location: {region}, Current Limit: {found['cores']}, Current Usage: {used}, "
        f"Additional Required: {wanted}, (Minimum) New Limit Required: {used + wanted}."
    )


def answer(call: Call, address: Address) -> Reply | None:
    """Answer how many virtual cores a region uses; None where the path leads elsewhere.

    https://learn.microsoft.com/rest/api/compute/usage/list
    """
    if call.method != "GET" or address.type != _USAGES:
        return None
    permissions.demand(call.store, "Microsoft.Compute/locations/usages/read", address.path, CLIENT)
    region = address.names[0]
    found = call.store.document(_KIND, _plain(region)) or {"cores": _USUAL}
    name = {"value": "cores", "localizedValue": "Total Regional vCPUs"}
    used = _used(call.store, address.subscription, region)
    return Reply(200, {"value": [{"unit": "Count", "currentValue": used, "limit": found["cores"], "name": name}]})


def cores(size: str) -> int:
    """Return the virtual cores of a machine's size, which stand in its name; two where they do not."""
    found = _CORES.match(size)
    return int(found[1]) if found else 2


def _used(store: Store, subscription: str, region: str) -> int:
    return sum(
        cores(_size(one))
        for one in store.listed(VIRTUAL_MACHINE.arm, subscription)
        if _plain(str(one.get("location", ""))) == _plain(region)
    )


def _size(body: Mapping[str, Any]) -> str:
    return str(((body.get("properties") or {}).get("hardwareProfile") or {}).get("vmSize") or "")


def _plain(region: str) -> str:
    return region.replace(" ", "").lower()
