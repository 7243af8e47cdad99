"""A template that is deployed: its resources are put one after the other, where all of it is written out."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from audit.sandbox import permissions, resources
from audit.sandbox.address import Address, parse
from audit.sandbox.answers import Call, Refusal, not_modelled
from audit.sandbox.modelled import action, kind_of
from audit.sandbox.tokens import CLIENT

TYPE = "microsoft.resources/deployments"
_AROUND = ("type", "name", "apiVersion", "dependsOn", "comments", "resources")
"""What a template says of a resource beside its body."""
_WORKED_OUT = ("copy", "condition", "scope", "existing")
"""What only Azure's own deployment engine can work out."""
_EXPRESSION = re.compile(r"\[(?!\[)")


def deploy(call: Call, deployment: Address, given: Mapping[str, Any]) -> None:
    """Put the resources of a deployment's template in the order in which they stand.

    Raises `Refusal` where the template has expressions, conditions, loops or links, since a part of it left out would
    look deployed; and where one of its resources is refused.

    https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax
    """
    properties = given.get("properties")
    template = properties.get("template") if isinstance(properties, Mapping) else None
    listed = template.get("resources") if isinstance(template, Mapping) else None
    if isinstance(listed, Mapping):
        listed = list(listed.values())
    if not deployment.group or not isinstance(listed, list) or _is_worked_out(listed):
        raise not_modelled("the deployment of templates that are not written out")
    for path, body in [found for item in listed for found in _flatten(deployment.scope, item, "", "")]:
        _put(call, path, body)


def _put(call: Call, path: str, body: dict[str, Any]) -> None:
    """Put one resource of a template, nested deployments with all of theirs."""
    address = parse(path)
    if address is None or address.collection or kind_of(address.type) is None:
        raise not_modelled(f"the type {address.spelt_type if address else path}")
    permissions.demand(call.store, action(address.type, "write"), address.path, CLIENT)
    if address.type == TYPE:
        deploy(call, address, body)
    resources.put(call.store, address, body)


def _flatten(scope: str, item: Any, above: str, names: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a resource of a template and those listed inside it, each with its path and ARM's own JSON."""
    if not isinstance(item, Mapping) or not all(isinstance(item.get(key), str) for key in ("type", "name")):
        raise Refusal(400, "InvalidTemplate", "A resource of the template has no type or no name.")
    whole = f"{above}/{item['type']}" if above else item["type"]
    name = f"{names}/{item['name']}" if names else item["name"]
    provider, *types = whole.split("/")
    steps = name.split("/")
    if len(types) != len(steps):
        raise Refusal(400, "InvalidTemplate", f"The name '{name}' does not have as many parts as the type '{whole}'.")
    pairs = "".join(f"/{kind}/{step}" for kind, step in zip(types, steps, strict=True))
    yield f"{scope}/providers/{provider}{pairs}", {key: item[key] for key in item if key not in _AROUND}
    for child in item.get("resources") or ():
        yield from _flatten(scope, child, whole, name)


def _is_worked_out(value: Any) -> bool:
    """Tell whether anything in a template's resources is for Azure's own deployment engine to work out."""
    if isinstance(value, Mapping):
        return any(key in _WORKED_OUT and "type" in value for key in value) or any(map(_is_worked_out, value.values()))
    if isinstance(value, list):
        return any(map(_is_worked_out, value))
    return isinstance(value, str) and _EXPRESSION.match(value) is not None
