"""What Pulumi's wire says: plain values, values that are not known yet, and secrets, which travel in the clear here.

https://www.pulumi.com/docs/reference/pkg/python/pulumi/#module-pulumi.runtime
"""

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc

from audit.facts import UNKNOWN, is_marker
from audit.model import AuditError

_UNKNOWNS = frozenset(
    (
        rpc.UNKNOWN,
        # One for each sort of value: pulumi/sdk/go/common/resource/plugin/rpc.go.
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    )
)


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
    return not any(is_marker(item) for item in _inside(value))


def _inside(value: Any) -> Iterator[Any]:
    yield value
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _inside(item)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        signature = value.get(rpc._special_sig_key)
        if signature in (rpc._special_secret_sig, rpc._special_output_value_sig):
            return _plain(value["value"]) if "value" in value else UNKNOWN
        if signature == rpc._special_resource_sig:
            return value.get("id", UNKNOWN)
        if signature is not None:
            raise AuditError("the local Azure takes no files or archives. Give the value itself.")
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return UNKNOWN if isinstance(value, str) and value in _UNKNOWNS else value


def _wired(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _wired(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_wired(item) for item in value]
    return rpc.UNKNOWN if is_marker(value) else value
