"""The one authenticated client of Azure, over azure-core's pipeline: Resource Manager, Resource Graph, Microsoft Graph.

Nothing in it writes: it sends GET, and POST for a query. Every answer comes with its evidence, and what is refused is
an error that says what was asked and what came back.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline import Pipeline, PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    BearerTokenCredentialPolicy,
    HeadersPolicy,
    HTTPPolicy,
    RetryPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest

from audit.limits import Bucket, Clock
from audit.model import Answer, AuditError

METADATA_API = "2022-09-01"
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


class Cloud(msgspec.Struct, frozen=True):
    """Where a cloud's services are, as its metadata document says."""

    resource_manager: str
    login: str
    graph: str
    audience: str
    custom: bool = False
    """Whether it is not one that the identity library knows, so that its login host must be taken on trust."""


PUBLIC = Cloud(
    # https://management.azure.com/metadata/endpoints?api-version=2022-09-01
    resource_manager="https://management.azure.com",
    login="https://login.microsoftonline.com",
    graph="https://graph.microsoft.com",
    audience="https://management.core.windows.net/",
)


class Patience(msgspec.Struct, frozen=True):
    """How long one request may take before it counts as refused."""

    attempts: int = 4
    """How often a request is sent again after the first time."""
    answer: float = 60.0
    """Seconds to wait for an answer."""
    longest_wait: float = 120.0
    """The longest `Retry-After` that is obeyed; a longer one ends the request."""
    backoff: float = 0.8
    """The first pause between attempts in seconds, doubled each time."""


PATIENT = Patience()


class Refused(Exception):
    """A request that brought no usable answer: what was asked, and what came back."""

    def __init__(self, asked: str, status: int, why: str) -> None:
        super().__init__(f"{asked}: {why}")
        self.asked, self.status, self.why = asked, status, why


class Page(msgspec.Struct, frozen=True):
    """One page of a listing and the evidence of it."""

    items: tuple[Mapping[str, Any], ...]
    answer: Answer


def cloud_at(host: str, *, patience: Patience) -> Cloud:
    """Read a cloud's endpoints from its metadata document at `host` (`HOST` or `HOST:PORT`, always over https).

    Raises `AuditError` where there is no such document. The document's form:
    https://learn.microsoft.com/azure/azure-resource-manager/management/azure-resource-manager-metadata
    """
    url = f"https://{host.removeprefix('https://').rstrip('/')}/metadata/endpoints?api-version={METADATA_API}"
    with Pipeline(_transport(patience), [_Retry(patience)]) as pipeline:
        try:
            reply = pipeline.run(HttpRequest("GET", url)).http_response
            if reply.status_code != _OK:
                raise AuditError(f"{host}: {_told(reply.status_code, reply.body())}. Check --metadata-host.")
            found = json.loads(reply.body())
            told = found["authentication"]
            return Cloud(
                resource_manager=_origin(found["resourceManager"]),
                login=told["loginEndpoint"].rstrip("/"),
                graph=_origin(found["microsoftGraphResourceId"]),
                audience=told["audiences"][0],
                custom=True,
            )
        except (AzureError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise AuditError(f"{host}: no metadata document of a cloud ({error}). Check --metadata-host.") from error


def default_credential(cloud: Cloud) -> TokenCredential:
    """Return the credential chain that Azure's own tools use: environment, workload, managed identity, `az login`.

    https://learn.microsoft.com/python/api/azure-identity/azure.identity.defaultazurecredential
    """
    # Costs 0.3 s, which no other command should pay.
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(authority=cloud.login, disable_instance_discovery=cloud.custom)


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
    ) -> None:
        self.cloud = cloud
        self.answers: list[Answer] = []
        """Every whole answer so far."""
        self._now = now
        arm, graph = cloud.audience.rstrip("/") + "/.default", f"{cloud.graph}/.default"

        def line(scope: str, *, rate: float, burst: int) -> _Line:
            return _Line(credential, scope, patience, Bucket(rate=rate, burst=burst, clock=clock, sleep=sleep))

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
        return self._ask(self._reads, HttpRequest("GET", url))

    def pages(self, path: str, api: str, query: Mapping[str, str] | None = None) -> Iterator[Page]:
        """List a collection of Resource Manager page by page; raises `Refused` where any page is."""
        url = f"{self.cloud.resource_manager}{path}?{urlencode({'api-version': api, **(query or {})})}"
        return self._listing(self._reads, url, next_link="nextLink")

    def directory(self, path: str, *, single: bool = False) -> Iterator[Page]:
        """List a collection of Microsoft Graph page by page, or read one object as a page; raises `Refused`."""
        url = f"{self.cloud.graph}/v1.0{path}"
        if single:
            body, answer = self._ask(self._directory, HttpRequest("GET", url))
            return iter((Page((body,), answer),))
        return self._listing(self._directory, url, next_link="@odata.nextLink")

    def query(self, query: str, subscriptions: Sequence[str]) -> Iterator[Page]:
        """Ask Resource Graph page by page; raises `Refused` where it is refused, cut short or never ends.

        https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources
        """
        url = f"{self.cloud.resource_manager}{GRAPH_QUERY_PATH}?{urlencode({'api-version': GRAPH_QUERY_API})}"
        asked = f"{GRAPH_QUERY_PATH} {query.split('|', 1)[0].strip()}"
        options: dict[str, Any] = {"resultFormat": "objectArray", "$top": PAGE_ROWS}
        seen = 0
        for _ in range(_MOST_PAGES):
            content = {"subscriptions": list(subscriptions), "query": query, "options": options}
            page, answer = self._ask(self._queries, HttpRequest("POST", url, json=content), sent=query)
            rows, token, total = page.get("data"), page.get("$skipToken"), page.get("totalRecords")
            if not isinstance(rows, list) or not isinstance(total, int) or not _are_objects(rows):
                raise Refused(asked, _OK, "the answer holds no list of rows, or does not count them")
            seen += len(rows)
            if token and (not rows or token == options.get("$skipToken") or seen > total):
                raise Refused(asked, _OK, "its pages never end")
            if not token and (page.get("resultTruncated") in ("true", True) or seen != total):
                raise Refused(asked, _OK, f"{seen} rows came of {total}")
            yield Page(tuple(rows), answer)
            if not token:
                return
            options = {**options, "$skipToken": token}
        raise Refused(asked, _OK, "its pages never end")

    def _listing(self, line: _Line, url: str, *, next_link: str) -> Iterator[Page]:
        """Follow a listing to its end; a page may be empty and still have a next one."""
        first, followed, known, idle = url, {url}, set[str](), 0
        while True:
            page, answer = self._ask(line, HttpRequest("GET", url))
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
            if not url or _origin(url) != _origin(first):
                raise Refused(_path(first), _OK, "its next page is on another host")
            if url in followed or idle > _IDLE_PAGES or len(followed) >= _MOST_PAGES:
                raise Refused(_path(first), _OK, "its pages never end")
            followed.add(url)

    def _ask(self, line: _Line, request: HttpRequest, *, sent: str = "") -> tuple[Mapping[str, Any], Answer]:
        """Send one request and return its JSON with the evidence; raises `Refused` for anything but a whole answer."""
        asked = _path(request.url)
        if line.silent >= _MOST_SILENT:
            raise Refused(asked, 0, f"not asked, as the {_MOST_SILENT} requests before it got no answer")
        try:
            reply = line.pipeline.run(request, retry_on_methods=["GET", "POST"]).http_response
            content: bytes = reply.body()
        except ClientAuthenticationError as error:
            raise Refused(asked, _NO_TOKEN, f"no token: {_first_line(error)}") from error
        except (AzureError, ValueError) as error:
            line.silent += 1
            raise Refused(asked, 0, f"no answer: {_first_line(error)}") from error
        line.silent = 0
        if reply.status_code != _OK:
            raise Refused(asked, reply.status_code, _told(reply.status_code, content))
        at = self._now()
        _demand_same_time(asked, at, reply.headers.get("Date", ""))
        try:
            body = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise Refused(asked, _OK, "the answer is cut off or no JSON") from error
        if not isinstance(body, Mapping):
            raise Refused(asked, _OK, "the answer is no object")
        request_id = reply.headers.get("x-ms-request-id") or reply.headers.get("request-id", "")
        answer = Answer(request.url, at, request_id, hashlib.sha256(content).hexdigest(), sent)
        self.answers.append(answer)
        return body, answer


class _Line:
    """A pipeline with a pace of its own: one for each limit that Azure sets."""

    def __init__(self, credential: TokenCredential, scope: str, patience: Patience, bucket: Bucket) -> None:
        self._pace = _Pace(bucket)
        self.silent = 0  # requests in a row that got no answer
        policies: list[HTTPPolicy[Any, Any] | SansIOHTTPPolicy[Any, Any]] = [
            HeadersPolicy({"Accept": "application/json"}),
            UserAgentPolicy("promise-audit"),
            # Inside the retries, so that each attempt waits its turn and a token is renewed between two.
            _Retry(patience),
            self._pace,
            BearerTokenCredentialPolicy(credential, scope),
        ]
        self.pipeline: Pipeline[HttpRequest, Any] = Pipeline(_transport(patience), policies)

    @property
    def sent(self) -> int:
        """The attempts sent."""
        return self._pace.sent


class _Pace(SansIOHTTPPolicy[Any, Any]):
    """Lets a request through when there is room for it, and listens to what Azure says of the room."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._lock = threading.Lock()
        self.sent = 0

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Wait for a turn."""
        self._bucket.take()
        with self._lock:
            self.sent += 1

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Slow down where the answer says that little is left.

        https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
        """
        headers = response.http_response.headers
        for name, value in headers.items():
            if name.lower().startswith("x-ms-ratelimit-remaining-") and value.isdigit():
                self._bucket.at_most(int(value))
        resets = re.fullmatch(r"(\d+):(\d+):(\d+)(\.\d+)?", headers.get("x-ms-user-quota-resets-after", ""))
        if headers.get("x-ms-user-quota-remaining") == "0" and resets:
            hours, minutes, seconds = (int(part) for part in resets.groups()[:3])
            self._bucket.at_most(0, pause=min(60, hours * 3600 + minutes * 60 + seconds))


class _Retry(RetryPolicy):  # type: ignore[type-arg]  # azure-core's generics name types that it does not export
    """azure-core's retries, with a bound on how long a server may make us wait."""

    def __init__(self, patience: Patience) -> None:
        times = patience.attempts
        super().__init__(
            retry_total=times,
            retry_connect=min(times, 2),
            retry_read=min(times, 1),
            retry_status=times,
            retry_backoff_factor=patience.backoff,
            retry_backoff_max=30,
        )
        self._longest = patience.longest_wait

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Tell whether to ask again: not where the wait would be too long or is no time at all."""
        try:
            wait = self.get_retry_after(response) or 0.0
        except (ValueError, OverflowError):
            return False
        return wait <= self._longest and super().is_retry(settings, response)


def _transport(patience: Patience) -> RequestsTransport:
    return RequestsTransport(connection_timeout=min(10.0, patience.answer), read_timeout=patience.answer)


def _demand_same_time(asked: str, at: datetime, date: str) -> None:
    """Demand that the answer's clock and ours agree: ages are told by ours; raises `Refused`."""
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError as error:
        raise Refused(asked, _OK, "the answer does not say when it was made") from error
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    if abs((at - theirs).total_seconds()) > _SKEW:
        raise Refused(asked, _OK, f"its clock says {date}, ours {at:%H:%M:%S} UTC. Set this machine's clock")


def _told(status: int, content: bytes) -> str:
    """Say what an error's body says, in one line."""
    try:
        error = json.loads(content)["error"]
        text = f"{error['code']}: {error['message']}" if isinstance(error, Mapping) else str(error)
    except (ValueError, LookupError, TypeError, RecursionError):
        text = "without a reason"
    return f"{status} {(text.splitlines() or ['without a reason'])[0][:300]}"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]


def _path(url: str) -> str:
    """Return what was asked, without host and version: what a reader can look for."""
    return urlsplit(url).path


def _are_objects(items: list[Any]) -> bool:
    return all(isinstance(item, Mapping) for item in items)


def _joined(url: str, link: str) -> str:
    """Return where a link on a page leads; empty where it is no link."""
    try:
        return urljoin(url, link)
    except ValueError:
        return ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
