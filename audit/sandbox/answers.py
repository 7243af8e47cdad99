"""What is asked of the local Azure and what it answers, before either is HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from audit.sandbox.address import Address
from audit.sandbox.store import Store


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request."""

    method: str
    path: str
    """The path as it was asked, decoded."""
    query: Mapping[str, str] = {}
    """Names in lower case."""
    headers: Mapping[str, str] = {}
    """Names in lower case."""
    body: Any = None
    """The body's JSON; None where there is none."""
    base: str
    """The scheme and host that it was sent to, which every link in the answer opens with."""
    store: Store

    def object(self) -> dict[str, Any]:
        """Return the body, which must be an object; raises `Refusal` otherwise."""
        if not isinstance(self.body, dict):
            raise Refusal(400, "InvalidRequestContent", "The request content was invalid: a JSON object is required.")
        return self.body


class Reply(msgspec.Struct, frozen=True):
    """One answer; no body where `body` is None."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = {}


class Refusal(Exception):
    """An answer that says no, in the form of ARM's errors.

    https://github.com/Azure/azure-resource-manager-rpc/blob/master/v1.0/common-api-details.md#error-response-content
    """

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.reply = Reply(status, {"error": {"code": code, "message": message}}, headers or {})


def not_modelled(what: str) -> Refusal:
    """Refuse what the local Azure does not know: an empty list in its place would be a false green."""
    return Refusal(501, "NotImplemented", f"The local Azure does not model {what}.")


def not_found(address: Address) -> Refusal:
    """Refuse to answer for a resource that is not there, in ARM's words."""
    name = "/".join(address.names)
    message = f"The Resource '{address.spelt_type}/{name}' under resource group '{address.group}' was not found."
    return Refusal(404, "ResourceNotFound", message)


def group_not_found(name: str) -> Refusal:
    """Refuse to answer for a resource group that is not there."""
    return Refusal(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
