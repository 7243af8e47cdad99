"""The proxy that lets an unmodified client of the public cloud reach the local Azure, and nothing else.

A client asks it by CONNECT for a host; the public cloud's three hosts lead to the local Azure, whose certificate bears
their names, and every other host is refused and counted.
"""

import asyncio
import contextlib
import json
from collections import Counter
from pathlib import Path

from audit.sandbox.certificates import PUBLIC_HOSTS

_ALLOWED = frozenset((*PUBLIC_HOSTS, "localhost", "127.0.0.1"))
_HTTPS = "443"


class Proxy:
    """A CONNECT proxy on loopback; what it refused is counted by host in `refused.json` of its folder."""

    def __init__(self, folder: Path, port: int) -> None:
        self._file = folder / "refused.json"
        self._file.unlink(missing_ok=True)
        self._azure = port
        self._refused: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection until either side ends it."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await self._serve(reader, writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read the request line, and connect or refuse."""
        head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.decode("latin-1").partition("\r\n")[0].partition(" ")
        host, _, port = rest.partition(" ")[0].rpartition(":")
        if method != "CONNECT" or not self._leads(host.lower(), port):
            self._refuse(rest.partition(" ")[0])
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        inner, outer = await asyncio.open_connection("127.0.0.1", self._azure)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pass(reader, outer), _pass(inner, writer))

    def _leads(self, host: str, port: str) -> bool:
        """Tell whether a place leads to the local Azure: a public host, or its own address."""
        return host in _ALLOWED and port == (_HTTPS if host in PUBLIC_HOSTS else str(self._azure))

    def _refuse(self, place: str) -> None:
        self._refused[place] += 1
        self._file.write_text(json.dumps(self._refused, indent=1))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what one side sends until it ends; then tell the other side."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


def refused(folder: Path) -> dict[str, int]:
    """Return how often each place was refused; empty where none was."""
    try:
        counts: dict[str, int] = json.loads((folder / "refused.json").read_text())
    except FileNotFoundError:
        return {}
    return counts
