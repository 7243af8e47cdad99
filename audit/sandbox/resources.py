"""What happens when a resource is put, read, changed or deleted, apart from HTTP."""

import re
from collections.abc import Mapping
from typing import Any

from audit.sandbox import inline, private_links, softdelete
from audit.sandbox.address import GROUP_TYPE, SUBSCRIPTION_TYPE, Address, parse
from audit.sandbox.answers import Refusal, group_not_found, not_found
from audit.sandbox.defaults import defaults
from audit.sandbox.locked import CONTAINER_POLICY, demand_kept
from audit.sandbox.modelled import is_step, kind_of, spelt
from audit.sandbox.singletons import singleton, singletons
from audit.sandbox.store import Store
from audit.sandbox.tables import TABLES

_STATELESS = (
    "microsoft.authorization/",
    "microsoft.insights/",
    "microsoft.security/",
    "microsoft.storage/storageaccounts/",
)
"""Providers whose answers carry no `provisioningState`."""
_SECRET = re.compile(
    r"(password|passphrase|secret|protectedsettings|connectionstring|sharedkey|accesskey|accountkey|primarykey"
    r"|secondarykey|customdata|userdata)$",
    re.IGNORECASE,
)
_VALUES = ("microsoft.keyvault/vaults/secrets",)
"""Types whose `properties.value` is the secret itself."""

_IN_RESOURCE_GRAPH = frozenset(name for types in TABLES.values() for name in types)


def put(store: Store, address: Address, given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a resource as Azure would: named, completed with its defaults, without its secrets; returns what is kept.

    Raises `Refusal` where what it stands in is not there.
    """
    if not isinstance(given.get("properties") or {}, Mapping):
        raise Refusal(400, "InvalidRequestContent", "The request content was invalid: properties must be an object.")
    demand_above(store, address)
    softdelete.demand_free(store, address, given)
    found = store.read(address.id) or singleton_of(store, address)
    body = without_secrets(address.type, given)
    body.update(envelope(address, found))
    whole = complete(address.type, body)
    demand_kept(address, found, whole)
    kept = _keep(store, address, whole, said=body)
    _keep_fixed(store, address, body)
    return kept


def change(store: Store, address: Address, given: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a change into a resource (PATCH): tags are replaced as a whole, objects merged; returns what is kept.

    https://learn.microsoft.com/rest/api/resources/resources/update
    """
    found = read(store, address)
    body = merged(found, without_secrets(address.type, given))
    if "tags" in given:
        body["tags"] = given["tags"]
    body.update(envelope(address, found))
    demand_kept(address, found, body)
    return _keep(store, address, body, said=body)


def _keep(store: Store, address: Address, body: dict[str, Any], *, said: Mapping[str, Any]) -> dict[str, Any]:
    """Store a resource and bring what it lists inline, or what lists it, in step; `said` is it without defaults."""
    store.put(address.id, body)
    inline.spread(store, address, body, said=said)
    inline.gather(store, address)
    private_links.keep(store, address, body)
    return read(store, address)


def _keep_fixed(store: Store, address: Address, given: Mapping[str, Any]) -> None:
    """Store the settings of a resource that Resource Graph lists, which reads the store alone.

    What a site is given as its configuration goes to where it is read.
    """
    config = (given.get("properties") or {}).get("siteConfig")
    for segment, name in singletons(address.type):
        child = parse(f"{address.path}/{segment}/{name}")
        if child is None or child.type not in _IN_RESOURCE_GRAPH:
            continue
        body = store.read(child.id) or singleton_of(store, child) or {}
        if segment == "config" and isinstance(config, Mapping):
            body = merged(body, {"properties": config})
        store.put(child.id, body)


def read(store: Store, address: Address) -> dict[str, Any]:
    """Return a resource; raises `Refusal` where it, or the group or resource it stands in, is not there."""
    found = store.read(address.id)
    if found is not None:
        return found
    demand_above(store, address)
    fixed = singleton_of(store, address)
    if fixed is not None:
        return fixed
    raise group_not_found(address.group) if address.type == GROUP_TYPE else not_found(address)


def remove(store: Store, address: Address) -> bool:
    """Delete a resource with all below it, or mark it deleted where Azure only does that; tells if it was there."""
    found = store.read(address.id)
    if found is None:
        return False
    if address.type == CONTAINER_POLICY:
        demand_kept(address, found, None)
    if softdelete.deferred(store, address, found):
        return True
    for vault in softdelete.vaults_of(store, address, found):
        softdelete.bury(store, vault)
    store.delete(address.id)
    inline.gather(store, address)
    private_links.keep(store, address, found)
    return True


def is_there(store: Store, path: str) -> bool:
    """Tell whether a path leads to something: a subscription, a group, a resource or a setting that is always there."""
    address = parse(path)
    if address is None or address.collection:
        return False
    if address.type == SUBSCRIPTION_TYPE:
        return address.subscription.lower() in store.subscriptions
    if store.etag(address.id) or singleton_of(store, address) is not None:
        return True
    return is_step(address.type) and is_there(store, address.above)


def singleton_of(store: Store, address: Address) -> dict[str, Any] | None:
    """Return a setting that is there as soon as what it belongs to is, while nobody has put it; None for all else."""
    parent = parse(address.above) if address.above else None
    if parent is None or len(address.types) == 1:
        return None
    for segment, name in singletons(parent.type):
        if (segment.lower(), name.lower()) == (address.types[-1].lower(), address.name.lower()):
            found = store.read(parent.id) or singleton_of(store, parent)
            return complete(address.type, singleton(found, segment, name)) if found else None
    return None


def demand_above(store: Store, address: Address) -> None:
    """Raise `Refusal` where the subscription, the group or the parent of a resource is not there."""
    if address.subscription and address.subscription.lower() not in store.subscriptions:
        message = f"The subscription '{address.subscription}' could not be found."
        raise Refusal(404, "SubscriptionNotFound", message)
    group = f"/subscriptions/{address.subscription}/resourceGroups/{address.group}"
    if address.group and address.type != GROUP_TYPE and not is_there(store, group):
        raise group_not_found(address.group)
    if address.above and not is_there(store, address.above):
        message = (
            f"Can not perform requested operation on nested resource. Parent resource '{address.above}' not found."
        )
        raise Refusal(404, "ParentResourceNotFound", message)


def envelope(address: Address, found: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the id, name and type of a resource; one that is there already keeps the spelling of its making."""
    if found is not None:
        return {key: found[key] for key in ("id", "name", "type")}
    type_name = spelt(address.spelt_type) if kind_of(address.type) else address.spelt_type
    return {"id": spelt_id(address), "name": address.name, "type": type_name}


def spelt_id(address: Address) -> str:
    """Spell an id as ARM does: its own words in their usual case, the names as they were given."""
    words = {"subscriptions": "subscriptions", "resourcegroups": "resourceGroups", "providers": "providers"}
    steps = address.path.split("/")
    spelling = [words.get(step.lower(), spelt(step)) if index % 2 else step for index, step in enumerate(steps)]
    # A provider's own name stands where a name does.
    for index in range(2, len(steps), 2):
        if spelling[index - 1] == "providers":
            spelling[index] = spelt(steps[index])
    return "/".join(spelling)


def complete(type_name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Add what the platform adds: the documented defaults of the type, and that its making has succeeded."""
    full = defaults(type_name, body)
    if not type_name.startswith(_STATELESS):
        properties = full.get("properties")
        full["properties"] = {**(properties if isinstance(properties, dict) else {}), "provisioningState": "Succeeded"}
    return full


def without_secrets(type_name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a body without its secrets, which Azure takes and never gives back."""
    copy = {key: _plain(value) for key, value in body.items() if not _is_secret(key, value)}
    if type_name in _VALUES and isinstance(copy.get("properties"), dict):
        copy["properties"].pop("value", None)
    return copy


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if not _is_secret(key, item)}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _is_secret(key: str, value: Any) -> bool:
    """Tell whether a property is a secret by its name; a switch (`disable...Password`) or a number is none."""
    return bool(_SECRET.search(key)) and not isinstance(value, bool | int | float)


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Merge objects at every depth (https://www.rfc-editor.org/rfc/rfc7396); lists and plain values are replaced."""
    both = dict(old)
    for key, value in new.items():
        before = both.get(key)
        if value is None:
            both.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(before, Mapping):
            both[key] = merged(before, value)
        else:
            both[key] = value
    return both
