"""Asks name servers, several of them: what one resolver says is not yet what the world sees."""

from __future__ import annotations

import ipaddress
import time
from collections import Counter, defaultdict
from functools import partial
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import msgspec

from audit.limits import Bucket
from audit.sources.probes.reach import Unreached

_PORT = 53
_SECONDS = 5.0
PER_SECOND = 20.0
"""The questions that one name server is asked, once it was asked forty at once."""
_DEPTH = 8
"""How often an alias may lead on to another."""


class Server(msgspec.Struct, frozen=True, order=True):
    """A name server that is asked."""

    address: str
    port: int = _PORT

    def __str__(self) -> str:
        return self.address if self.port == _PORT else f"{self.address}:{self.port}"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one server answered to one question."""

    server: Server
    rcode: str
    """NOERROR, NXDOMAIN, …: https://www.iana.org/assignments/dns-parameters"""
    records: tuple[str, ...] = ()
    """The records in the presentation format of their type, in order, aliases left out."""
    authentic: bool = False
    """Whether the server says that it validated the answer (the AD bit of RFC 4035)."""
    authoritative: bool = False


_PATIENCE = 3
"""The questions that a name server may leave unanswered before it is taken for one that answers none."""


class Names:
    """The resolvers that a run goes through."""

    def __init__(
        self, resolvers: tuple[Server, ...], *, seconds: float = _SECONDS, per_second: float = PER_SECOND
    ) -> None:
        self.resolvers = resolvers or _of_this_machine()
        self._seconds = seconds
        self._paced: defaultdict[Server, Bucket] = defaultdict(
            partial(Bucket, rate=per_second, burst=40, clock=time.monotonic, sleep=time.sleep)
        )
        self._heard: set[Server] = set()
        self._silent: Counter[Server] = Counter()

    def ask(self, name: str, kind: str, server: Server) -> Told:
        """Ask one server; raises `Unreached` where it does not answer in time, or not to what was asked.

        One that never answered is not asked for ever: each question would take its whole time.
        """
        if server not in self._heard and self._silent[server] >= _PATIENCE:
            raise Unreached(f"the name server {server} gave no answer to others, and was not asked for {name} {kind}")
        self._paced[server].take()
        try:
            question = dns.message.make_query(name, kind, use_edns=0, want_dnssec=True)
            question.flags |= dns.flags.AD
            answer, _ = dns.query.udp_with_fallback(question, server.address, self._seconds, server.port)
        except (dns.exception.DNSException, OSError, EOFError) as error:
            self._silent[server] += 1
            raise Unreached(f"the name server {server} gave no answer for {name} {kind}: {_why(error)}") from error
        self._heard.add(server)
        return Told(
            server=server,
            rcode=dns.rcode.to_text(answer.rcode()),
            records=tuple(sorted(_records(answer, dns.rdatatype.from_text(kind)))),
            authentic=bool(answer.flags & dns.flags.AD),
            authoritative=bool(answer.flags & dns.flags.AA),
        )

    def addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses of a host, by the first resolver; raises `Unreached` where it has none."""
        found = [text for kind in ("A", "AAAA") for text in self.ask(host, kind, self.resolvers[0]).records]
        if not found:
            raise Unreached(f"{host} has no address, by the name server {self.resolvers[0]}")
        return tuple(found)


def server(text: str) -> Server:
    """Read a server written as `192.0.2.1` or `192.0.2.1:5353`; raises `ValueError`."""
    address, colon, port = text.rpartition(":")
    if colon and "." in address:
        if not 0 < int(port) < 1 << 16:
            raise ValueError(f"{port} is no port")
        return Server(str(ipaddress.ip_address(address)), int(port))
    return Server(str(ipaddress.ip_address(text)))


def _of_this_machine() -> tuple[Server, ...]:
    """Return the resolvers that this machine is set up with; raises `Unreached` where there are none."""
    try:
        return tuple(Server(str(address)) for address in dns.resolver.Resolver().nameservers)
    except dns.exception.DNSException as error:
        raise Unreached("this machine knows no name server: name some as probes.resolvers in targets.toml") from error


def _records(answer: dns.message.Message, wanted: dns.rdatatype.RdataType) -> list[str]:
    """Return the wanted records that the question leads to, through aliases."""
    name = answer.question[0].name
    for _ in range(_DEPTH):
        found = [record for group in answer.answer if group.name == name for record in _of(group, wanted)]
        aliases = [
            record for group in answer.answer if group.name == name for record in _of(group, dns.rdatatype.CNAME)
        ]
        if found or not aliases:
            return [record.to_text() for record in found]
        name = aliases[0].target
    return []


def _of(group: Any, wanted: dns.rdatatype.RdataType) -> list[Any]:
    return list(group) if group.rdtype == wanted else []


def _why(error: Exception) -> str:
    """Say what went wrong without what the server sent."""
    if isinstance(error, dns.exception.Timeout):
        return "no answer in time"
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
