"""The local Azure over HTTPS on loopback: every request is led to what answers it."""

import json
import uuid
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from audit.sandbox import arm, blob_service, directory, faults, sql_gateway, tokens
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.store import Store

_METHODS = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"]
_GRAPH = "graph.microsoft.com"


def application(store: Store, key: str) -> Starlette:
    """Make the application of the local Azure that keeps what it has in `store`; `key` is its client's secret."""

    async def answer(request: Request) -> Response:
        call = _call(request, store, await request.body())
        if isinstance(call, Reply):
            return _response(call, store.now())
        met = faults.met(call)
        reply = await faults.before(call, met)
        if reply is None:
            cleaned = faults.cleaned(call, met)
            reply = faults.after(call, met, _answer(cleaned, key))
        if blob_service.is_for(call.path):
            reply = blob_service.faulted(call, reply)
        cut = any(fault.effect is faults.Effect.TRUNCATED for fault in met)
        return _response(reply, store.now(), cut=cut)

    return Starlette(routes=[Route("/{path:path}", answer, methods=_METHODS)])


def _call(request: Request, store: Store, content: bytes) -> Call | Reply:
    """Read a request; one whose body cannot be read is answered at once. Names and bytes of blobs stay as they are."""
    path = request.scope["path"]
    if blob_service.is_for(path):
        return _call_of(request, store, path, content)
    kind = request.headers.get("content-type", "")
    try:
        body = _form(content) if "x-www-form-urlencoded" in kind else json.loads(content) if content else None
    except ValueError:
        return Refusal(400, "InvalidRequestContent", "The request content was invalid and could not be read.").reply
    return _call_of(request, store, "/" + "/".join(step for step in request.url.path.split("/") if step), body)


def _call_of(request: Request, store: Store, path: str, body: Any) -> Call:
    return Call(
        method=request.method,
        path=path,
        query={name.lower(): value for name, value in request.query_params.items()},
        headers=dict(request.headers),
        body=body,
        base=f"https://{request.headers.get('host', 'localhost')}",
        store=store,
    )


def _form(content: bytes) -> dict[str, str]:
    return dict(parse_qsl(content.decode()))


def _answer(call: Call, key: str) -> Reply:
    """Answer what needs no token, then what does: Microsoft Graph below `/v1.0`, and Resource Manager."""
    if blob_service.is_for(call.path):
        return blob_service.answer(call, key)
    steps = [step for step in call.path.split("/") if step]
    open_to_all = _for_anybody(call, steps, key)
    if open_to_all is not None:
        return open_to_all
    try:
        tokens.demand(call, key)
    except Refusal as refusal:
        return refusal.reply
    if steps[:1] == ["sql"]:
        return sql_gateway.answer(call)
    graph = steps[:1] in (["v1.0"], ["beta"]) or call.base.endswith(_GRAPH)
    return directory.answer(call) if graph else arm.answer(call)


def _for_anybody(call: Call, steps: list[str], key: str) -> Reply | None:
    """Answer the documents and the token that lead a client in; None for anything else."""
    path = "/".join(steps).lower()
    if path == "metadata/endpoints":
        return tokens.metadata(call)
    if path in ("common/discovery/instance", "discovery/instance"):
        return tokens.discovery(call)
    if path.endswith(".well-known/openid-configuration"):
        return tokens.openid(call, steps[0])
    if call.method == "POST" and path.endswith(("/oauth2/v2.0/token", "/oauth2/token")):
        form = call.body if isinstance(call.body, dict) else {}
        return tokens.issue(form, call.store.tenant, key)
    return None


def _response(reply: Reply, now: datetime, *, cut: bool = False) -> Response:
    """Make the HTTP answer, with the headers that Azure sends with each."""
    raw = isinstance(reply.body, bytes)
    content = (
        b"" if reply.body is None else reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
    )
    if cut:
        content = content[: len(content) // 2]
    request_id = str(uuid.uuid4())
    headers = {
        "Date": format_datetime(now, usegmt=True),
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": request_id,
        "x-ms-routing-request-id": f"LOCAL:{request_id}",
        "x-ms-ratelimit-remaining-subscription-reads": "11999",
        "Cache-Control": "no-cache",
        **reply.headers,
    }
    return Response(
        content, reply.status, headers, media_type=None if raw or reply.body is None else "application/json"
    )
