"""The process of the local Azure: started once, joined by whoever comes next, stopped without a trace.

Whether it runs is told by a lock that it holds on a file: the system lets go of it when the process ends in any way, so
a process id left behind is never taken for it.
"""

import asyncio
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType

import msgspec

from audit import files
from audit.model import AuditError
from audit.sandbox import certificates
from audit.sandbox.store import TENANT, Store
from audit.sandbox.tokens import CLIENT, secret

_READY_IN, _GONE_IN = 30.0, 10.0
_SHORT = 0.05


class Running(msgspec.Struct, frozen=True):
    """A local Azure that runs: what it wrote down when it was ready."""

    folder: Path
    pid: int
    port: int
    proxy: int = 0
    """The port of the proxy that stands in for the public cloud."""
    aws: int = 0
    """The port of the local S3; 0 where there is none."""

    @property
    def url(self) -> str:
        """Where Azure Resource Manager answers."""
        return f"https://localhost:{self.port}"

    @property
    def subscription(self) -> str:
        """The first subscription that it holds."""
        return self.store().subscriptions[0]

    @property
    def tenant(self) -> str:
        """The tenant."""
        return TENANT

    @property
    def client(self) -> str:
        """The id of the service principal."""
        return CLIENT

    @property
    def secret(self) -> str:
        """The secret of the service principal."""
        return secret(self.folder)

    @property
    def authority(self) -> Path:
        """The file with the certificate of its authority."""
        return self.folder / "ca.pem"

    def store(self) -> Store:
        """Open what it keeps."""
        return Store(self.folder / "store.sqlite")


def start(folder: Path, *, port: int = 0, aws: bool = True) -> tuple[Running, bool]:
    """Start the local Azure of a folder, or join the one that runs; tells whether it was started.

    Without a `port` it takes the one it had before where that is free, and any free one otherwise. One that runs is
    joined as it is, with `aws` or without. Raises `AuditError` where it does not come up.
    """
    found = running(folder)
    if found is not None:
        return found, False
    Store(folder / "store.sqlite").close()
    certificates.make(folder)
    with (folder / "log").open("ab") as log:
        command = [
            sys.executable,
            "-m",
            "audit.sandbox.process",
            str(folder.resolve()),
            str(port),
            "aws" if aws else "-",
        ]
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)  # noqa: S603  # our own module, without a shell
    return _awaited(folder, child)


def _awaited(folder: Path, child: "subprocess.Popen[bytes]") -> tuple[Running, bool]:
    """Wait until the local Azure answers; one that another starter brought up meanwhile is joined."""
    until = time.monotonic() + _READY_IN
    ours = False
    try:
        while time.monotonic() < until:
            found = running(folder)
            if found is not None:
                ours = found.pid == child.pid
                return found, ours
            if child.poll() is not None and not _is_held(folder):
                break
            time.sleep(_SHORT)
    finally:
        # Where the wait was interrupted it must not stay behind; where another one runs it would take over, unasked,
        # as soon as that one stops.
        if not ours and child.poll() is None:
            child.kill()
            child.wait()
    raise AuditError(f"the local Azure did not start. Read {folder / 'log'}.")


def running(folder: Path) -> Running | None:
    """Return the local Azure of a folder where it runs and is ready; None otherwise."""
    if not _is_held(folder):
        return None
    try:
        found = msgspec.json.decode((folder / "running.json").read_bytes())
        os.kill(found["pid"], 0)
        return Running(folder=folder, **found)
    except (OSError, msgspec.DecodeError, TypeError, KeyError):
        return None  # it has not come up yet, and what stands there is of one that was killed


def demand_running(folder: Path) -> Running:
    """Return the local Azure of a folder; raises `AuditError` where none runs there."""
    found = running(folder)
    if found is None:
        raise AuditError(f"no local Azure runs in {folder}. Start it with `audit sandbox start`.")
    return found


def stop(folder: Path) -> bool:
    """Stop the local Azure of a folder and wait until it is gone; tells whether it ran. What it keeps stays.

    Raises `AuditError` where it does not go.
    """
    begun = time.monotonic()
    while (found := running(folder)) is None:
        if not _is_held(folder) or time.monotonic() - begun > _READY_IN:
            return False
        time.sleep(_SHORT)  # it is just coming up
    with suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGTERM)
    begun = time.monotonic()
    while _is_held(folder):
        waited = time.monotonic() - begun
        if waited > _GONE_IN:
            with suppress(ProcessLookupError):
                os.kill(found.pid, signal.SIGKILL)
        if waited > 2 * _GONE_IN:
            raise AuditError(f"the local Azure in {folder} does not stop. End process {found.pid}.")
        time.sleep(_SHORT)
    _await_end(found.pid)
    return True


def _await_end(pid: int) -> None:
    """Wait a moment for a process that is about to end; a child of ours is not left behind as a zombie.

    One whose parent is another process may stay until that looks after it, so nothing more is waited for.
    """
    with suppress(ChildProcessError, ProcessLookupError):
        for _ in range(20):
            if os.waitpid(pid, os.WNOHANG) != (0, 0):
                return
            time.sleep(_SHORT)


def _is_held(folder: Path) -> bool:
    """Tell whether a process holds the lock of a folder."""
    try:
        with (folder / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError as error:
        trouble = f"cannot keep the local Azure in {folder}: {error.strerror}"
        raise AuditError(f"{trouble}. Name another --folder.") from error
    return False


@contextmanager
def _holding(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; ends the process where another one holds it."""
    with (folder / "lock").open("ab") as lock:
        # Somebody who only asks holds it for a moment.
        for _ in range(20):
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(_SHORT)
        else:
            sys.exit(0)
        (folder / "running.json").unlink(missing_ok=True)
        try:
            yield
        finally:
            (folder / "running.json").unlink(missing_ok=True)


def listener(port: int) -> socket.socket:
    """Open a port of the loopback interface: the one asked for where it is free, any other otherwise."""
    # asyncio sends small packets at once only on a socket that says it is TCP; otherwise each answer waits 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.bind(("127.0.0.1", 0))
    sock.listen(512)
    return sock


def _remembered(folder: Path) -> dict[str, int]:
    """Return the ports that the folder's local Azure had before; empty for a new one."""
    try:
        ports: dict[str, int] = json.loads((folder / "ports.json").read_text())
    except (OSError, ValueError):
        return {}
    return ports


def _write(folder: Path, mine: Running) -> None:
    """Say that this process is ready, and remember its ports for the next start."""
    ports = {"port": mine.port, "proxy": mine.proxy, "aws": mine.aws}
    known = {**_remembered(folder), **{name: port for name, port in ports.items() if port}}
    told = {folder / "ports.json": known, folder / "running.json": {"pid": mine.pid, **ports}}
    files.write({path: json.dumps(content).encode() for path, content in told.items()})


def serve(folder: Path, port: int, *, aws: bool) -> None:
    """Be the local Azure of a folder until a signal ends it; with `aws` a local AWS, too."""
    # uvicorn raises a signal again once it has shut down: as an exit it lets go of everything in order.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with _holding(folder):
        before = _remembered(folder)
        with _local_aws(folder, before.get("aws", 0)) if aws else nullcontext(0) as aws_port:
            azure, proxy = listener(port or before.get("port", 0)), listener(before.get("proxy", 0))
            ports = {"port": azure.getsockname()[1], "proxy": proxy.getsockname()[1], "aws": aws_port}
            mine = Running(folder=folder, pid=os.getpid(), **ports)
            with closing(mine.store()) as store:
                asyncio.run(_serve(mine, store, azure, proxy))


async def _serve(mine: Running, store: Store, azure: socket.socket, proxy: socket.socket) -> None:
    """Serve on both ports until a signal comes."""
    import uvicorn  # only this process serves

    from audit.sandbox.proxy import Proxy
    from audit.sandbox.server import application

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            """End at once: clients keep connections open that nobody will use again."""
            super().handle_exit(sig, frame)
            self.force_exit = True

    config = uvicorn.Config(
        application(store, mine.secret),
        ssl_certfile=mine.folder / "server.pem",
        log_level="warning",
        date_header=False,
        server_header=False,
        timeout_keep_alive=75,
        lifespan="off",
    )
    side = await asyncio.start_server(Proxy(mine.folder, mine.port).serve, sock=proxy)
    _write(mine.folder, mine)
    await Server(config).serve(sockets=[azure])
    side.close()


@contextmanager
def _local_aws(folder: Path, port: int) -> Iterator[int]:
    """Run the local AWS on the port that it had before where that is free; gives its port."""
    from audit.sandbox.cloud_aws import LocalAws  # moto is large, and not every use needs it

    sock = listener(port)
    free = sock.getsockname()[1]
    sock.close()
    with LocalAws(folder, port=free):
        yield free


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), aws=sys.argv[3] == "aws")
