"""Faults on demand: rules that make chosen requests fail as a real cloud fails."""

import asyncio
import fnmatch
import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec

from audit.model import AuditError
from audit.sandbox import listing, permissions
from audit.sandbox.address import parse
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.modelled import action, kind_of, types_listed
from audit.sandbox.resource_graph import PATH
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

KIND = "fault"
_LATE = 60.0
_LOST, _ENDLESS = "lost-page", "endless-page"
"""Tokens of pages that faults make up."""
_LISTS = {"value": "nextLink", "data": "$skipToken"}
"""The property that holds a page's items → the one that leads to the next page."""
_VERBS = {"PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}


class Effect(StrEnum):
    """What a fault does to a request."""

    STATUS = "status"
    """It is refused with a status."""
    DENY = "deny"
    """It is refused with 403 in ARM's words, which name the action."""
    TIMEOUT = "timeout"
    """It is answered seconds late."""
    EMPTY = "empty"
    """Its first page holds nothing and leads to the real one; what is no list is an empty object."""
    ENDLESS = "endless"
    """Every page leads to another."""
    PAGE2 = "page2"
    """Half of the list is left out, and the next page is not found."""
    TRUNCATED = "truncated"
    """The body ends in the middle."""
    DONE = "done"
    """It is done, and answered as refused with a status: the client cannot know."""
    SKEW = "skew"
    """The server's clock is hours away."""
    STALE = "stale"
    """Resource Graph answers what was there when the fault was set."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: which requests it meets, and what it does to them."""

    effect: Effect
    id: str = ""
    method: str = "*"
    path: str = "*"
    """A pattern of the path, `*` for anything, without case; a regular expression where it opens with `re:`."""
    text: str = ""
    """A text that the request's body must hold, such as a Resource Graph table's name."""
    nth: int = 1
    """The first request that it meets, counted among those that fit."""
    count: int = 0
    """How many requests it meets; 0 for all."""
    status: int = 500
    seconds: float = 0
    """How late an answer comes, how long `Retry-After` asks to wait, or how far the clock is away."""
    seen: int = 0
    """How many requests fitted so far."""

    def fits(self, call: Call) -> bool:
        """Tell whether a request is of those that the rule is about."""
        if self.method not in ("*", call.method):
            return False
        text = json.dumps(call.body, default=str) if self.text else ""
        if self.text.lower() not in text.lower():
            return False
        if self.path.startswith("re:"):
            return re.search(self.path[3:], call.path, re.IGNORECASE) is not None
        return fnmatch.fnmatchcase(call.path.lower(), self.path.lower())


def add(store: Store, fault: Fault) -> Fault:
    """Set a fault, counted from now; returns it with its id. Raises `AuditError` where its pattern is none."""
    try:
        re.compile(fault.path.removeprefix("re:") if fault.path.startswith("re:") else "")
    except re.error as error:
        raise AuditError(f"{fault.path} is no regular expression: {error}. Mend it, or use * alone.") from error
    made = msgspec.structs.replace(fault, id=f"{datetime.now(UTC).isoformat()}-{uuid.uuid4()}", seen=0)
    if made.effect is Effect.STALE:
        store.copy_to(stale_copy(store))
    store.put_document(KIND, made.id, msgspec.to_builtins(made))
    return made


def listed(store: Store) -> tuple[Fault, ...]:
    """Return the faults that are set, in order of their setting; empty for none."""
    return tuple(msgspec.convert(body, Fault) for body in store.documents(KIND))


def clear(store: Store) -> int:
    """Take every fault away; returns how many there were."""
    found = listed(store)
    for fault in found:
        store.delete_document(KIND, fault.id)
    stale_copy(store).unlink(missing_ok=True)
    return len(found)


def stale_copy(store: Store) -> Path:
    """Return where the copy lies that a stale Resource Graph answers from."""
    return store.path.with_name("stale.sqlite")


def met(call: Call) -> tuple[Fault, ...]:
    """Return the faults that meet a request, and count it for those that it fits; empty for none."""
    found = []
    for fault in listed(call.store):
        if not fault.fits(call):
            continue
        seen = fault.seen + 1
        call.store.put_document(KIND, fault.id, msgspec.to_builtins(msgspec.structs.replace(fault, seen=seen)))
        if seen >= fault.nth and (not fault.count or seen < fault.nth + fault.count):
            found.append(fault)
    return tuple(found)


async def before(call: Call, faults: tuple[Fault, ...]) -> Reply | None:
    """Wait or refuse before anything is done; None where the request goes on to be answered."""
    if token(call) == _LOST:
        return Refusal(404, "NotFound", "The page was not found.").reply
    for fault in faults:
        if fault.effect is Effect.TIMEOUT:
            await asyncio.sleep(fault.seconds or _LATE)
        elif fault.effect is Effect.STATUS:
            return _status(call, fault)
        elif fault.effect is Effect.DENY:
            return _denied(call).reply
    return None


def cleaned(call: Call, faults: tuple[Fault, ...]) -> Call:
    """Return the call as it is answered: without a page that a fault made up, from a stale copy where one is set."""
    query = {name: value for name, value in call.query.items() if not value.startswith(_ENDLESS)}
    body = call.body
    if isinstance(body, dict) and token(call).startswith(_ENDLESS):
        options = {name: value for name, value in (body.get("options") or {}).items() if name != "$skipToken"}
        body = {**body, "options": options}
    stale = any(fault.effect is Effect.STALE for fault in faults) and call.path.lower() == PATH.lower()
    store = Store(stale_copy(call.store)) if stale else call.store
    return msgspec.structs.replace(call, query=query, body=body, store=store)


def after(call: Call, faults: tuple[Fault, ...], reply: Reply) -> Reply:
    """Spoil an answer."""
    for fault in faults:
        spoil = _SPOILS.get(fault.effect)
        if spoil is not None:
            reply = spoil(call, fault, reply)
    return reply


def token(call: Call) -> str:
    """Return the page that a request asks for, in its query or in the body of Resource Graph; empty for the first."""
    options = call.body.get("options") if isinstance(call.body, dict) else None
    asked = options.get("$skipToken") if isinstance(options, dict) else ""
    return call.query.get("$skiptoken", "") or str(asked or "")


def _status(call: Call, fault: Fault) -> Reply:
    """Refuse with the status of a fault, and with the header that Azure sends with it."""
    code, message = _WORDS.get(fault.status, ("Fault", "The request failed."))
    realm = f'Bearer authorization_uri="{call.base}/{call.store.tenant}", error="invalid_token"'
    headers = {
        HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": realm},
        HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": str(max(1, round(fault.seconds)))},
    }
    return Refusal(fault.status, code, message, headers.get(HTTPStatus(fault.status))).reply


_WORDS = {
    401: ("ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time."),
    403: ("AuthorizationFailed", "The client does not have authorization to perform the action."),
    404: ("NotFound", "What was asked for was not found."),
    409: ("Conflict", "Another operation on the resource is in progress."),
    429: ("TooManyRequests", "The request is being throttled."),
    500: ("InternalServerError", "Something went wrong on the server."),
    503: ("ServerBusy", "The server is busy."),
}


def _denied(call: Call) -> Refusal:
    """Refuse as ARM does an identity that lacks the action of the request."""
    address = parse(call.path)
    if address is None:
        return permissions.denied("read", call.path, CLIENT)
    types = types_listed(address) if address.collection else (address.type,)
    name = types[0] if types else address.spelt_type
    verb = _VERBS.get(call.method, "read")
    return permissions.denied(action(name, verb) if kind_of(name) else f"{name}/{verb}", call.path, CLIENT)


def _list_of(reply: Reply) -> tuple[str, list[Any]] | None:
    """Return the items of an answer with the name they stand under; None where it is no list."""
    if isinstance(reply.body, Mapping) and reply.status == HTTPStatus.OK:
        return next(((name, reply.body[name]) for name in _LISTS if isinstance(reply.body.get(name), list)), None)
    return None


def _leading(call: Call, reply: Reply, name: str, items: list[Any], page: str) -> Reply:
    """Return a page of `items` that leads to another page."""
    graph = any(key.startswith("@odata") for key in reply.body) or call.path.lower().startswith("/v1.0/")
    link = "@odata.nextLink" if graph else _LISTS[name]
    to = page if name == "data" else listing.link_with(call, page)
    body = {**reply.body, name: items, link: to}
    if name == "data":
        body["count"] = len(items)
    return msgspec.structs.replace(reply, body=body)


def _empty(call: Call, fault: Fault, reply: Reply) -> Reply:
    """Let the first page be empty and lead to the real one; an answer that is no list is an empty object.

    Azure may answer so: https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md#collections
    """
    found = _list_of(reply)
    if found is None:
        return msgspec.structs.replace(reply, body={}) if reply.body is not None else reply
    if token(call):
        return reply
    return _leading(call, reply, found[0], [], f"{_ENDLESS}-real")


def _endless(call: Call, fault: Fault, reply: Reply) -> Reply:
    found = _list_of(reply)
    return _leading(call, reply, *found, f"{_ENDLESS}-{fault.seen + 1}") if found else reply


def _page2(call: Call, fault: Fault, reply: Reply) -> Reply:
    found = _list_of(reply)
    return _leading(call, reply, found[0], found[1][: len(found[1]) // 2], _LOST) if found else reply


def _skew(call: Call, fault: Fault, reply: Reply) -> Reply:
    away = call.store.now() + timedelta(seconds=fault.seconds or 7200)
    return msgspec.structs.replace(reply, headers={**reply.headers, "Date": format_datetime(away, usegmt=True)})


def _done(call: Call, fault: Fault, reply: Reply) -> Reply:
    return _status(call, fault)


_SPOILS = {Effect.DONE: _done, Effect.EMPTY: _empty, Effect.ENDLESS: _endless, Effect.PAGE2: _page2, Effect.SKEW: _skew}
