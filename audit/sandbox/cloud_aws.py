"""The local AWS: moto on loopback, holding the off-site copy as it is declared."""

import http.client
import json
import tempfile
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from audit.model import AuditError, Plane, Resource, Unassessed
from audit.sandbox.aws_loading import load
from audit.shape import mark, revive

ACCOUNT = "000000000000"
"""The account that the local AWS stands for where no other is named."""
_STATE = "aws.json"
_HOST = "127.0.0.1"
_Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class LocalAws:
    """A running local AWS; it ends with `stop`, or with the block that it was opened in.

    moto keeps everything in memory, and all of it in one place for the whole process. What was loaded is kept in the
    folder too, and loaded again when one is started there; what clients changed meanwhile is not.
    """

    endpoint: str

    def __init__(self, folder: Path, *, account: str = ACCOUNT, port: int = 0) -> None:
        """Start on a loopback `port`, a free one where it is 0, with what `folder` keeps.

        Raises `AuditError` where the port is taken, moto is not installed, or the folder's state cannot be read.
        """
        self._state = folder / _STATE
        self._server = _server(account, port)
        self.endpoint = f"http://{_HOST}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.load(_stored(self._state))

    def __enter__(self) -> "LocalAws":
        """Open the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def stop(self) -> None:
        """End the server; what was loaded stays in the folder."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def load(self, resources: Iterable[Resource]) -> tuple[Unassessed, ...]:
        """Hold these resources and nothing else, and keep them in the folder.

        Returns what moto could not hold, with the reason.
        """
        of_aws = [resource for resource in resources if resource.type.startswith("AWS::")]
        # Whatever moto held before would be refused as already there, or be judged though nobody declared it.
        connection = http.client.HTTPConnection(_HOST, self._server.server_port)
        connection.request("POST", "/moto-api/reset")
        connection.getresponse().close()
        connection.close()
        left = load(of_aws, self.endpoint)
        _store(self._state, of_aws)
        return left


def _server(account: str, port: int) -> Any:
    """Bind moto to a loopback port; raises `AuditError` where that cannot be done.

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

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Write nothing."""

    inner: _Application = DomainDispatcherApplication(create_backend_app)

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        return inner(environ, start_response)

    try:
        return make_server(_HOST, port, answer, threaded=True, request_handler=Quiet)
    except (OSError, SystemExit) as error:
        raise AuditError(f"the local AWS cannot listen on {_HOST}:{port}: {error}. Choose another port.") from error


def _store(path: Path, resources: Iterable[Resource]) -> None:
    """Keep resources in a file that is whole at any moment."""
    rows = [
        {
            "type": found.type,
            "id": found.id,
            "name": found.name,
            "seenAt": found.seen_at.isoformat(),
            "body": mark(found.body),
        }
        for found in resources
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name, delete=False) as beside:
        json.dump(rows, beside)
    Path(beside.name).replace(path)


def _stored(path: Path) -> tuple[Resource, ...]:
    """Read what a folder keeps, nothing where it keeps nothing; raises `AuditError` where it cannot be read."""
    try:
        rows = json.loads(path.read_text())
        return tuple(
            Resource(
                type=row["type"],
                id=row["id"],
                name=row["name"],
                plane=Plane.PROGRAM,
                seen_at=datetime.fromisoformat(row["seenAt"]),
                body=revive(row["body"]),
            )
            for row in rows
        )
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AuditError(f"cannot read {path}: {error!r}. Delete it and load the estate again.") from error
