"""Serves one provider for the local Azure of a folder: `python -m audit.sandbox.provider FOLDER azure-native`."""

import signal
import sys
import threading
from importlib.metadata import version
from pathlib import Path

from audit.model import AuditError
from audit.sandbox import process
from audit.sandbox.provider.packages import PACKAGES
from audit.sandbox.provider.serving import Plugin, served

_GRACE = 2.0
_LOOK = 0.2
"""Seconds between two looks whether a signal has come."""
_WHILE_STDIN = "--while-stdin"


def main(words: list[str]) -> int:
    """Serve until a signal comes, or with `--while-stdin` until standard input ends.

    The port is the first line of standard output, as Pulumi's plugins write it. Returns 2 where it cannot serve.
    """
    match words:
        case [folder, package, *rest] if package in PACKAGES and rest in ([], [_WHILE_STDIN]):
            try:
                plugin = _plugin(Path(folder), package)
            except AuditError as error:
                print(f"audit: {error}", file=sys.stderr)
                return 2
            _serve(plugin, while_stdin=bool(rest))
            return 0
    print(f"usage: python -m audit.sandbox.provider FOLDER {'|'.join(PACKAGES)} [{_WHILE_STDIN}]", file=sys.stderr)
    return 2


def _plugin(folder: Path, package: str) -> Plugin:
    """Make the plugin of a package; raises `AuditError` where no local Azure runs in the folder."""
    found = process.demand_running(folder)
    return Plugin(package, version(f"pulumi-{package}"), PACKAGES[package](found))


def _serve(plugin: Plugin, *, while_stdin: bool) -> None:
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    if while_stdin:

        def listen() -> None:
            """Wait until whoever started this is gone."""
            sys.stdin.buffer.read()
            ended.set()

        threading.Thread(target=listen, daemon=True).start()
    server, port = served(plugin)
    print(port, flush=True)
    # A signal may reach one of gRPC's own threads, which leaves this one asleep: it looks for itself.
    while not ended.wait(_LOOK):
        pass
    server.stop(_GRACE).wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
