"""Puts questions about one domain to each resolver and to the zone's own servers, and compares what they answer."""

from __future__ import annotations

from typing import Any

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from audit.sources.probes.names import Server, Told
from audit.sources.probes.reach import Unreached
from audit.sources.probes.scene import Scene

_ANSWERS = ("NOERROR", "NXDOMAIN")
_PATIENCE = 2
"""How often one server may stay silent before it is not asked again."""


class ZoneAnswers:
    """What all servers answer about one domain; each question is put once."""

    def __init__(self, scene: Scene, domain: str) -> None:
        self.domain = domain.lower().rstrip(".")
        self._scene = scene
        self._told: dict[tuple[str, str, Server], Told | str] = {}
        self._silent: dict[Server, int] = {}
        self._own: tuple[Server, ...] = ()

    @property
    def resolvers(self) -> tuple[Server, ...]:
        """The resolvers that are asked."""
        return self._scene.names.resolvers

    def find_own(self) -> tuple[Server, ...]:
        """Find the zone's own servers, by what its NS records name; raises `Unreached` where one cannot be asked.

        One inside somebody's private network is not asked: a record must not lead there. One with addresses of both
        versions of IP is asked at the older alone, since many machines that probe have no way to the newer.
        """
        if not self._own:
            self._own = self._found()
        return self._own

    def values(self, name: str, kind: str) -> tuple[str, ...]:
        """Return the records that all resolvers give; raises `Unreached` where one gives none, or they disagree."""
        answers = [tuple(sorted(plain(kind, record) for record in told.records)) for told in self._asked(name, kind)]
        if any(answer != answers[0] for answer in answers):
            raise Unreached(f"the resolvers disagree on {name} {kind}")
        return answers[0]

    def anywhere(self, name: str, kind: str) -> tuple[str, ...]:
        """Return the records that any resolver gives; raises `Unreached` where one does not answer."""
        return tuple(sorted({plain(kind, record) for told in self._asked(name, kind) for record in told.records}))

    def validating(self, name: str, kind: str) -> tuple[str, ...]:
        """Return the resolvers that say they validated an answer (the AD bit); raises `Unreached` as `values` does."""
        return tuple(str(told.server) for told in self._asked(name, kind) if told.authentic)

    def differences(self, questions: tuple[tuple[str, str], ...]) -> tuple[dict[str, object], ...]:
        """Return each question to which the servers, the zone's own too, give different answers.

        Raises `Unreached` where a server does not answer, or one of its own has no authority (RFC 1034, 4.2.1).
        """
        own = self.find_own()
        found: list[dict[str, object]] = []
        for name, kind in questions:
            told = [self._one(name, kind, server) for server in (*self.resolvers, *own)]
            lame = next((one.server for one in told if one.server in own and not one.authoritative), None)
            if lame is not None:
                raise Unreached(f"the zone's own server {lame} answers for {name} without authority")
            answers = {str(one.server): sorted(plain(kind, record) for record in one.records) for one in told}
            if len({tuple(records) for records in answers.values()}) > 1:
                found.append({"name": name, "type": kind, "answers": answers})
        return tuple(found)

    def _asked(self, name: str, kind: str) -> list[Told]:
        return [self._one(name, kind, server) for server in self.resolvers]

    def _one(self, name: str, kind: str, server: Server) -> Told:
        """Return one server's answer; raises `Unreached` where it gives none, as often as it is asked for."""
        key = (name, kind, server)
        if key not in self._told:
            self._told[key] = self._put(*key)
        told = self._told[key]
        if isinstance(told, str):
            raise Unreached(told)
        return told

    def _put(self, name: str, kind: str, server: Server) -> Told | str:
        """Put a question; returns why there is no answer where there is none."""
        if self._silent.get(server, 0) >= _PATIENCE:
            return f"the name server {server} gave no answer before, and was not asked for {name} {kind}"
        try:
            told = self._scene.names.ask(name, kind, server)
        except Unreached as error:
            self._silent[server] = self._silent.get(server, 0) + 1
            return str(error)
        except dns.exception.DNSException:
            return f"{name} is no name of a host"
        return told if told.rcode in _ANSWERS else f"the name server {server} answered {told.rcode} to {name} {kind}"

    def _found(self) -> tuple[Server, ...]:
        hosts = self.anywhere(self.domain, "NS")
        if not hosts:
            raise Unreached(f"no resolver names a name server of {self.domain}")
        reach, found = self._scene.reach, set()
        for host in hosts:
            addresses = reach.resolve(host)
            for address in [one for one in addresses if ":" not in one] or addresses:
                if not reach.own.reaches(address):
                    raise Unreached(f"the name server {host} leads to {address}, which no stranger can reach")
                found.add(Server(address, self._scene.name_port))
        return tuple(sorted(found))


def plain(kind: str, record: str) -> str:
    """Write a record so that two that mean the same read the same: names in lower case, texts as one, no last dot."""
    if kind == "TXT":
        return text(record)
    if kind in ("MX", "NS", "CNAME", "PTR", "SRV"):
        return " ".join(part.lower().rstrip(".") for part in record.split())
    return record


def text(record: str) -> str:
    """Return the text of a TXT record, whose strings are joined without a space (RFC 7208, 3.3)."""
    parsed: Any = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.TXT, record)
    return b"".join(parsed.strings).decode("utf-8", "replace")
