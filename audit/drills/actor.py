"""Restores and clears away in Azure: the one client that writes, and it writes only where a drill may."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from audit.azure import Client, Refused
from audit.canonical import written
from audit.clouds import Cloud, origin, told_by
from audit.drills.time import Clock
from audit.exchange import Exchange, NoTape, Tape
from audit.limits import Bucket
from audit.pipeline import PATIENT, Line, Patience

_DONE = (200, 201, 202, 204)
_GONE, _FORBIDDEN = 404, 403
_HIDDEN = "SubscriptionNotFound"
"""What Azure says to whoever may not see a subscription (any more)."""
TRANSIENT = (0, 408, 429, 500, 502, 503, 504)
"""Statuses after which the same question may be answered; 0 is silence."""


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What a write answered: its status, its JSON, and where to ask how the work stands."""

    status: int
    body: Mapping[str, Any] = {}
    operation: str = ""
    """The `Azure-AsyncOperation` link, else `Location`; empty where the work is done."""
    result: str = ""
    """The `Location` link, where the work's result will be; empty without."""
    request_id: str = ""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How work stands that takes its time."""

    status: str
    """ARM's word: `InProgress`, `Succeeded`, `Failed`, `Canceled`, or another service's own."""
    body: Mapping[str, Any] = {}
    error: str = ""
    """The code of its error, empty where there is none. What the error says is left out: it may hold data."""
    wait_s: int = 0
    """How many seconds Azure asks to wait before it is asked again."""

    @property
    def ended(self) -> bool:
        """Tell whether nothing more happens."""
        return self.status.lower() in ("succeeded", "failed", "canceled", "cancelled")


class Actor:
    """Reads anything and writes where it may; threads may share it."""

    def __init__(
        self,
        cloud: Cloud,
        credential: TokenCredential,
        *,
        clock: Clock,
        may: Callable[[str, str], str],
        patience: Patience = PATIENT,
        tape: Tape | None = None,
    ) -> None:
        """Act in `cloud` as `credential`; `may` says of a method and a path why it must not be, empty where it may."""
        self.cloud, self.credential = cloud, credential
        self._tape, self._clock, self._may = tape or NoTape(), clock, may
        self.reads = Client(
            *(cloud, credential),
            now=clock.now,
            clock=clock.forward,
            sleep=clock.sleep,
            patience=patience,
            tape=tape,
        )
        """Reads; see `audit.azure`."""
        scope = cloud.audience.rstrip("/") + "/.default"
        # ARM lets a principal write 10 times a second after 200, and delete as often: what we ask, and how we ask how
        # it stands, stays below one of the two.
        # https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
        bucket = Bucket(rate=8, burst=160, clock=clock.forward, sleep=clock.sleep)
        self._writes = Line(credential, scope, patience, bucket)

    def allowed(self, may: Callable[[str, str], str]) -> Actor:
        """Return the same for another drill, which may write elsewhere: what Azure allows in all is shared by all."""
        other = copy(self)
        other._may = may
        return other

    def close(self) -> None:
        """Close the connections."""
        self.reads.close()
        self._writes.pipeline.__exit__()

    @property
    def sent(self) -> int:
        """The number of requests sent so far, every attempt counted."""
        return self.reads.sent + self._writes.sent

    @property
    def written(self) -> int:
        """The number of writes, deletions and looks at how they stand, every attempt counted."""
        return self._writes.sent

    def read(self, path: str, api: str, query: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """Read one thing; raises `Refused`."""
        return self.reads.read(path, api, query)[0]

    def found(self, path: str, api: str) -> Mapping[str, Any] | None:
        """Read one thing, None where Azure says that it is not there; raises `Refused` for any other refusal."""
        try:
            return self.read(path, api)
        except Refused as refused:
            if _gone(refused):
                return None
            raise

    def listed(self, path: str, api: str, query: Mapping[str, str] | None = None) -> Iterator[Mapping[str, Any]]:
        """List a collection to its end; raises `Refused` where any page is."""
        for page in self.reads.pages(path, api, query):
            yield from page.items

    def put(self, path: str, api: str, body: Mapping[str, Any], *, once: bool = False) -> Begun:
        """Put a resource; one that must be asked for `once` is never sent again by itself. Raises `Refused`."""
        return self._write("PUT", path, api, body, once=once)

    def patch(self, path: str, api: str, body: Mapping[str, Any]) -> Begun:
        """Change a resource; raises `Refused`."""
        return self._write("PATCH", path, api, body)

    def post(self, path: str, api: str, body: Mapping[str, Any] | None = None, *, once: bool = True) -> Begun:
        """Have something done; it is sent one time alone, unless it is said otherwise. Raises `Refused`."""
        return self._write("POST", path, api, body, once=once)

    def delete(self, path: str, api: str, query: Mapping[str, str] | None = None) -> bool:
        """Have a resource deleted; tells whether there was one: accepted, it is not gone yet. Raises `Refused`."""
        try:
            return self._write("DELETE", path, api, None, query=query).status != 204  # noqa: PLR2004  # there was nothing
        except Refused as refused:
            if _gone(refused):
                return False
            raise

    def state(self, link: str) -> State:
        """Ask how work stands by the link that it was answered with; raises `Refused`.

        https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
        """
        reply = self._sent("GET", self._own(link), None, once=False)
        if reply.status not in _DONE:
            raise Refused(urlsplit(link).path, reply.status, reply.trouble or told_by(reply.status, reply.content))
        body = _object(link, reply)
        status = body.get("status") or (body.get("properties") or {}).get("provisioningState")
        if not status:
            status = "InProgress" if reply.status == 202 else "Succeeded"  # noqa: PLR2004  # `Location` says no more
        error = body.get("error")
        code = str(error.get("code", "")) if isinstance(error, Mapping) else ""
        wait = reply.headers.get("retry-after", "")
        return State(status=str(status), body=body, error=code, wait_s=int(wait) if wait.isdigit() else 0)

    def _write(
        self,
        method: str,
        path: str,
        api: str,
        body: Mapping[str, Any] | None,
        *,
        once: bool = False,
        query: Mapping[str, str] | None = None,
    ) -> Begun:
        if why := self._may(method, path):
            raise Refused(path, _FORBIDDEN, f"a drill must not {method} this: {why}")
        url = f"{self.cloud.resource_manager}{path}?{urlencode({'api-version': api, **(query or {})})}"
        reply = self._sent(method, self._own(url), body, once=once)
        if reply.status not in _DONE:
            raise Refused(path, reply.status, reply.trouble or told_by(reply.status, reply.content))
        headers = reply.headers
        operation = headers.get("azure-asyncoperation") or headers.get("location", "")
        told = {"result": headers.get("location", ""), "request_id": headers.get("x-ms-request-id", "")}
        return Begun(status=reply.status, body=_object(path, reply), operation=operation, **told)

    def _own(self, url: str) -> str:
        """Return a URL of this cloud's; raises `Refused` for any other: the token goes along."""
        try:
            own = origin(url) == origin(self.cloud.resource_manager)
        except ValueError:
            own = False
        if not own:
            raise Refused(urlsplit(url).path, 0, "it leads to another host")
        return url

    def _sent(self, method: str, url: str, body: Mapping[str, Any] | None, *, once: bool) -> Exchange:
        """Send one request by way of the tape, and return what came back, silence too."""
        asked, sent = f"{method} {url}", written(body).decode() if body else ""
        if (told := self._tape.played("azure", asked, sent)) is not None:
            return told
        reply = self._reply(method, url, body, once=once)
        return self._tape.kept(msgspec.structs.replace(reply, asked=asked, sent=sent))

    def _reply(self, method: str, url: str, body: Mapping[str, Any] | None, *, once: bool) -> Exchange:
        request = HttpRequest(method, url, json=body) if body is not None else HttpRequest(method, url)
        options: dict[str, Any] = (
            {"retry_total": 0} if once else {"retry_on_methods": ["GET", "PUT", "PATCH", "DELETE"]}
        )
        told = Exchange(cloud="azure", asked="", at=self._clock.now(), status=0)
        try:
            reply = self._writes.pipeline.run(request, **options).http_response
            content: bytes = reply.body()
        except (AzureError, ValueError, OSError) as error:
            # What the error says may name hosts and proxies; its kind is enough to go on.
            return msgspec.structs.replace(told, trouble=f"no answer: {type(error).__name__}")
        wanted = ("azure-asyncoperation", "location", "x-ms-request-id", "date", "retry-after")
        headers = {name.lower(): str(value) for name, value in reply.headers.items() if name.lower() in wanted}
        return msgspec.structs.replace(told, status=reply.status_code, headers=headers, content=content)


def _gone(refused: Refused) -> bool:
    """Tell whether a thing is not there; a subscription that we no longer see hides it, and says nothing of it."""
    return refused.status == _GONE and refused.code != _HIDDEN


def _object(asked: str, reply: Exchange) -> Mapping[str, Any]:
    """Return an answer's JSON, empty where it has none; raises `Refused` where it is cut off or no object."""
    try:
        body = msgspec.json.decode(reply.content) if reply.content.strip() else {}
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Refused(urlsplit(asked).path, reply.status, "the answer is cut off or no JSON") from error
    if not isinstance(body, Mapping):
        raise Refused(urlsplit(asked).path, reply.status, "the answer is no object")
    return body
