"""Connects to SQL databases: by their own protocol, or over HTTPS where a cloud says so, as the local one does."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

import msgspec
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from audit.clouds import Cloud
from audit.limits import Bucket
from audit.pipeline import PATIENT, Line

_SCOPE = "https://database.windows.net//.default"
"""https://learn.microsoft.com/azure/azure-sql/database/authentication-aad-overview"""
_TOKEN = 1256
"""SQL_COPT_SS_ACCESS_TOKEN: https://learn.microsoft.com/sql/connect/odbc/using-azure-active-directory"""
_OK = 200
_NUMBERS = {
    "Base table or view not found": 208,
    "Column not found": 207,
    "Integrity constraint violation": 2627,
    "Timeout expired": -2,
}
"""The driver names no number: its words for SQLSTATEs → the error that our statements can meet under each."""


class Unanswered(Exception):
    """A database that gives no answer: it cannot be reached, or what it says is none."""


class Told(Unanswered):
    """A database that refuses a statement: its error's number, and nothing of its text, which may hold data.

    Where the driver tells no number it is 0, and `words` are the driver's own for the class of the error (SQLSTATE).
    """

    def __init__(self, number: int, severity: int = 0, words: str = "") -> None:
        super().__init__(f"the database answers with error {number or words}")
        self.number, self.severity, self.words = number, severity, words


class Database(Protocol):
    """An open database."""

    def rows(self, statement: str, parameters: tuple[Any, ...] = (), *, limit_s: float) -> Iterator[tuple[Any, ...]]:
        """Run a statement and yield its rows; raises `Told` where it fails and `Unanswered` without an answer."""

    def close(self) -> None:
        """Close it."""


def connecting(
    cloud: Cloud, credential: TokenCredential, bucket: Bucket, *, only_reading: bool = False
) -> Callable[[str, str], Database]:
    """Return what opens a database by the names of its server and its own; it raises `Unanswered`.

    `only_reading` asks for a copy that can only be read, where the database has one:
    https://learn.microsoft.com/azure/azure-sql/database/read-scale-out
    """
    if cloud.sql_gateway:
        line = Line(credential, _SCOPE, PATIENT, bucket)
        return lambda server, name: _OverHttps(line, f"{cloud.sql_gateway}/{server}/{name}")
    return lambda server, name: _Tds(credential, server, name, only_reading=only_reading)


class _OverHttps:
    """Sends each statement to a gateway that answers JSON."""

    def __init__(self, line: Line, url: str) -> None:
        self._line, self._url = line, url

    def rows(self, statement: str, parameters: tuple[Any, ...] = (), *, limit_s: float) -> Iterator[tuple[Any, ...]]:
        body = {"statement": statement, "parameters": list(parameters)}
        try:
            reply = self._line.pipeline.run(
                HttpRequest("POST", self._url, json=body), retry_total=0, read_timeout=min(limit_s, PATIENT.answer)
            ).http_response
            told = msgspec.json.decode(reply.body())
            if reply.status_code != _OK:
                raise Told(int(told["error"].get("number", 0)), int(told["error"].get("severity", 0)))
            yield from (tuple(map(_plain, row)) for row in told["rows"])
        except (AzureError, msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise Unanswered(f"the database gives no answer: {type(error).__name__}") from error

    def close(self) -> None:
        """Keep nothing open."""


def _plain(value: Any) -> Any:
    """Return a value that came with its type's name beside it."""
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    makers: dict[str, Callable[[str], Any]] = {
        "decimal": Decimal,
        "datetime": _moment,
        "bytes": bytes.fromhex,
    }
    return makers[kind](text)


def _moment(text: str) -> date | datetime | str:
    """Return a date or a moment; SQL Server's seventh digit of a second is more than Python knows, and stays text."""
    try:
        return datetime.fromisoformat(text) if "T" in text or " " in text else date.fromisoformat(text)
    except ValueError:
        return text


def braced(name: str) -> str:
    """Return a name as a value of a connection string, in which it can set nothing else.

    https://learn.microsoft.com/openspecs/sql_server_protocols/ms-odbcstr
    """
    return f"{{{name.replace('}', '}}')}}}"


class _Tds:
    """A connection by SQL Server's own protocol, signed in by a token; each statement is committed by itself."""

    def __init__(self, credential: TokenCredential, server: str, name: str, *, only_reading: bool) -> None:
        """Connect; raises `Unanswered` where the driver is not installed or the server does not let us in."""
        try:
            import mssql_python  # an extra: who asks no database does without
        except ImportError as error:
            raise Unanswered("databases need the driver: install promise-audit[sql]") from error
        self._error: type[Exception] = mssql_python.Error
        host = server if "." in server else f"{server}.database.windows.net"
        text = f"Server=tcp:{host},1433;Database={braced(name)};Encrypt=yes;TrustServerCertificate=no;"
        text += "ApplicationIntent=ReadOnly;" if only_reading else ""
        try:
            token = credential.get_token(_SCOPE).token.encode("utf-16-le")
            packed = struct.pack(f"<I{len(token)}s", len(token), token)
            self._connection = mssql_python.connect(text, attrs_before={_TOKEN: packed}, autocommit=True)
        except (AzureError, self._error) as error:
            why = getattr(error, "driver_error", type(error).__name__)
            raise Unanswered(f"the database cannot be reached: {why}") from error

    def rows(self, statement: str, parameters: tuple[Any, ...] = (), *, limit_s: float) -> Iterator[tuple[Any, ...]]:
        try:
            self._connection.timeout = max(1, round(limit_s))
            cursor = self._connection.cursor()
            cursor.execute(statement, *parameters)
            if cursor.description is None:
                return
            while block := cursor.fetchmany(1000):
                yield from (tuple(row) for row in block)
        except self._error as error:
            words = str(getattr(error, "driver_error", ""))
            raise Told(_NUMBERS.get(words, 0), words=words) from error

    def close(self) -> None:
        """Close it."""
        self._connection.close()
