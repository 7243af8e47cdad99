"""The one authenticated client of Azure, over azure-core's pipeline: Resource Manager, Resource Graph, Microsoft Graph.

Nothing in it writes: it sends GET, and POST for a query. Every answer comes with its evidence, and what is refused is
an error that says what was asked and what came back. A tape may stand before the network: what it gives back is read,
whether it was told just now or long ago.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.rest import HttpRequest

from audit.canonical import sha256, written
from audit.clouds import Cloud, origin, told_by
from audit.exchange import Exchange, NoTape, Tape
from audit.limits import Bucket, Clock
from audit.model import Answer
from audit.pipeline import PATIENT, Line, Patience

GRAPH_QUERY_API = "2022-10-01"
GRAPH_QUERY_PATH = "/providers/Microsoft.ResourceGraph/resources"
PAGE_ROWS = 1000
"""The most rows that Resource Graph puts on a page."""
_MOST_PAGES = 10_000
"""A listing with more pages than this does not end."""
_IDLE_PAGES = 20
"""After so many pages with nothing new on them, a listing does not end."""
_MOST_SILENT = 8
"""After so many requests in a row that nobody answered, no more are sent: a run through an outage must end."""
_SKEW = 300.0
"""Seconds by which a clock may differ from Azure's: ages are counted in hours."""
_OK, _NO_TOKEN = 200, 401
_NO_ANSWER = (429, 500, 502, 503, 504)
"""What is as good as no answer, once it has been asked for again."""
_HEADERS = ("date", "x-ms-request-id", "request-id")
"""The headers that evidence rests on."""


class Refused(Exception):
    """A request that brought no usable answer: what was asked, and what came back."""

    def __init__(self, asked: str, status: int, why: str) -> None:
        super().__init__(f"{asked}: {why}")
        self.asked, self.status, self.why = asked, status, why

    @property
    def code(self) -> str:
        """Azure's own word for the refusal (`ResourceNotFound`), empty where it gave none."""
        return self.why.removeprefix(f"{self.status} ").partition(":")[0] if ":" in self.why else ""


class Page(msgspec.Struct, frozen=True):
    """One page of a listing and the evidence of it."""

    items: tuple[Mapping[str, Any], ...]
    answer: Answer


class Client:
    """Asks one cloud as one principal; threads may share it."""

    def __init__(
        self,
        cloud: Cloud,
        credential: TokenCredential,
        *,
        now: Callable[[], datetime],
        clock: Clock,
        sleep: Callable[[float], None],
        patience: Patience = PATIENT,
        tape: Tape | None = None,
        real: Callable[[str], str] = str,
    ) -> None:
        """Ask `cloud` as `credential`, by way of `tape`.

        `real` spells a question as the cloud knows it, where what the tape gives back calls things by other names.
        """
        self.cloud = cloud
        self.answers: list[Answer] = []
        """Every whole answer so far."""
        self._now = now
        self._tape = tape or NoTape()
        self._real = real
        arm, graph = cloud.audience.rstrip("/") + "/.default", f"{cloud.graph}/.default"

        def line(scope: str, *, rate: float, burst: int) -> Line:
            return Line(credential, scope, patience, Bucket(rate=rate, burst=burst, clock=clock, sleep=sleep))

        # Below Azure's own limits, which other callers share: 25 reads a second after 250 for a principal in a region,
        # and 15 queries in 5 s of Resource Graph's. Microsoft Graph publishes none for what is asked here.
        # https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
        # https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
        self._reads = line(arm, rate=22, burst=220)
        self._queries = line(arm, rate=2, burst=5)
        self._directory = line(graph, rate=10, burst=50)

    @property
    def sent(self) -> int:
        """The number of requests sent so far, every attempt counted."""
        return self._reads.sent + self._queries.sent + self._directory.sent

    def close(self) -> None:
        """Close the connections."""
        for line in (self._reads, self._queries, self._directory):
            line.pipeline.__exit__()

    def read(self, path: str, api: str, query: Mapping[str, str] | None = None) -> tuple[Mapping[str, Any], Answer]:
        """Read one thing of Resource Manager; raises `Refused`."""
        url = f"{self.cloud.resource_manager}{path}?{urlencode({'api-version': api, **(query or {})})}"
        return self._ask(self._reads, url)

    def pages(self, path: str, api: str, query: Mapping[str, str] | None = None) -> Iterator[Page]:
        """List a collection of Resource Manager page by page; raises `Refused` where any page is."""
        url = f"{self.cloud.resource_manager}{path}?{urlencode({'api-version': api, **(query or {})})}"
        return self._listing(self._reads, url, next_link="nextLink")

    def directory(self, path: str, *, single: bool = False) -> Iterator[Page]:
        """List a collection of Microsoft Graph page by page, or read one object as a page; raises `Refused`."""
        url = f"{self.cloud.graph}/v1.0{path}"
        if single:
            body, answer = self._ask(self._directory, url)
            return iter((Page((body,), answer),))
        return self._listing(self._directory, url, next_link="@odata.nextLink")

    def query(self, query: str, subscriptions: Sequence[str]) -> Iterator[Page]:
        """Ask Resource Graph page by page; raises `Refused` where it is refused, cut short or never ends.

        https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources
        """
        url = f"{self.cloud.resource_manager}{GRAPH_QUERY_PATH}?{urlencode({'api-version': GRAPH_QUERY_API})}"
        asked = f"{GRAPH_QUERY_PATH} {query.split('|', 1)[0].strip()}"
        options: dict[str, Any] = {"resultFormat": "objectArray", "$top": PAGE_ROWS}
        seen: set[str] = set()
        for number in range(1, _MOST_PAGES + 1):
            content = {"subscriptions": list(subscriptions), "query": query, "options": options}
            page, answer = self._ask(self._queries, url, content, page=number)
            rows, token, total = page.get("data"), page.get("$skipToken"), page.get("totalRecords")
            if not isinstance(rows, list) or not isinstance(total, int) or not _are_objects(rows):
                raise Refused(asked, _OK, "the answer holds no list of rows, or does not count them")
            # A row that comes twice would stand for one that does not come.
            ids = {str(row.get("id")).lower() for row in rows}
            idle, seen = not ids - seen, seen | ids
            if token and (idle or token == options.get("$skipToken") or len(seen) > total):
                raise Refused(asked, _OK, "its pages never end")
            if not token and (page.get("resultTruncated") in ("true", True) or len(seen) != total):
                raise Refused(asked, _OK, f"{len(seen)} different rows came of {total}")
            yield Page(tuple(rows), answer)
            if not token:
                return
            options = {**options, "$skipToken": token}
        raise Refused(asked, _OK, "its pages never end")

    def _listing(self, line: Line, url: str, *, next_link: str) -> Iterator[Page]:
        """Follow a listing to its end; a page may be empty and still have a next one."""
        first, followed, known, idle = url, {url}, set[str](), 0
        while True:
            page, answer = self._ask(line, url, page=len(followed))
            items = page.get("value")
            if not isinstance(items, list) or not _are_objects(items):
                raise Refused(_path(url), _OK, "the answer holds no list")
            ids = {str(item.get("id")) for item in items}
            idle = 0 if ids - known else idle + 1
            known |= ids
            yield Page(tuple(items), answer)
            link = page.get(next_link)
            if not link:
                return
            # The token goes along: a link must not lead it anywhere else.
            url = _joined(url, str(link))
            if not url or _other_origin(url, first):
                raise Refused(_path(first), _OK, "its next page is on another host")
            if url in followed or idle > _IDLE_PAGES or len(followed) >= _MOST_PAGES:
                raise Refused(_path(first), _OK, "its pages never end")
            followed.add(url)

    def _ask(
        self, line: Line, url: str, content: Mapping[str, Any] | None = None, *, page: int = 1
    ) -> tuple[Mapping[str, Any], Answer]:
        """Send one request and return its JSON with the evidence; raises `Refused` for anything but a whole answer."""
        asked = _path(url)
        # The token goes along: nothing that an answer holds, such as an id, may lead it anywhere else.
        if all(_other_origin(url, own) for own in (self.cloud.resource_manager, self.cloud.graph)):
            raise Refused(asked, 0, "it leads to another host")
        told = self._told(line, url, content, page)
        if told.trouble:
            raise Refused(asked, told.status, told.trouble)
        if told.status != _OK:
            raise Refused(asked, told.status, told_by(told.status, told.content))
        _demand_same_time(asked, told.at, told.headers.get("date", ""))
        try:
            # Unlike the standard library it refuses NaN and halves of characters, which no file could hold.
            body = msgspec.json.decode(told.content)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise Refused(asked, _OK, "the answer is cut off or no JSON") from error
        if not isinstance(body, Mapping):
            raise Refused(asked, _OK, "the answer is no object")
        request_id = told.headers.get("x-ms-request-id") or told.headers.get("request-id", "")
        answer = Answer(url, told.at, request_id, sha256(told.content), content["query"] if content else "")
        self.answers.append(answer)
        return body, answer

    def _told(self, line: Line, url: str, content: Mapping[str, Any] | None, page: int) -> Exchange:
        """Return what the tape or the cloud has to say to a question, as it may be read."""
        cloud = "graph" if line is self._directory else "azure"
        asked = f"{'POST' if content else 'GET'} {url}"
        sent = written(content).decode() if content else ""
        if (told := self._tape.played(cloud, asked, sent)) is not None:
            return told
        reply = self._reply(line, url, content)
        return self._tape.kept(
            msgspec.structs.replace(reply, cloud=cloud, asked=asked, sent=sent, page=page, last=_is_last(reply.content))
        )

    def _reply(self, line: Line, url: str, content: Mapping[str, Any] | None) -> Exchange:
        """Ask the cloud; silence and a missing token are said as well."""

        def trouble(why: str, status: int = 0) -> Exchange:
            return Exchange(cloud="", asked="", at=self._now(), status=status, trouble=why)

        if line.silent >= _MOST_SILENT:
            return trouble(f"not asked, as the {_MOST_SILENT} requests before it got no answer")
        real = self._real(url)
        body = msgspec.json.decode(self._real(msgspec.json.encode(content).decode())) if content else None
        request = HttpRequest("POST", real, json=body) if content else HttpRequest("GET", real)
        try:
            reply = line.pipeline.run(request, retry_on_methods=["GET", "POST"]).http_response
            told: bytes = reply.body()
        except ClientAuthenticationError as error:
            return trouble(f"no token: {_first_line(error)}", _NO_TOKEN)
        except (AzureError, ValueError, OSError) as error:
            line.silent += 1
            return trouble(f"no answer: {_first_line(error)}")
        line.silent = line.silent + 1 if reply.status_code in _NO_ANSWER else 0
        headers = {name: str(reply.headers[name]) for name in _HEADERS if name in reply.headers}
        return Exchange(cloud="", asked="", at=self._now(), status=reply.status_code, headers=headers, content=told)


def _demand_same_time(asked: str, at: datetime, date: str) -> None:
    """Demand that the answer's clock and ours agree: ages are told by ours; raises `Refused`."""
    try:
        theirs = parsedate_to_datetime(date)
        apart = abs((at - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))).total_seconds())
    except (ValueError, OverflowError) as error:
        raise Refused(asked, _OK, "the answer does not say when it was made") from error
    if apart > _SKEW:
        raise Refused(asked, _OK, f"its clock says {date}, ours {at:%H:%M:%S} UTC. Set this machine's clock")


class _Leading(msgspec.Struct):
    """What an answer may hold that leads on to the next page of its listing."""

    arm: Any = msgspec.field(default=None, name="nextLink")
    graph: Any = msgspec.field(default=None, name="@odata.nextLink")
    query: Any = msgspec.field(default=None, name="$skipToken")


def _is_last(content: bytes) -> bool:
    """Tell whether nothing follows an answer in its listing; what is no answer leads nowhere."""
    try:
        found = msgspec.json.decode(content, type=_Leading)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return True
    return not (found.arm or found.graph or found.query)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]


def _path(url: str) -> str:
    """Return what was asked, without host and version: what a reader can look for."""
    return urlsplit(url).path


def _are_objects(items: list[Any]) -> bool:
    return all(isinstance(item, Mapping) for item in items)


def _other_origin(url: str, first: str) -> bool:
    """Tell whether a link leads to another host than the one it was found on, or nowhere."""
    try:
        return origin(url) != origin(first)
    except ValueError:
        return True


def _joined(url: str, link: str) -> str:
    """Return where a link on a page leads; empty where it is no link."""
    try:
        return urljoin(url, link)
    except ValueError:
        return ""
