"""What Pulumi's wire says: plain values, values that are not known yet, and secrets, which travel in the clear here.

https://www.pulumi.com/docs/reference/pkg/python/pulumi/#module-pulumi.runtime
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc

from audit.facts import UNKNOWN, is_marker
from audit.model import AuditError
from audit.placement import all_inside
from audit.signatures import OUTPUT, RESOURCE, SECRET_VALUE, SIGNATURE, UNKNOWNS


def read(struct: Struct) -> dict[str, Any]:
    """Return the properties of a message; raises `AuditError` for a file, which no resource here takes."""
    found: dict[str, Any] = _plain(MessageToDict(struct))
    return found


def written(values: Mapping[str, Any]) -> Struct:
    """Make a message of properties; what is null is left out."""
    struct = Struct()
    struct.update({key: _wired(value) for key, value in values.items() if value is not None})
    return struct


def knows(value: Any) -> bool:
    """Tell whether a value, and all inside it, is known."""
    return not any(is_marker(item) for item in all_inside(value, object))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        signature = value.get(SIGNATURE)
        if signature in (SECRET_VALUE, OUTPUT):
            return _plain(value["value"]) if "value" in value else UNKNOWN
        if signature == RESOURCE:
            return value.get("id", UNKNOWN)
        if signature is not None:
            raise AuditError("the local Azure takes no files or archives. Give the value itself.")
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return UNKNOWN if isinstance(value, str) and value in UNKNOWNS else value


def _wired(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _wired(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_wired(item) for item in value]
    return rpc.UNKNOWN if is_marker(value) else value
