"""Microsoft Graph, version 1.0: who is in the tenant, what they may do, and with what they sign in.

https://learn.microsoft.com/graph/api/overview. Objects are documents of the store, kept under the path of their
collection; what is not modelled answers 501, never an empty list.
"""

import base64
import binascii
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from audit.kinds import KINDS
from audit.sandbox.answers import Call, Reply
from audit.sandbox.listing import link_with
from audit.sandbox.store import Store

Item = dict[str, Any]
Page = Callable[[str], Reply]

_EXPANDED = 20
"""How many members Graph expands at most: https://developer.microsoft.com/graph/known-issues/?search=13635"""
_PAGE, _MOST = 100, 999
_KIND = "graph-permissions"


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """One place of Graph: which permission lets an application read it, and what hangs on its objects."""

    permissions: tuple[str, ...]
    """Any of them is enough; the first is the least."""
    type: str = ""
    """Graph's type of its objects, where they name it among others."""
    navigations: tuple[str, ...] = ()
    """Lists that an answer holds only where it is asked to expand them."""
    single: bool = False
    """Whether the tenant has one such object, which the path answers itself."""
    denial: str = "Authorization_RequestDenied"
    """The code of the refusal; Intune and conditional access have their own."""


_DIRECTORY = "Directory.Read.All"
_INTUNE = "DeviceManagementConfiguration.Read.All"
COLLECTIONS: Mapping[str, Collection] = {
    "/organization": Collection(permissions=("Organization.Read.All", _DIRECTORY)),
    "/domains": Collection(permissions=("Domain.Read.All", _DIRECTORY)),
    "/users": Collection(permissions=("User.Read.All", _DIRECTORY), type="user"),
    "/groups": Collection(
        permissions=("GroupMember.Read.All", "Group.Read.All", _DIRECTORY), type="group", navigations=("members",)
    ),
    "/servicePrincipals": Collection(permissions=("Application.Read.All", _DIRECTORY), type="servicePrincipal"),
    "/directoryRoles": Collection(
        permissions=("RoleManagement.Read.Directory", _DIRECTORY), type="directoryRole", navigations=("members",)
    ),
    "/identity/conditionalAccess/policies": Collection(permissions=("Policy.Read.All",), denial="AccessDenied"),
    "/policies/authorizationPolicy": Collection(permissions=("Policy.Read.All",), single=True),
    "/deviceManagement": Collection(permissions=(_INTUNE,), single=True, denial="Forbidden"),
    "/deviceManagement/deviceCompliancePolicies": Collection(
        permissions=(_INTUNE,), navigations=("assignments",), denial="Forbidden"
    ),
    "/deviceManagement/managedDevices": Collection(
        permissions=("DeviceManagementManagedDevices.Read.All",), denial="Forbidden"
    ),
}
"""Path → what is there: https://learn.microsoft.com/graph/permissions-reference says which permission reads it."""
_BY_PATH = {path.lower(): path for path in COLLECTIONS}
_BY_IDS = "/directoryobjects/getbyids"
_OBJECTS = ("/users", "/groups", "/servicePrincipals")
_OPTIONS = {"$select", "$top", "$filter", "$expand", "$skiptoken"}

GRANTED = tuple(
    sorted({kind.action for kind in KINDS if kind.arm.startswith("microsoft.graph.")} | {"Domain.Read.All"})
)
"""What the application may read unless a test narrows it: all that the audit asks for, and the domains."""


class _Refused(Exception):
    """An answer that says no, in Graph's words: https://learn.microsoft.com/graph/errors."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def granted(store: Store) -> tuple[str, ...]:
    """Return the permissions that the application has."""
    found = store.document(_KIND, "default")
    return tuple(found["granted"]) if found else GRANTED


def grant(store: Store, permissions: Iterable[str]) -> None:
    """Let the application have just these permissions."""
    store.put_document(_KIND, "default", {"granted": sorted(permissions)})


def answer(call: Call) -> Reply:
    """Answer one request that bears a valid token; a refusal has the form of Graph's errors."""
    request_id = str(uuid.uuid4())
    theirs = call.headers.get("client-request-id", request_id)
    headers = {"request-id": request_id, "client-request-id": theirs}
    try:
        reply = _answer(call)
    except _Refused as no:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        inner = {"date": now, "request-id": request_id, "client-request-id": theirs}
        reply = Reply(no.status, {"error": {"code": no.code, "message": no.message, "innerError": inner}})
    return msgspec.structs.replace(reply, headers=headers)


def _answer(call: Call) -> Reply:
    version, _, rest = call.path.strip("/").partition("/")
    path = f"/{rest}"
    if version.lower() != "v1.0":
        raise _not_modelled(f"the version {version}")
    if call.method == "POST" and path.lower() == _BY_IDS:
        return _by_ids(call)
    if call.method != "GET":
        raise _not_modelled(f"{call.method} {path}")
    if unknown := set(call.query) - _OPTIONS:
        raise _not_modelled(f"the option {', '.join(sorted(unknown))}")
    for steps in range(3):
        head, tail = _split(path, steps)
        place = _BY_PATH.get(head.lower())
        if place is not None and len(tail) == steps:
            return _found(call, place, tail)
    raise _not_modelled(path)


def _split(path: str, steps: int) -> tuple[str, list[str]]:
    """Cut the last steps off a path."""
    words = path.strip("/").split("/")
    return "/" + "/".join(words[: len(words) - steps]), words[len(words) - steps :]


def _found(call: Call, place: str, tail: Sequence[str]) -> Reply:
    """Answer for a collection, one of its objects, or what hangs on one."""
    collection = COLLECTIONS[place]
    _demand(call, collection)
    if not tail and collection.single:
        return _one(call, place, _only(call.store, place))
    if not tail:
        return _listed(call, place, collection, _objects(call.store, place))
    if collection.single:
        raise _not_modelled(f"{place}/{'/'.join(tail)}")
    item = next((item for item in _objects(call.store, place) if item["id"].lower() == tail[0].lower()), None)
    if item is None:
        message = (
            f"Resource '{tail[0]}' does not exist or one of its queried reference-property objects are not present."
        )
        raise _Refused(404, "Request_ResourceNotFound", message)
    if len(tail) == 1:
        return _one(call, place, item)
    return _hanging(call, place, collection, item, tail[1])


def _hanging(call: Call, place: str, collection: Collection, item: Item, name: str) -> Reply:
    """Answer the whole of a list that hangs on an object; `transitiveMembers` goes through groups in groups."""
    if name.lower() == "transitivemembers" and "members" in collection.navigations:
        return _listed(call, f"{place}/transitiveMembers", Collection(permissions=()), _through(call.store, item))
    navigation = next((known for known in collection.navigations if known.lower() == name.lower()), None)
    if navigation is None:
        raise _not_modelled(f"{place}/{item['id']}/{name}")
    return _listed(call, f"{place}/{navigation}", Collection(permissions=()), _linked(call.store, item, navigation))


def _demand(call: Call, collection: Collection) -> None:
    """Raise the refusal of an application that has none of the permissions."""
    if set(collection.permissions) & set(granted(call.store)):
        return
    messages = {
        "AccessDenied": "You cannot perform the requested operation, required scopes are missing in the token.",
        "Forbidden": "Application is not authorized to perform this operation. Application must have one of the "
        f"following scopes: {', '.join(collection.permissions)}",
    }
    message = messages.get(collection.denial, "Insufficient privileges to complete the operation.")
    raise _Refused(403, collection.denial, message)


def _by_ids(call: Call) -> Reply:
    """Answer the objects of the given ids: https://learn.microsoft.com/graph/api/directoryobject-getbyids."""
    _demand(call, Collection(permissions=(_DIRECTORY, "User.Read.All", "Group.Read.All", "Application.Read.All")))
    body = call.body if isinstance(call.body, dict) else {}
    ids = body.get("ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= 1000:  # noqa: PLR2004  # Graph's own limit, named nowhere else
        raise _Refused(400, "Request_BadRequest", "The number of ids must be from 1 to 1000.")
    types = [str(name).lower() for name in body.get("types") or ()]
    wanted = {str(identity).lower() for identity in ids}
    everyone = _everyone(call.store)
    found = [item for identity, item in sorted(everyone.items()) if identity in wanted]
    fitting = [item for item in found if not types or item["@odata.type"].rpartition(".")[2].lower() in types]
    return Reply(200, {"@odata.context": _context(call, "directoryObjects"), "value": fitting})


def _objects(store: Store, place: str) -> list[Item]:
    """Return the objects of a collection in order of ids; managed identities of resources are among the principals."""
    found = store.documents(f"graph{place}")
    if place == "/servicePrincipals":
        known = {item["id"] for item in found}
        found += [item for item in _managed_identities(store) if item["id"] not in known]
    return sorted(found, key=lambda item: str(item["id"]))


def _managed_identities(store: Store) -> list[Item]:
    """Make the principals that Entra holds for the identities of resources, system-assigned and user-assigned."""
    query = """
        select json_extract(body, '$.identity.principalId') from resources union
        select json_extract(body, '$.properties.principalId') from resources
        where type = 'microsoft.managedidentity/userassignedidentities'
    """
    ids = sorted(str(row[0]) for row in store.connection.execute(query) if row[0])
    shape = {"servicePrincipalType": "ManagedIdentity", "appOwnerOrganizationId": None, "accountEnabled": True}
    return [{"id": identity, **shape} for identity in ids]


def _only(store: Store, place: str) -> Item:
    found = store.documents(f"graph{place}")
    if not found:
        raise _Refused(404, "ResourceNotFound", "Resource not found.")
    return found[0]


def _everyone(store: Store) -> dict[str, Item]:
    """Return every user, group and service principal by id, each with its type."""
    return {
        item["id"].lower(): {"@odata.type": f"#microsoft.graph.{COLLECTIONS[place].type}", **item}
        for place in _OBJECTS
        for item in _objects(store, place)
    }


def _linked(store: Store, item: Item, navigation: str) -> list[Item]:
    """Return what hangs on an object: members are looked up by id, anything else is kept with the object."""
    listed = item.get(navigation) or []
    if navigation != "members":
        return list(listed)
    everyone = _everyone(store)
    return [everyone.get(member["id"].lower(), member) for member in listed]


def _through(store: Store, item: Item) -> list[Item]:
    """Return the members of a group and of the groups in it, at any depth, each once."""
    found: dict[str, Item] = {}
    waiting = [item]
    while waiting:
        for member in _linked(store, waiting.pop(), "members"):
            if member["id"] not in found:
                found[member["id"]] = member
                waiting.append(member)
    return [found[identity] for identity in sorted(found)]


def _one(call: Call, place: str, item: Item) -> Reply:
    shown = _shown(call, COLLECTIONS[place], item)
    return Reply(200, {"@odata.context": _context(call, f"{place.strip('/')}/$entity"), **shown})


def _listed(call: Call, place: str, collection: Collection, items: Sequence[Item]) -> Reply:
    """Answer one page of a list, with the link to the next one where there is more."""
    size = _page_size(call)
    start = _start(call.query.get("$skiptoken", ""))
    fits = _filter(call.query.get("$filter", ""))
    fitting = [item for item in items if fits(item)]
    body: dict[str, Any] = {"@odata.context": _context(call, place.strip("/"))}
    if start + size < len(fitting):
        token = base64.urlsafe_b64encode(str(start + size).encode()).decode()
        body["@odata.nextLink"] = link_with(call, token)
    return Reply(200, {**body, "value": [_shown(call, collection, item) for item in fitting[start : start + size]]})


def _page_size(call: Call) -> int:
    """Return the size of a page; a store that has one of its own gives fewer, so that few objects make many pages."""
    settings = call.store.document("settings", "graph") or {}
    most = int(settings.get("pageSize", _PAGE))
    asked = call.query.get("$top")
    if asked is None:
        return most
    if not asked.isdigit() or not 1 <= int(asked) <= _MOST:
        raise _Refused(
            400, "Request_BadRequest", f"Invalid page size specified: '{asked}'. Must be between 1 and {_MOST}."
        )
    return min(int(asked), int(settings.get("pageSize", _MOST)))


def _start(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token.encode())) if token else 0
    except (binascii.Error, ValueError) as error:
        raise _Refused(400, "Directory_ExpiredPageToken", "The specified page token value has expired.") from error


_TERM = re.compile(r"(\w+) eq (?:'([^']*)'|(true|false))")


def _filter(text: str) -> Callable[[Item], bool]:
    """Read a `$filter` of equalities joined by `and`; raises `_Refused` on anything else."""
    tests: dict[str, Any] = {}
    for term in re.split(r" and ", text) if text else ():
        found = _TERM.fullmatch(term.strip())
        if found is None:
            raise _not_modelled(f"the filter {text}")
        tests[found[1]] = found[3] == "true" if found[3] else found[2]
    return lambda item: all(item.get(name) == value for name, value in tests.items())


def _shown(call: Call, collection: Collection, item: Item) -> Item:
    """Show of an object what `$select` names, or all of it; what hangs on it only where `$expand` asks for it."""
    plain = {name: value for name, value in item.items() if name not in collection.navigations}
    shown = _selected(plain, call.query.get("$select", ""))
    for name, selection in _expansions(call.query.get("$expand", "")):
        if name not in collection.navigations:
            message = f"Parsing OData Select and Expand failed: Could not find a property named '{name}'."
            raise _Refused(400, "BadRequest", message)
        linked = _linked(call.store, item, name)
        several = linked[:_EXPANDED] if name == "members" else linked
        shown[name] = [_selected({k: v for k, v in one.items() if k != "members"}, selection) for one in several]
    return shown


def _expansions(text: str) -> list[tuple[str, str]]:
    """Read an `$expand`: the lists that it names, each with what to select of their objects."""
    if not text:
        return []
    found = re.fullmatch(r"(\w+)(?:\(\$select=([\w,]+)\))?", text)
    if found is None:
        raise _not_modelled(f"the expansion {text}")
    return [(found[1], found[2] or "")]


def _selected(item: Item, selection: str) -> Item:
    """Keep the properties that are named, null where an object has none, and the annotations that tell its type."""
    if not selection:
        return dict(item)
    kept = {name: value for name, value in item.items() if name.startswith("@odata.")}
    return kept | {name: item.get(name) for name in selection.split(",")}


def _context(call: Call, what: str) -> str:
    return f"{call.base}/v1.0/$metadata#{what}"


def _not_modelled(what: str) -> _Refused:
    return _Refused(501, "NotImplemented", f"The local Azure does not model {what}.")
