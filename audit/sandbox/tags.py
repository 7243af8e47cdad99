"""Tags as a resource of their own: `{scope}/providers/Microsoft.Resources/tags/default`.

https://learn.microsoft.com/rest/api/resources/tags
"""

from typing import Any

from audit.sandbox import resources
from audit.sandbox.address import Address, parse
from audit.sandbox.answers import Call, Refusal, Reply, not_modelled

_KIND = "tags"
"""The store's document for the tags of a subscription, which is no stored resource."""


def answer(call: Call, address: Address) -> Reply:
    """Answer the tags of a scope, or put, merge, replace or delete them."""
    given = call.object().get("properties", {}).get("tags") or {} if call.method in ("PUT", "PATCH") else {}
    if call.method == "GET":
        return _shown(address, _tags(call, address))
    if call.method == "PUT":
        return _keep(call, address, given)
    if call.method == "PATCH":
        return _keep(call, address, _changed(_tags(call, address), given, str(call.object().get("operation", "Merge"))))
    if call.method == "DELETE":
        _keep(call, address, {})
        return Reply(200)
    raise Refusal(405, "MethodNotAllowed", f"The HTTP method {call.method} is not supported.")


def _changed(old: dict[str, str], given: dict[str, str], operation: str) -> dict[str, str]:
    """Merge, replace or take away tags; raises `Refusal` on any other operation."""
    if operation.lower() == "merge":
        return {**old, **given}
    if operation.lower() == "replace":
        return given
    if operation.lower() == "delete":
        return {name: value for name, value in old.items() if given.get(name) != value}
    raise not_modelled(f"the operation {operation} on tags")


def _tags(call: Call, address: Address) -> dict[str, str]:
    scope = parse(address.scope)
    if scope is not None and not _is_subscription(scope):
        return dict(resources.read(call.store, scope).get("tags") or {})
    return dict(call.store.document(_KIND, address.scope.lower()) or {})


def _keep(call: Call, address: Address, tags: dict[str, str]) -> Reply:
    scope = parse(address.scope)
    if scope is not None and not _is_subscription(scope):
        resources.read(call.store, scope)
        resources.change(call.store, scope, {"tags": tags})
    else:
        call.store.put_document(_KIND, address.scope.lower(), tags)
    return _shown(address, tags)


def _is_subscription(scope: Address) -> bool:
    return not scope.provider and not scope.group


def _shown(address: Address, tags: dict[str, str]) -> Reply:
    body: dict[str, Any] = {
        "id": f"{address.scope}/providers/Microsoft.Resources/tags/default",
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": tags},
    }
    return Reply(200, body)
