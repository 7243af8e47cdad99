"""The provider's way into the local Azure: over TLS, with the local service principal's token, like any client."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from azure.core.exceptions import AzureError
from azure.core.pipeline import Pipeline
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, HeadersPolicy, HTTPPolicy, SansIOHTTPPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from azure.identity import ClientSecretCredential

from audit.clouds import told_by
from audit.model import AuditError
from audit.pipeline import Patience, Retry
from audit.sandbox.process import Running
from audit.sandbox.provider.unfinished import Unfinished

_ACCEPTED, _NO_CONTENT, _BAD, _NOT_FOUND = 202, 204, 400, 404
_DONE, _OVER = "Succeeded", ("Failed", "Canceled")
_MOST_POLLS = 600
_LONGEST_WAIT = 30.0


class Client:
    """Reads, puts and deletes resources of one local Azure; threads may share it."""

    def __init__(self, found: Running) -> None:
        self._base = found.url
        authority = str(found.authority)
        credential = ClientSecretCredential(
            found.tenant,
            found.client,
            found.secret,
            authority=found.url,
            disable_instance_discovery=True,
            connection_verify=authority,
        )
        patience = Patience()
        transport = RequestsTransport(
            connection_verify=authority, connection_timeout=10, read_timeout=patience.answer, use_env_settings=False
        )
        policies: list[HTTPPolicy[Any, Any] | SansIOHTTPPolicy[Any, Any]] = [
            HeadersPolicy({"Accept": "application/json"}),
            Retry(patience),
            BearerTokenCredentialPolicy(credential, f"{found.url}/.default"),
        ]
        self._pipeline: Pipeline[HttpRequest, Any] = Pipeline(transport, policies)

    def close(self) -> None:
        """Close the connections."""
        self._pipeline.__exit__()

    def read(self, path: str, api: str) -> Mapping[str, Any] | None:
        """Return a resource, None where it or what it stands in is not there; raises `AuditError` where refused."""
        status, body, _ = self._ask("GET", path, api)
        if status == _NOT_FOUND:
            return None
        return self._accepted("GET", path, status, body)

    def put(self, path: str, api: str, body: Mapping[str, Any]) -> None:
        """Put a resource and wait until it is made; raises `AuditError` in Azure's words where it is refused.

        Raises `Unfinished` where Azure took the request and its work failed.
        """
        status, content, headers = self._ask("PUT", path, api, body)
        self._accepted("PUT", path, status, content)
        self._await(path, headers)

    def delete(self, path: str, api: str) -> None:
        """Delete a resource and wait until it is gone; one that is not there is gone. Raises as `put` does."""
        status, content, headers = self._ask("DELETE", path, api)
        if status in (_NOT_FOUND, _NO_CONTENT):
            return
        self._accepted("DELETE", path, status, content)
        self._await(path, headers)

    def act(self, path: str, api: str) -> Mapping[str, Any]:
        """Do the action that ends a path (POST); returns what it answers, and raises as `put` does."""
        status, content, _ = self._ask("POST", path, api, {})
        return self._accepted("POST", path, status, content)

    def _ask(
        self, method: str, path: str, api: str, body: Mapping[str, Any] | None = None
    ) -> tuple[int, bytes, Mapping[str, str]]:
        return self._send(HttpRequest(method, f"{self._base}{path}?{urlencode({'api-version': api})}", json=body))

    def _send(self, request: HttpRequest) -> tuple[int, bytes, Mapping[str, str]]:
        try:
            reply = self._pipeline.run(request).http_response
            return reply.status_code, reply.body(), reply.headers
        except (AzureError, OSError) as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise AuditError(f"the local Azure does not answer: {lines[0][:300]}. Is it running?") from error

    def _accepted(self, method: str, path: str, status: int, content: bytes) -> Mapping[str, Any]:
        """Return the body of an answer; raises `AuditError` where it is a refusal."""
        if status >= _BAD:
            raise AuditError(f"{method} {path} was refused: {told_by(status, content)}")
        found: Mapping[str, Any] = msgspec.json.decode(content) if content else {}
        return found

    def _await(self, path: str, headers: Mapping[str, str]) -> None:
        """Ask for work that takes a while until it is done; nothing to wait for where the answer names no place.

        https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
        """
        place = headers.get("Azure-AsyncOperation") or headers.get("Location")
        for _ in range(_MOST_POLLS if place else 0):
            status, content, headers = self._send(HttpRequest("GET", str(place)))
            if status >= _BAD:
                raise Unfinished(path, f"failed: {told_by(status, content)}")
            state = msgspec.json.decode(content).get("status", _DONE) if content else _DONE
            if state in _OVER:
                raise Unfinished(path, f"ended as {state}")
            if status != _ACCEPTED and state == _DONE:
                return
            time.sleep(min(float(headers.get("Retry-After", "1")), _LONGEST_WAIT))
        if place:
            raise Unfinished(path, "does not end")
