"""Children that their parent lists in its own body (subnets, rules): the list and the children are kept in step."""

from collections.abc import Mapping
from typing import Any

from audit.kinds import KINDS
from audit.model import Kind
from audit.sandbox.address import Address, parse
from audit.sandbox.defaults import defaults
from audit.sandbox.store import Store

_BY_PARENT: dict[str, list[tuple[Kind, str]]] = {}
for _kind in KINDS:
    if _kind.parent and _kind.parent.inline:
        _BY_PARENT.setdefault(_kind.parent.type.lower(), []).append((_kind, _kind.parent.inline))
_PARENTS = {kind.arm.lower(): inline for children in _BY_PARENT.values() for kind, inline in children}


def spread(store: Store, parent: Address, body: dict[str, Any], *, said: Mapping[str, Any]) -> None:
    """Make the children that a parent lists in its body resources of their own; those no longer listed are deleted.

    A parent that says nothing of a list leaves the children as they are: `said` is the body as it was given, since the
    whole one holds an empty list by default.
    """
    properties = said.get("properties")
    for kind, name in _BY_PARENT.get(parent.type, ()):
        listed = properties.get(name) if isinstance(properties, dict) else None
        if isinstance(listed, list):
            _replace(store, parent, kind, [item for item in listed if isinstance(item, dict) and item.get("name")])
        _list_in(store, parent, body, kind, name)


def gather(store: Store, child: Address) -> None:
    """Bring the list of the parent in step after a child of it was put or deleted."""
    name = _PARENTS.get(child.type)
    parent = parse(child.above) if name else None
    body = store.read(parent.id) if parent else None
    if parent is None or body is None:
        return
    for kind, inline in _BY_PARENT[parent.type]:
        if inline == name:
            _list_in(store, parent, body, kind, inline)


def _replace(store: Store, parent: Address, kind: Kind, items: list[dict[str, Any]]) -> None:
    """Put the children that are listed, and delete the others."""
    word = kind.arm.rpartition("/")[2]
    wanted = {f"{parent.path}/{word}/{item['name']}": item for item in items}
    kept = {identity.lower() for identity in wanted}
    for child in _children(store, parent, kind):
        if child["id"].lower() not in kept:
            store.delete(child["id"])
    for identity, item in wanted.items():
        own = store.read(identity) or {"id": f"{_spelt(store, parent)}/{word}/{item['name']}"}
        whole = {**item, "id": own["id"], "name": item["name"], "type": kind.arm}
        whole["properties"] = {**(item.get("properties") or {}), "provisioningState": "Succeeded"}
        store.put(identity, defaults(kind.arm.lower(), whole))


def _list_in(store: Store, parent: Address, body: dict[str, Any], kind: Kind, name: str) -> None:
    """Write the children into the parent's list, and the parent into the store where that changed it."""
    properties = body.setdefault("properties", {})
    listed = _children(store, parent, kind)
    if properties.get(name) != listed:
        properties[name] = listed
        store.put(parent.id, body)


def _children(store: Store, parent: Address, kind: Kind) -> list[dict[str, Any]]:
    return store.listed(kind.arm, below=parent.id)


def _spelt(store: Store, parent: Address) -> str:
    """Return the parent's id as it was spelt when it was made."""
    found: Mapping[str, Any] = store.read(parent.id) or {"id": parent.path}
    return str(found["id"])
