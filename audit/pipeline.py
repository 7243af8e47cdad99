"""How a request travels: paced, repeated within bounds, signed, and not waited for without end."""

import re
import threading
from typing import Any

import msgspec
from azure.core.credentials import TokenCredential
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

from audit.limits import Bucket


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


class Line:
    """A pipeline with a pace of its own: one for each limit that Azure sets."""

    def __init__(self, credential: TokenCredential, scope: str, patience: Patience, bucket: Bucket) -> None:
        self._pace = _Pace(bucket)
        self.silent = 0  # requests in a row that got no answer
        policies: list[HTTPPolicy[Any, Any] | SansIOHTTPPolicy[Any, Any]] = [
            HeadersPolicy({"Accept": "application/json"}),
            UserAgentPolicy("promise-audit"),
            # Inside the retries, so that each attempt waits its turn and a token is renewed between two.
            Retry(patience),
            self._pace,
            BearerTokenCredentialPolicy(credential, scope),
        ]
        self.pipeline: Pipeline[HttpRequest, Any] = Pipeline(transport(patience), policies)

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


class Retry(RetryPolicy):  # type: ignore[type-arg]  # azure-core's generics name types that it does not export
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


def transport(patience: Patience) -> RequestsTransport:
    """Make the connections of a pipeline."""
    return RequestsTransport(connection_timeout=min(10.0, patience.answer), read_timeout=patience.answer)
