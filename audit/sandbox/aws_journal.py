"""Writes down what is changed in the local AWS, which forgets all when it ends, and does it again when it starts."""

import base64
import io
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from audit.model import AuditError

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
_ASKING = ("Describe", "List", "Get", "Head", "Verify", "Encrypt", "Decrypt", "Sign")
"""How the operations begin that change nothing, of services that are sent everything by POST."""
_RESET = "/moto-api/reset"
_FAILED = 400


class Journal:
    """A WSGI application around moto that keeps every change in a file, one a line.

    What moto draws by lot, such as the id of a key, follows from the number of changes before, so that the same changes
    lead to the same ids. Moments are those of the last start.
    """

    def __init__(self, path: Path, inner: Application) -> None:
        self._path, self._inner = path, inner
        self._lock = threading.Lock()
        self._count = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request, and write it down where it changed something."""
        if not _changes(environ):
            return self._inner(environ, start_response)
        with self._lock:
            return self._changed(environ, start_response)

    def replay(self) -> None:
        """Bring moto to where the file ends: what it held before, in this process, is forgotten.

        Raises `AuditError` where the file cannot be read.
        """
        self._ask({"method": "POST", "path": _RESET, "query": "", "headers": {}, "body": ""})
        try:
            lines = self._path.read_text().splitlines() if self._path.exists() else []
            for self._count, line in enumerate(lines):
                self._ask(json.loads(line))
        except (OSError, ValueError, KeyError, TypeError) as error:
            trouble = f"cannot read {self._path}: {error!r}"
            raise AuditError(f"{trouble}. Delete it and load the estate again.") from error
        self._count = len(lines)

    def _changed(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request that changes something; one that was refused is not written down."""
        content = _content(environ)
        environ["wsgi.input"] = io.BytesIO(content)
        statuses: list[str] = []

        def started(status: str, *rest: Any) -> Any:
            statuses.append(status)
            return start_response(status, *rest)

        self._seed()
        # Taken whole: what is answered piece by piece could still change something.
        answer = list(self._inner(environ, started))
        if int(statuses[0][:3]) < _FAILED:
            self._write(environ, content)
        return answer

    def _write(self, environ: Mapping[str, Any], content: bytes) -> None:
        """Write a change down; an empty AWS has an empty file."""
        empty = environ["PATH_INFO"] == _RESET
        with self._path.open("w" if empty else "a") as file:
            if not empty:
                file.write(json.dumps(_entry(environ, content)) + "\n")
        self._count = 0 if empty else self._count + 1

    def _ask(self, entry: Mapping[str, Any]) -> None:
        """Do once more what was written down."""
        content = base64.b64decode(entry["body"])
        environ = {
            "REQUEST_METHOD": entry["method"],
            "PATH_INFO": entry["path"],
            "QUERY_STRING": entry["query"],
            "CONTENT_LENGTH": str(len(content)),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(content),
            **entry["headers"],
        }
        self._seed()
        for _ in self._inner(environ, lambda *_: None):
            pass

    def _seed(self) -> None:
        from moto.moto_api._internal import mock_random  # moto is large, and comes with the sandbox alone

        mock_random.seed(self._count)


def _changes(environ: Mapping[str, Any]) -> bool:
    """Tell whether a request may change something."""
    operation = str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]
    return environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS") and not operation.startswith(_ASKING)


def _content(environ: Mapping[str, Any]) -> bytes:
    """Read the body of a request whole."""
    length = environ.get("CONTENT_LENGTH")
    content: bytes = environ["wsgi.input"].read(int(length)) if length else b""
    return content


def _entry(environ: Mapping[str, Any], content: bytes) -> dict[str, Any]:
    """Write a request as JSON; of its signature only whom and which service it names is kept."""
    headers = {
        name: value
        for name, value in environ.items()
        if isinstance(value, str) and (name.startswith("HTTP_") or name == "CONTENT_TYPE")
    }
    if "HTTP_AUTHORIZATION" in headers:
        headers["HTTP_AUTHORIZATION"] = headers["HTTP_AUTHORIZATION"].partition(", Signature=")[0]
    return {
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "query": environ.get("QUERY_STRING", ""),
        "headers": headers,
        "body": base64.b64encode(content).decode(),
    }
