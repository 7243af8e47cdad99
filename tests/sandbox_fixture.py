"""A local Azure for tests: one process a test worker, emptied before each test."""

import json
import ssl
import urllib.error
import urllib.request
from email.message import Message
from typing import Any

from azure.identity import ClientSecretCredential

from audit.sandbox import faults, listing, permissions
from audit.sandbox.environment import environment
from audit.sandbox.faults import Effect, Fault
from audit.sandbox.process import Running


class Sandbox:
    """What a test needs of the local Azure: where it is, who may ask, what it keeps, and how it fails."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.url, self.subscription, self.tenant = running.url, running.subscription, running.tenant
        self.authority = str(running.authority)
        self.store = running.store()
        self.credential = ClientSecretCredential(
            running.tenant,
            running.client,
            running.secret,
            authority=running.url,
            disable_instance_discovery=True,
            connection_verify=self.authority,
        )

    @property
    def root(self) -> str:
        """The subscription's path."""
        return f"/subscriptions/{self.subscription}"

    def client(self, made: type[Any], **options: Any) -> Any:
        """Make a client of one of Azure's management libraries."""
        return made(
            self.credential,
            self.subscription,
            base_url=self.url,
            credential_scopes=[f"{self.url}/.default"],
            connection_verify=self.authority,
            **options,
        )

    def environment(self, given: dict[str, str], *, public_cloud: bool = False) -> dict[str, str]:
        """Return what a command finds in its environment, as `audit sandbox run` gives it."""
        return environment(self.running, given, public_cloud=public_cloud)

    def ask(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, signed: bool = True
    ) -> tuple[int, Any, Message]:
        """Send one request to a path, with its query, or an absolute link; returns status, JSON and headers."""
        token = self.credential.get_token(f"{self.url}/.default").token if signed else ""
        sent = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if signed else {})}
        url = path if path.startswith("https:") else self.url + path
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {**sent, **(headers or {})}, method=method)  # noqa: S310  # our own
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.authority)),
        )
        try:
            answer = opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        content = answer.read()
        return answer.status, json.loads(content) if content else None, answer.headers

    def group(self, name: str = "group", location: str = "uksouth") -> str:
        """Make a resource group; returns its path."""
        path = f"{self.root}/resourceGroups/{name}"
        self.put(path, {"location": location})
        return path

    def put(self, path: str, body: Any) -> Any:
        """Put a resource; returns what was answered. Fails the test where it was refused."""
        status, answer, _ = self.ask("PUT", f"{path}?api-version=2024-01-01", body)
        assert status in (200, 201), answer
        return answer

    def fault(self, effect: str, **rule: Any) -> Fault:
        """Set a fault, such as `fault("status", path="*/locks", status=403)`."""
        return faults.add(self.store, Fault(effect=Effect(effect), **rule))

    def narrow(self, *actions: str, but: tuple[str, ...] = ()) -> None:
        """Let the identity do these actions alone."""
        permissions.grant(self.store, actions, but)

    def resize_pages(self, size: int) -> None:
        """Let a page of Azure Resource Manager hold this many resources."""
        listing.resize_pages(self.store, size)
