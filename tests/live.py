"""What tests of the live audit share: a client of the local Azure that loses patience soon."""

import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import HTTPServer

from audit.azure import Client
from audit.cli.live import Clock
from audit.clouds import cloud_at
from audit.pipeline import Patience

SHORT = Patience(attempts=1, answer=2.0, longest_wait=1.0, backoff=0.01)
UNPACED = Clock(sleep=lambda _: None)
"""The machine's time, for an audit that need not stay below any limits: a local Azure sets none."""


class Unwatched:
    """Nobody who is told how far a collection has come."""

    def expect(self, requests):
        """Say nothing."""

    def answered(self, resources):
        """Say nothing."""


def client(sandbox, *, patience=SHORT, sleep=lambda _: None):
    """Make the auditor's own client of a local Azure, which sets no limit: without `sleep` none is waited for."""
    cloud = cloud_at(sandbox.url, patience=patience)
    return Client(
        cloud,
        sandbox.credential,
        now=lambda: datetime.now(UTC),
        clock=time.monotonic,
        sleep=sleep,
        patience=patience,
    )


@contextmanager
def serving(sandbox, answering):
    """Serve with a handler of `http.server`, and the certificate of a local Azure; gives the address."""
    with HTTPServer(("127.0.0.1", 0), answering) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sandbox.running.folder / "server.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://localhost:{server.server_port}"
        server.shutdown()
