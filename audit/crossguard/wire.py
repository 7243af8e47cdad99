"""What the Pulumi engine tells of a resource, as a registration.

https://github.com/pulumi/pulumi/blob/master/proto/pulumi/analyzer.proto
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2

from audit.kinds import kind_of
from audit.sources.registered import Registration, plain


def registration(told: analyzer_pb2.AnalyzeRequest | analyzer_pb2.AnalyzerResource) -> Registration:
    """Turn what the engine tells of one resource into a registration; what it tells as properties are the inputs.

    The protocol has no word for a component. One is told by its lack of a provider, unless a row knows its type.
    """
    return Registration(
        urn=told.urn,
        token=told.type,
        inputs=_properties(told.properties),
        parent=told.options.parent,
        protect=told.options.protect,
        ignore_changes=tuple(told.options.ignoreChanges),
        custom=told.HasField("provider") or kind_of(told.type) is not None,
    )


def stack(told: Iterable[analyzer_pb2.AnalyzerResource], seen: Mapping[str, Registration]) -> tuple[Registration, ...]:
    """Put together what was told of each resource, once alone and once within its stack.

    `seen` holds what was told alone: the inputs, by URN. Within the stack the engine tells dependencies, and outputs in
    place of the inputs. A resource that was never told alone (one that a run leaves out, or only reads) has its outputs
    for inputs.
    """
    return tuple(_within(one, seen.get(one.urn)) for one in told)


def names(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Leave of outputs what others name the resource by, where that is no ARM id."""
    return {key: value for key, value in outputs.items() if key == "arn"}


def _within(told: analyzer_pb2.AnalyzerResource, alone: Registration | None) -> Registration:
    """Add to one resource what only its stack tells: its outputs, whose values it is made of, what it stands below."""
    base = registration(told)
    identity = base.inputs.get("id")
    return msgspec.structs.replace(
        alone or base,
        outputs=base.inputs,
        property_dependencies={name: tuple(found.urns) for name, found in told.propertyDependencies.items()},
        dependencies=tuple(told.dependencies),
        parent=told.parent,
        id=identity if isinstance(identity, str) else "",
    )


def _properties(told: struct_pb2.Struct) -> dict[str, Any]:
    """Read a resource's properties, with marks for what is unknown or secret."""
    return {name: plain(value) for name, value in json_format.MessageToDict(told).items()}
