"""Speaks just enough SMTP to ask and to leave: bounded replies, no message unless one is handed over."""

from __future__ import annotations

import re
import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import msgspec

from audit.sources.probes.reach import Reach, Unreached

_LINE, _LINES = 2000, 100
"""More bytes than a reply's line, and more lines than a reply, ever needs: RFC 5321, 4.5.3.1."""
_REPLY = re.compile(rb"(\d{3})([ -]?)(.*)", re.DOTALL)
_YES, _NO = (2, 3), 5
"""The first digits of a reply's code: RFC 5321, 4.2.1."""
_CRLF = b"\r\n"
HELLO = "probe.invalid"
"""The name that a probe gives itself: one that nobody has (RFC 2606), so that it never passes for a partner."""


class Reply(msgspec.Struct, frozen=True):
    """A server's answer: its code, and the words of its lines."""

    code: int
    lines: tuple[str, ...] = ()

    @property
    def yes(self) -> bool:
        """Whether it says yes, or asks for more: 2xx and 3xx."""
        return self.code // 100 in _YES

    @property
    def no(self) -> bool:
        """Whether it says no for good: 5xx. What is neither yes nor no is put off."""
        return self.code // 100 == _NO


class Session:
    """One conversation with a mail server; raises `Unreached` where the other side speaks no SMTP."""

    def __init__(self, connection: socket.socket, host: str) -> None:
        self._socket, self._host = connection, host
        self._held = b""
        self.greeting = self._reply()
        self.offers: tuple[str, ...] = ()
        """The extensions that it offered last, in upper case."""

    def ask(self, words: str) -> Reply:
        """Send one command; raises `Unreached` where no reply comes, or one that is none."""
        self._socket.sendall(words.encode("ascii", "replace") + _CRLF)
        return self._reply()

    def hello(self) -> Reply:
        """Say hello, and note what is offered."""
        reply = self.ask(f"EHLO {HELLO}")
        self.offers = tuple(line.upper() for line in reply.lines[1:]) if reply.yes else ()
        return reply

    def offered(self, name: str) -> bool:
        """Tell whether an extension was offered."""
        return any(line.split()[:1] == [name] for line in self.offers)

    def start_tls(self) -> str:
        """Go on inside TLS, whoever holds the certificate, and say hello again; returns the version spoken.

        Certificates are judged where doors are looked at; here only whether words can be read on the way. Raises
        `Unreached` where TLS does not come about.
        """
        if not self.ask("STARTTLS").yes:
            raise Unreached(f"{self._host} offers STARTTLS and refuses it")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        # Below this level OpenSSL has ciphers for the old versions, too: a server that speaks no other must show it.
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
        self._held = b""
        self._socket = wrapped = context.wrap_socket(self._socket, server_hostname=self._host)
        self.hello()
        return wrapped.version() or ""

    def send(self, message: bytes) -> Reply:
        """Hand over a message after DATA was taken; dots are doubled as RFC 5321, 4.5.2 asks."""
        lines = (b"." + line if line.startswith(b".") else line for line in message.splitlines())
        self._socket.sendall(_CRLF.join(lines) + b"\r\n.\r\n")
        return self._reply()

    def leave(self) -> None:
        """Say goodbye; nobody waits for an answer."""
        with suppress(OSError):
            self._socket.sendall(b"QUIT\r\n")

    def _reply(self) -> Reply:
        """Read one whole reply."""
        words: list[str] = []
        while len(words) < _LINES:
            found = _REPLY.fullmatch(self._line())
            if found is None:
                raise Unreached(f"{self._host} speaks no SMTP")
            words.append(found[3].decode("ascii", "replace").strip())
            if found[2] != b"-":
                return Reply(int(found[1]), tuple(words))
        raise Unreached(f"{self._host} gave more than {_LINES} lines for one reply")

    def _line(self) -> bytes:
        while b"\n" not in self._held:
            if len(self._held) > _LINE:
                raise Unreached(f"{self._host} gave a line without an end")
            more = self._socket.recv(_LINE)
            if not more:
                raise Unreached(f"{self._host} hung up")
            self._held += more
        line, _, self._held = self._held.partition(b"\n")
        return line.rstrip(b"\r")


@contextmanager
def session(reach: Reach, host: str, port: int, *, address: str = "") -> Iterator[Session]:
    """Open a conversation with a server of ours or the partner's; raises `Unreached` as `Reach.dial` does."""
    with reach.dial(host, port, address=address) as connection:
        talk = Session(connection, f"{host}:{port}")
        yield talk
        talk.leave()
