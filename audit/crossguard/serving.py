"""Runs the policy pack as the Pulumi engine expects it: a server on loopback whose port is the first line it prints."""

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import grpc
from pulumi.runtime.proto import analyzer_pb2_grpc

from audit.crossguard.analyzer import Analyzer
from audit.model import AuditError
from audit.policies import Policies, load

_LARGEST = 400 * 1024 * 1024
"""Bytes of a message: the engine sends a whole stack in one, and allows as much."""


def serve(folder: Path) -> None:
    """Serve the policies of `folder` until the engine ends the process.

    Ends with status 2 and what is wrong on stderr where the policies cannot be loaded: the engine then deploys nothing.
    """
    try:
        policies = load(folder)
    except AuditError as error:
        print(f"audit: {error}", file=sys.stderr)
        sys.exit(2)
    server = _server(policies)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # The engine interrupts its whole group; a traceback then would look like a failure of the policies.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.stop(0))
    print(port, flush=True)
    server.wait_for_termination()


def _server(policies: Policies) -> grpc.Server:
    """Make the server that answers by `policies`; a setting's folder is seen from where the pack runs."""
    options = [("grpc.max_receive_message_length", _LARGEST), ("grpc.max_send_message_length", _LARGEST)]
    server = grpc.server(ThreadPoolExecutor(max_workers=4), options=options)
    analyzer = Analyzer(policies, version=version("promise-audit"), folder=Path.cwd(), now=lambda: datetime.now(UTC))
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(analyzer, server)
    return server
