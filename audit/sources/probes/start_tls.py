"""Asks a server that begins in the clear to go on in TLS: mail protocols, each in its own words."""

from __future__ import annotations

import socket

import msgspec

from audit.sources.probes.reach import Unreached
from audit.sources.probes.smtp_session import Session

_LINE, _LINES = 2000, 100
"""More bytes than a line, and more lines than a greeting, ever needs."""


class _Words(msgspec.Struct, frozen=True):
    """How one protocol asks for TLS."""

    ask: bytes
    yes: bytes
    end: bytes
    """What the line that ends the answer begins with."""


_WORDS = {
    # https://www.rfc-editor.org/rfc/rfc9051#section-6.2.1: every answer to `a` begins with it.
    "imap": _Words(b"a STARTTLS\r\n", b"a OK", b"a "),
    # https://www.rfc-editor.org/rfc/rfc2595#section-4: one line.
    "pop3": _Words(b"STLS\r\n", b"+OK", b""),
}
_GREETINGS = {"imap": b"* OK", "pop3": b"+OK"}
PROTOCOLS = ("smtp", *_WORDS)
"""The protocols that it knows, as they are written in targets."""


def ready(connection: socket.socket, place: str, protocol: str) -> bool:
    """Bring a connection to where TLS begins; returns whether the server agreed to it.

    Raises `Unreached` where the server does not speak the protocol, or turns us away before we could ask.
    """
    return _by_smtp(connection, place) if protocol == "smtp" else _by_lines(connection, place, protocol)


def _by_smtp(connection: socket.socket, place: str) -> bool:
    talk = Session(connection, place)
    if not talk.greeting.yes or not talk.hello().yes:
        raise Unreached(f"{place} turned us away before TLS could be asked for")
    return talk.offered("STARTTLS") and talk.ask("STARTTLS").yes


def _by_lines(connection: socket.socket, place: str, protocol: str) -> bool:
    words = _WORDS[protocol]
    if not _line(connection, place).startswith(_GREETINGS[protocol]):
        raise Unreached(f"{place} does not greet as {protocol} does")
    connection.sendall(words.ask)
    for _ in range(_LINES):
        line = _line(connection, place)
        if line.startswith(words.end):
            return line.upper().startswith(words.yes.upper())
    raise Unreached(f"{place} gave more than {_LINES} lines for one answer")


def _line(connection: socket.socket, place: str) -> bytes:
    """Read one line, byte by byte: what comes after it may be TLS."""
    found = b""
    while not found.endswith(b"\n"):
        more = connection.recv(1)
        if not more or len(found) > _LINE:
            raise Unreached(f"{place} hung up" if not more else f"{place} gave a line without an end")
        found += more
    return found
