"""Work that takes a while: what a request answers at first, and what is found where it says to look.

https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

import base64
import binascii
from http import HTTPStatus
from typing import Any

from audit.sandbox import resources
from audit.sandbox.address import Address, parse
from audit.sandbox.answers import Call, Refusal, Reply

_WAIT = {"Retry-After": "1"}
"""Clients read a whole number, and take none, or zero, for a wait of their own."""


def begun(call: Call, address: Address, body: dict[str, Any] | None, *, status: int) -> Reply:
    """Answer that work has begun; it is done when the client first asks.

    201 leads to `Azure-AsyncOperation`, which tells the state; 202 to `Location`, which answers the resource.
    """
    verb = "operationResults" if status == HTTPStatus.ACCEPTED else "azureAsyncOperation"
    header = "Location" if verb == "operationResults" else "Azure-AsyncOperation"
    return Reply(status, body, {**_WAIT, header: _place(call, address, verb)})


def _place(call: Call, address: Address, verb: str) -> str:
    """Return where to ask for the operation: its id holds the path that it is about, so none need be kept."""
    token = base64.urlsafe_b64encode(address.path.encode()).decode().rstrip("=")
    version = call.query.get("api-version", "")
    provider = address.provider or "Microsoft.Resources"
    place = f"/subscriptions/{address.subscription}/providers/{provider}/locations/local/{verb}/{token}"
    return f"{call.base}{place}?api-version={version}"


def is_operation(address: Address) -> bool:
    """Tell whether a path is where an operation is asked for."""
    return [kind.lower() for kind in address.types] in (
        ["locations", "operationresults"],
        ["locations", "azureasyncoperation"],
    )


def state(call: Call, address: Address) -> Reply:
    """Answer how an operation stands, or what came of it; 204 where nothing is left to show."""
    token = address.names[-1]
    try:
        path = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Refusal(404, "NotFound", f"The operation '{token}' was not found.") from error
    if address.types[-1].lower() == "azureasyncoperation":
        return Reply(200, {"id": address.path, "name": token, "status": "Succeeded"})
    about = parse(path)
    there = about is not None and resources.is_there(call.store, path)
    return Reply(200, resources.read(call.store, about)) if about is not None and there else Reply(204)
