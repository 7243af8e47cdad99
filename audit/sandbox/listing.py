"""How collections are listed: what belongs in them, page by page."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from heapq import merge
from typing import Any
from urllib.parse import quote

from audit.model import Scope
from audit.sandbox import permissions, resources
from audit.sandbox.address import GROUP_TYPE, Address, parse
from audit.sandbox.answers import Call, Refusal, Reply, not_modelled
from audit.sandbox.modelled import NOT_LISTED, REACHES_DOWN, REACHES_UP, action, kind_of, types_listed
from audit.sandbox.singletons import singletons
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

_PAGE = 100
_SHOWN = ("id", "name", "type", "location", "tags", "sku", "kind", "identity", "zones", "plan", "managedBy")
"""What the list of all resources shows of each: https://learn.microsoft.com/rest/api/resources/resources/list"""
_TERM = re.compile(r"(resourceType|location|name|resourceGroup|tagName|tagValue)\s+eq\s+'([^']*)'", re.IGNORECASE)


def page_size(store: Store) -> int:
    """Return how many resources one page holds."""
    found = store.document("settings", "arm")
    return int(found["pageSize"]) if found else _PAGE


def resize_pages(store: Store, size: int) -> None:
    """Let one page hold `size` resources, so that a test sees several pages with few resources."""
    store.put_document("settings", "arm", {"pageSize": size})


def collection(call: Call, address: Address) -> Reply:
    """List a collection: of a subscription, a group, a parent resource, or the extensions at a scope."""
    types = types_listed(address)
    if not types:
        raise not_modelled(f"the collection {address.spelt_type}")
    resources.demand_above(call.store, address)
    kind = kind_of(types[0])
    in_group = kind is None or kind.scope is Scope.GROUP
    if len(address.types) == 1 and not (in_group and types[0] not in REACHES_UP | REACHES_DOWN):
        return paged(call, lambda after: _extensions(call, address, types, after))
    if len(address.types) == 1:
        group = address.group or None
        return paged(call, lambda after: _more(call, types, after, subscription=address.subscription, group=group))
    return paged(call, lambda after: _children(call, address, types, after))


def _more(call: Call, types: tuple[str, ...], after: str, **where: str | None) -> Iterator[dict[str, Any]]:
    """Yield resources of some types after an id, read from the store as they are needed."""
    size = page_size(call.store) + 1
    while batch := call.store.listed(types, after=after, limit=size, **where):
        yield from batch
        after = str(batch[-1]["id"])
        if len(batch) < size:
            return


def _children(call: Call, address: Address, types: tuple[str, ...], after: str) -> Iterator[dict[str, Any]]:
    """Yield the children of a parent; settings that are always there come with their defaults."""
    parent = parse(address.above)
    segments = singletons(parent.type) if parent else ()
    fixed = [name for segment, name in segments if segment.lower() == address.types[-1].lower()]
    paths = [child for name in fixed if (child := parse(f"{address.path}/{name}")) and child.id > after]
    unset = [resources.read(call.store, child) for child in paths if call.store.read(child.id) is None]
    left_out = NOT_LISTED.get(address.type, ())
    stored = (_without(body, left_out) for body in _more(call, types, after, below=address.above))
    yield from merge(sorted(unset, key=_order), stored, key=_order)


def _without(body: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    if not names:
        return body
    properties = {name: value for name, value in (body.get("properties") or {}).items() if name not in names}
    return {**body, "properties": properties}


def _order(body: Mapping[str, Any]) -> str:
    return str(body["id"]).lower()


def _extensions(call: Call, address: Address, types: tuple[str, ...], after: str) -> Iterator[dict[str, Any]]:
    """Yield the extensions at a scope; of some types those below it too, of some those above it.

    `$filter=atScope()` leaves those below out:
    https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
    """
    down = types[0] in REACHES_DOWN and "atscope()" not in call.query.get("$filter", "").lower()
    word = f"/providers/{address.provider}/".lower()
    for found in _more(call, types, after, subscription=address.subscription):
        stands = str(found["id"]).lower().rpartition(word)[0]
        scope = address.scope.lower()
        if (
            stands == scope
            or (down and stands.startswith(f"{scope}/"))
            or (types[0] in REACHES_UP and scope.startswith(f"{stands}/"))
        ):
            yield found


def everything(call: Call, subscription: str, group: str | None) -> Reply:
    """List all tracked resources of a subscription or group, of `$filter` where it is given, without properties."""
    fits = _filter(call.query.get("$filter", ""))

    def found(after: str) -> Iterator[dict[str, Any]]:
        size = page_size(call.store) + 1
        while batch := call.store.listed(subscription=subscription, group=group, after=after, limit=size):
            after = str(batch[-1]["id"])
            shown = ({key: body[key] for key in _SHOWN if body.get(key) is not None} for body in batch)
            yield from (body for body in shown if _is_tracked(body) and fits(body))

    return paged(call, found)


def groups(call: Call, subscription: str) -> Reply:
    """List the resource groups of a subscription, of `$filter` where it is given."""
    permissions.demand(call.store, action(GROUP_TYPE, "read"), call.path, CLIENT)
    fits = _filter(call.query.get("$filter", ""))
    return paged(call, lambda after: filter(fits, _more(call, (GROUP_TYPE,), after, subscription=subscription)))


def _is_tracked(body: Mapping[str, Any]) -> bool:
    return bool(body.get("location")) and body["type"].lower() != GROUP_TYPE


def _filter(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """Read a `$filter` of equalities joined by `and` or by `or`; raises `Refusal` on anything else."""
    terms = [(name.lower(), value.lower()) for name, value in _TERM.findall(text)]
    joints = {word.strip(" ()").lower() for word in _TERM.sub("|", text).split("|")} - {""}
    if len(joints) > 1 or joints - {"and", "or"}:
        raise not_modelled(f"the filter {text}")
    how = any if joints == {"or"} else all
    return lambda body: how(_equals(body, name, value) for name, value in terms)


def _equals(body: Mapping[str, Any], name: str, value: str) -> bool:
    address = parse(str(body["id"]))
    seen = {
        "resourcetype": [body["type"]],
        "location": [body.get("location", "")],
        "name": [body["name"]],
        "resourcegroup": [address.group if address else ""],
        "tagname": list(body.get("tags") or {}),
        "tagvalue": [str(tag) for tag in (body.get("tags") or {}).values()],
    }
    return value in (text.lower() for text in seen[name])


def paged(call: Call, found: Callable[[str], Iterator[dict[str, Any]]]) -> Reply:
    """Answer one page of what `found` yields after an id, with the link to the next one where there is more."""
    size = page_size(call.store)
    asked = call.query.get("$top", "")
    size = min(size, int(asked)) if asked.isdigit() and int(asked) else size
    page: list[dict[str, Any]] = []
    for body in found(_after(call.query.get("$skiptoken", ""))):
        if len(page) == size:
            return Reply(200, {"value": page, "nextLink": next_link(call, str(page[-1]["id"]))})
        page.append(body)
    return Reply(200, {"value": page})


def next_link(call: Call, last: str) -> str:
    """Return the address of the page after an id: the same request with another token."""
    token = base64.urlsafe_b64encode(last.lower().encode()).decode()
    return link_with(call, token)


def link_with(call: Call, token: str) -> str:
    """Return the address of the same request with a page's token."""
    others = {name: value for name, value in call.query.items() if name != "$skiptoken"}
    query = "&".join(
        f"{quote(name)}={quote(value, safe='')}" for name, value in {**others, "$skiptoken": token}.items()
    )
    return f"{call.base}{quote(call.path)}?{query}"


def _after(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Refusal(400, "InvalidSkipToken", f"The skip token '{token}' is invalid.") from error
