"""Whom a probe may contact: what the company names as its own, loopback, and nothing else; a connection has an end."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import msgspec

from audit.limits import Bucket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str], tuple[str, ...]]
"""Host name → its addresses; raises `Unreached` where there are none."""


_WRAPPING = {
    # The network in which addresses wrap one of IPv4 → how many bits follow it.
    ipaddress.IPv6Network("64:ff9b::/96"): 0,
    ipaddress.IPv6Network("2002::/16"): 80,
    ipaddress.IPv6Network("::/96"): 0,
    ipaddress.IPv6Network("::ffff:0:0/96"): 0,
}
_OF_A_CLOUD = ("168.63.129.16",)
"""Looks public and is met inside a cloud alone: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16"""


class Unreached(Exception):
    """A contact that did not come about, or did not end in time; says why in one line."""

    def __init__(self, why: str, *, refused: bool = False, silent: bool = False) -> None:
        super().__init__(why)
        self.refused = refused
        """Whether the other side said no to a connection, which is an answer."""
        self.silent = silent
        """Whether it said nothing to one, so that something on the way may have swallowed the question."""


class Contact(msgspec.Struct, frozen=True, order=True):
    """Whom a probe is going to contact, and what for."""

    host: str
    """A host name, an address, or a domain whose name servers are asked."""
    port: int
    why: str


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """What the company names as its own, and the mail exchangers of its filter partner."""

    hosts: frozenset[str] = frozenset()
    """Host names in lower case: contacted wherever they lie, unless that is inside somebody's private network."""
    networks: tuple[Network, ...] = ()
    """The company's public addresses."""
    partner: tuple[str, ...] = ()
    """The names below which the partner's mail exchangers lie."""
    here: bool = False
    """Whether names of ours may lead to this machine: what answers here is nobody else's business otherwise."""

    def names(self, host: str) -> bool:
        """Tell whether a host name, or an address written out, is the company's or its partner's."""
        plain = host.lower().rstrip(".")
        return (
            plain in self.hosts
            or any(plain == suffix or plain.endswith(f".{suffix}") for suffix in self.partner)
            or self.holds(plain)
        )

    def holds(self, text: str) -> bool:
        """Tell whether `text` is an address of the company's; False where it is no address."""
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return (address.is_loopback and self.here) or any(address in network for network in self.networks)

    def reaches(self, text: str) -> bool:
        """Tell whether a name may lead to an address: to one of the company's, or one that all the world can reach.

        RFC 6890 lists those that it cannot. An address of IPv6 that wraps one of IPv4 (RFC 6052, 3056 and 4291) leads
        where that leads.
        """
        address = ipaddress.ip_address(text)
        if self.holds(text):
            return True
        if isinstance(address, ipaddress.IPv6Address):
            if address.is_site_local:
                return False
            address = _wrapped(address) or address
        return address.is_global and not address.is_multicast and str(address) not in _OF_A_CLOUD


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one contact may cost."""

    seconds: float = 10.0
    """From the first packet to the last, however busy the other side keeps us."""
    bytes: int = 1_000_000
    per_second: float = 5.0
    """Connections to one host."""


class Reach:
    """Opens the connections of the probes, so that nobody else is ever contacted."""

    def __init__(
        self,
        own: Own,
        resolve: Resolve,
        *,
        limits: Limits,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self.own, self.resolve, self.limits = own, resolve, limits
        self.clock = clock
        self._sleep = sleep
        self._paces: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses at which a host of ours may be contacted.

        Raises `Unreached` where it is not the company's, has no address, or has one inside a private network: a name
        must not lead a probe to whatever answers there (RFC 6890 lists such addresses).
        """
        if not self.own.names(host):
            raise Unreached(f"{host} is not named as the company's own")
        found = (host,) if _written(host) else self.resolve(host)
        for text in found:
            if not self.own.reaches(text):
                raise Unreached(f"{host} leads to {text}, which no stranger can reach")
        return found

    @contextmanager
    def dial(self, host: str, port: int, *, address: str = "") -> Iterator[socket.socket]:
        """Connect to a host of ours, at one of its addresses or at the first that answers; yields the socket.

        It is shut when the time of the contact is over, whatever goes on then: the other side cannot hold us by
        sending a byte now and then. Raises `Unreached` where nobody answers, and where the other side or the time ends
        what goes on inside the block.
        """
        places = self.addresses(host)
        if address and address not in places:
            raise Unreached(f"{address} is no address of {host}")
        self._pace(host)
        with self._connected(host, port, (address,) if address else places) as connection:
            with _ending(connection, self.limits.seconds) as over:
                try:
                    yield connection
                except OSError as error:
                    raise Unreached(self._why(host, port, error, late=over.is_set())) from error
            if over.is_set():
                raise Unreached(f"{host}:{port} did not end within {self.limits.seconds:g} s")

    def _pace(self, host: str) -> None:
        """Wait until the host may be contacted again."""
        with self._lock:
            rate = self.limits.per_second
            pace = self._paces.setdefault(host, Bucket(rate=rate, burst=2, clock=self.clock, sleep=self._sleep))
        pace.take()

    def _connected(self, host: str, port: int, places: tuple[str, ...]) -> socket.socket:
        """Return a connection to the first address that answers; raises `Unreached` with what the last one did."""
        last: OSError | None = None
        for address in places:
            try:
                return socket.create_connection((address, port), timeout=self.limits.seconds)
            except OSError as error:
                last = error
        refused, silent = isinstance(last, ConnectionRefusedError), isinstance(last, TimeoutError)
        raise Unreached(self._why(host, port, last, late=False), refused=refused, silent=silent) from last

    def _why(self, host: str, port: int, error: OSError | None, *, late: bool) -> str:
        """Say in one line what ended a contact."""
        if late or isinstance(error, TimeoutError):
            return f"{host}:{port} did not end within {self.limits.seconds:g} s"
        return f"{host}:{port}: {(error and (error.strerror or str(error))) or 'no address'}"


@contextmanager
def _ending(connection: socket.socket, seconds: float) -> Iterator[threading.Event]:
    """Shut a connection once its time is over, whoever holds it by then; yields what says whether it was."""
    over = threading.Event()
    # TLS takes the descriptor out of the socket that it wraps, so that one would be shut in vain: its twin shuts both.
    twin = connection.dup()

    def end() -> None:
        over.set()
        with suppress(OSError):
            twin.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
        twin.close()


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the address of IPv4 that another wraps; None where it wraps none."""
    bits = next((bits for network, bits in _WRAPPING.items() if address in network), None)
    return None if bits is None else ipaddress.IPv4Address((int(address) >> bits) & 0xFFFFFFFF)


def _written(host: str) -> bool:
    """Tell whether a host is an address written out."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
