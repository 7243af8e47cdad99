"""Azure Resource Manager: any path is taken apart and led to what answers it."""

import re

from audit.sandbox import (
    actions,
    blob_backups,
    blob_ranges,
    deployments,
    jobs,
    listing,
    locks,
    machines,
    operations,
    permissions,
    recovery,
    resource_graph,
    resources,
    softdelete,
    sql_dropped,
    sql_restores,
    tags,
    tenancy,
    views,
)
from audit.sandbox.address import GROUP_TYPE, SUBSCRIPTION_TYPE, Address, parse
from audit.sandbox.answers import Call, Refusal, Reply, not_modelled
from audit.sandbox.effects import EFFECTS
from audit.sandbox.locked import CONTAINER_POLICY
from audit.sandbox.modelled import CREATED, SLOW_DELETE, SLOW_PUT, action, kind_of, types_listed
from audit.sandbox.store import EXPANDED
from audit.sandbox.tokens import CLIENT

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[a-z]+)?", re.IGNORECASE)
_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_ETAGGED = ("microsoft.network/", "microsoft.recoveryservices/", CONTAINER_POLICY)
"""Providers whose answers carry the etag in the body, too."""


def answer(call: Call) -> Reply:
    """Answer one request that bears a valid token; what is refused is answered as ARM refuses it."""
    try:
        _demand_version(call)
        jobs.settle(call.store, EFFECTS)
        return _answer(call)
    except Refusal as refusal:
        return refusal.reply


def _demand_version(call: Call) -> None:
    """Raise `Refusal` unless the call names an API version of the usual form; which one is not looked at.

    Clients send versions of many years; a list of them would only refuse the next one.
    """
    version = call.query.get("api-version", "")
    if not version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise Refusal(400, "MissingApiVersionParameter", message)
    if not _VERSION.fullmatch(version):
        raise Refusal(400, "InvalidApiVersionParameter", f"The api-version '{version}' is invalid.")


def _answer(call: Call) -> Reply:
    steps = [step for step in call.path.split("/") if step]
    if "/".join(steps).lower() == resource_graph.PATH.strip("/").lower() and call.method == "POST":
        return resource_graph.answer(call.store, call.body)
    above = tenancy.answer(call, steps) if steps and call.method in ("GET", "POST") else None
    if above is not None:
        return above
    address = parse(call.path)
    if address is None:
        raise Refusal(404, "InvalidResourceType", f"The path '{call.path}' leads to no resource.")
    if operations.is_operation(address):
        return operations.state(call, address)
    if (worked := jobs.answer(call, address)) is not None:
        return worked
    special = _special(call, address)
    return special if special is not None else _on_resources(call, address)


def _special(call: Call, address: Address) -> Reply | None:
    """Answer what is no resource although its path looks like one: tags, permissions, views, deleted vaults."""
    if address.type == "microsoft.authorization/permissions" and call.method == "GET":
        return Reply(200, {"value": permissions.granted(call.store)})
    if address.type == "microsoft.resources/tags":
        return tags.answer(call, address)
    for part in (sql_restores.answer, recovery.answer, blob_backups.answer):
        if (reply := part(call, address)) is not None:
            return reply
    view = views.answer(call, address)
    return view if view is not None else softdelete.deleted_vaults(call, address)


def _on_resources(call: Call, address: Address) -> Reply:
    """Answer for a resource or a collection, where its type is modelled and the identity may ask."""
    if call.method == "POST":
        permissions.demand(call.store, f"{address.spelt_type}/action", address.path, CLIENT)
        return actions.answer(call, address)
    if call.method not in _VERBS:
        raise Refusal(405, "MethodNotAllowed", f"The HTTP method {call.method} is not supported.")
    known = types_listed(address) if address.collection else address.type == GROUP_TYPE or kind_of(address.type)
    if not known or address.type == SUBSCRIPTION_TYPE:
        raise not_modelled(f"the type {address.spelt_type}")
    type_name = types_listed(address)[0] if address.collection else address.type
    permissions.demand(call.store, action(type_name, _VERBS[call.method]), address.path, CLIENT)
    if address.collection:
        return _collection(call, address)
    return {"GET": _get, "HEAD": _head, "PUT": _put, "PATCH": _patch, "DELETE": _delete}[call.method](call, address)


def _collection(call: Call, address: Address) -> Reply:
    if call.method != "GET":
        raise Refusal(405, "MethodNotAllowed", f"The HTTP method {call.method} is not supported on a collection.")
    return listing.collection(call, address)


def _get(call: Call, address: Address) -> Reply:
    """Answer a resource, with what `$expand` names of the properties that are not told otherwise."""
    body = views.spelt_for(call.query.get("api-version", ""), address.type, resources.read(call.store, address))
    wanted = call.query.get("$expand", "").split(",")
    told = _told(call, address) if wanted != [""] else {}
    expanded = {name: value for name, value in told.items() if name in wanted}
    return _shown(call, address, resources.merged(body, {"properties": expanded}) if expanded else body)


def _told(call: Call, address: Address) -> dict[str, object]:
    """Return what is told of a resource only where it is asked for by name; empty for nothing."""
    kept = call.store.document(EXPANDED, address.id) or {}
    return {**kept, **machines.expanded(call.store, address), **blob_ranges.expanded(call.store, address)}


def _head(call: Call, address: Address) -> Reply:
    """Answer whether a resource is there, without a body: https://learn.microsoft.com/rest/api/resources."""
    resources.read(call.store, address)
    return Reply(204)


def _put(call: Call, address: Address) -> Reply:
    _demand_etag(call, address)
    locks.demand_unlocked(call.store, address, "write")
    if address.type == deployments.TYPE:
        deployments.deploy(call, address, call.object())
    if (restoring := sql_restores.put(call, address)) is not None:
        return restoring
    new_machine = machines.demand_room(call, address)
    body = resources.put(call.store, address, call.object())
    if new_machine:
        machines.started(call.store, str(body["id"]))
    if address.type in SLOW_PUT:
        return operations.begun(call, address, body, status=201)
    return _shown(call, address, body, status=201 if address.type in CREATED else 200)


def _patch(call: Call, address: Address) -> Reply:
    _demand_etag(call, address)
    locks.demand_unlocked(call.store, address, "write")
    return _shown(call, address, resources.change(call.store, address, call.object()))


def _delete(call: Call, address: Address) -> Reply:
    _demand_etag(call, address)
    locks.demand_unlocked(call.store, address, "delete")
    if (dropping := sql_dropped.begin(call, address)) is not None:
        return dropping
    if not resources.remove(call.store, address):
        resources.demand_above(call.store, address)
        if address.type == GROUP_TYPE:
            resources.read(call.store, address)
        return Reply(204)
    return operations.begun(call, address, None, status=202) if address.type in SLOW_DELETE else Reply(200)


def _demand_etag(call: Call, address: Address) -> None:
    """Raise 412 where `If-Match` names another state than the present one, or `If-None-Match: *` finds one.

    https://www.rfc-editor.org/rfc/rfc9110#name-if-match
    """
    present = call.store.etag(address.id)
    wanted, unwanted = call.headers.get("if-match", ""), call.headers.get("if-none-match", "")
    missing = wanted and not present
    differs = wanted not in ("", "*") and present and wanted.removeprefix("W/").strip('"') != present.strip('"')
    if missing or differs or (unwanted == "*" and present):
        message = f"The condition of the request is not met by the etag '{present}' of the resource."
        raise Refusal(412, "PreconditionFailed", message)


def _shown(call: Call, address: Address, body: dict[str, object], *, status: int = 200) -> Reply:
    """Answer a resource with its etag."""
    etag = call.store.etag(address.id)
    if etag and address.type.startswith(_ETAGGED):
        body = {**body, "etag": etag}
    return Reply(status, body, {"ETag": etag} if etag else {})
