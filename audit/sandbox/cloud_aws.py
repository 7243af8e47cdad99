"""The local AWS: moto on loopback, holding the off-site copy as it is declared."""

import http.client
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from audit.model import AuditError, Resource, Unassessed
from audit.sandbox.aws_journal import Application, Journal
from audit.sandbox.aws_loading import load
from audit.sandbox.store import Store

ACCOUNT = "000000000000"
"""The account that the local AWS stands for where no other is named."""
_CHANGES = "aws.jsonl"
_HOST = "127.0.0.1"


class LocalAws:
    """A running local AWS; it ends with `stop`, or with the block that it was opened in.

    moto keeps everything in memory, and all of it in one place for the whole process. What was changed there is written
    down in the folder, and done again when one is started there.
    """

    endpoint: str

    def __init__(self, folder: Path, *, account: str = ACCOUNT, port: int = 0) -> None:
        """Start on a loopback `port`, a free one where it is 0, with what `folder` keeps.

        Raises `AuditError` where the port is taken, moto is not installed, or the folder's state cannot be read.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._server = _server(account, port, folder / _CHANGES, Store(folder / "store.sqlite").now)
        self.endpoint = f"http://{_HOST}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def __enter__(self) -> "LocalAws":
        """Open the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def stop(self) -> None:
        """End the server; what it held stays in the folder."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def load(self, resources: Iterable[Resource]) -> tuple[Unassessed, ...]:
        """Hold these resources and nothing else; returns what moto could not hold, with the reason."""
        of_aws = [resource for resource in resources if resource.type.startswith("AWS::")]
        # Whatever moto held before would be refused as already there, or be judged though nobody declared it.
        connection = http.client.HTTPConnection(_HOST, self._server.server_port)
        connection.request("POST", "/moto-api/reset")
        connection.getresponse().close()
        connection.close()
        return load(of_aws, self.endpoint)


def _server(account: str, port: int, changes: Path, clock: Callable[[], datetime]) -> Any:
    """Bind moto to a loopback port, with all the `changes` that are written down.

    Raises `AuditError` where the port is taken, moto is not installed, or the changes cannot be read.

    moto takes the account from a header that only its tests send, so every request is given it.
    """
    try:
        # Heavy, and not installed with the product itself.
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
        from werkzeug.serving import make_server
    except ImportError as error:
        raise AuditError(f"the local AWS needs moto: {error}. Install promise-audit[sandbox].") from error

    class Quiet(MotoRequestHandler):
        """Writes no line for each request."""

        def date_time_string(self, timestamp: float | None = None) -> str:
            """Date answers by the clock of the local Azure beside it."""
            return format_datetime(clock(), usegmt=True)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Write nothing."""

    inner: Application = DomainDispatcherApplication(create_backend_app)

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        return inner(environ, start_response)

    journal = Journal(changes, answer)
    try:
        server = make_server(_HOST, port, journal, threaded=True, request_handler=Quiet)
    except (OSError, SystemExit) as error:
        raise AuditError(f"the local AWS cannot listen on {_HOST}:{port}: {error}. Choose another port.") from error
    journal.replay()
    return server
