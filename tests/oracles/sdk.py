"""What the Pulumi SDKs themselves say a resource's properties are called: an oracle nobody here wrote."""

import inspect
import re
import typing
from functools import cache
from importlib import import_module
from typing import Any

from pulumi import _types

PACKAGES = {"azure-native": "pulumi_azure_native", "aws": "pulumi_aws"}


@cache
def resource_class(token: str) -> type:
    """Find the SDK's class of a Pulumi token such as `azure-native:storage:StorageAccount`."""
    package, module, name = token.split(":")
    return getattr(import_module(f"{PACKAGES[package]}.{module.split('/')[0]}"), name)


def has_property(token: str, path: str) -> bool:
    """Tell whether the resource has a property at `path`, `properties` objects hoisted, as input or as output."""
    found = resource_class(token)
    steps = re.sub(r"\[\d+\]", "", path).split(".")
    return any(_walk(types, steps) for types in (_inputs(found), _types.resource_types(found)))


@cache
def _inputs(found: type) -> dict[str, Any]:
    """Map the names of a resource class's inputs to their types."""
    module = inspect.getmodule(found)
    for name in (f"{found.__name__}InitArgs", f"{found.__name__}Args"):
        arguments = getattr(module, name, None)
        if arguments is not None:
            return _types.input_type_types(arguments)
    raise LookupError(f"{found} has no arguments class")


def _walk(types: dict[str, Any], steps: list[str]) -> bool:
    if steps[0] in types:
        return len(steps) == 1 or any(_descend(kind, steps[1:]) for kind in _alternatives(types[steps[0]]))
    inner = types.get("properties")
    return inner is not None and any(_descend(kind, steps) for kind in _alternatives(inner))


def _descend(kind: Any, steps: list[str]) -> bool:
    if _types.is_input_type(kind):
        return _walk(_types.input_type_types(kind), steps)
    if _types.is_output_type(kind):
        return _walk(_types.output_type_types(kind), steps)
    return (typing.get_origin(kind) is not None and "Mapping" in str(typing.get_origin(kind))) or kind in (dict, Any)


def _alternatives(kind: Any) -> list[Any]:
    """Take `Optional`, `Input`, `Sequence` and unions off a type."""
    kind = _types.unwrap_type(kind)
    origin = typing.get_origin(kind)
    if origin is typing.Union:
        return [inner for item in typing.get_args(kind) for inner in _alternatives(item)]
    if (origin is not None and "Sequence" in str(origin)) or origin is list:
        return _alternatives(typing.get_args(kind)[0])
    if typing.get_origin(kind) is not None and "Mapping" in str(typing.get_origin(kind)):
        return [dict]
    return [kind]
