"""Knocks on the ports of the company's own public addresses: which are open to a stranger.

What stands in the body of a `net.Address`: `open`, `closed` and `silent`, each a list of port numbers. A closed port
said no; a silent one gave no answer, so that something on the way may have swallowed the question. Something on the way
may also answer in an address's name: an address at which even ports open that nobody uses is a gap, and so are all of
them where not one port is open.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from audit.addresses import joined
from audit.facts import Unseen
from audit.kinds.probes import ADDRESS
from audit.model import Gap, Resource
from audit.sources.looking import Found, resource
from audit.sources.probes.reach import Contact, Network, Reach, Unreached
from audit.sources.probes.scene import Scene

KINDS = (ADDRESS,)
_OPEN, _CLOSED, _SILENT = "open", "closed", "silent"
_NOBODYS = (1, 65_000)
"""Ports at which nobody has listened for decades, and at which nobody does."""
_NO_PORTS = "the target probes.swept_ports is no list of ports"
_WORKERS = 8


def contacts(scene: Scene) -> tuple[Contact, ...]:
    """Say at which ports of which addresses it knocks; raises `Unseen` where no ports are chosen."""
    return tuple(
        Contact(address, port, "whether the port is open to strangers")
        for address in _addresses(scene.reach.own.networks)
        for port in sorted({*_ports(scene), *_NOBODYS})
    )


def probe(scene: Scene) -> Found:
    """Knock at every port of every address.

    Where nothing at all is open, whoever knocks may be cut off from all of it: a gap, never a pass. Raises `Unseen`
    where no address is named, or no ports.
    """
    ports, addresses = _ports(scene), tuple(_addresses(scene.reach.own.networks))
    if not addresses:
        raise Unseen("no public address is named: fill probes.addresses in targets.toml, or give --estate")
    with ThreadPoolExecutor(_WORKERS) as pool:
        found = list(pool.map(lambda address: _knocked(scene, address, ports), addresses))
    met = tuple(one for one in found if isinstance(one, Resource))
    gaps = tuple(one for one in found if isinstance(one, Gap))
    if met and not any(one.body[_OPEN] for one in met):
        why = "no port of any of our addresses is open from here, so this machine may be cut off from them"
        return Found(gaps=(*gaps, Gap(why, (ADDRESS.arm,))))
    return Found(met, gaps)


def _knocked(scene: Scene, address: str, ports: tuple[int, ...]) -> Resource | Gap:
    if any(_answer(scene.reach, address, port) == _OPEN for port in _NOBODYS):
        return Gap(
            f"{address}: ports that nobody uses are open, so something on the way answers for it", (ADDRESS.arm,)
        )
    answers: dict[str, list[int]] = {_OPEN: [], _CLOSED: [], _SILENT: []}
    for port in ports:
        answers[_answer(scene.reach, address, port)].append(port)
    return resource(ADDRESS, address, answers, now=scene.now)


def _answer(reach: Reach, address: str, port: int) -> str:
    """Tell what a port says to a connection."""
    try:
        with reach.dial(address, port):
            return _OPEN
    except Unreached as error:
        return _CLOSED if error.refused else _SILENT


def _ports(scene: Scene) -> tuple[int, ...]:
    """Return the ports that are knocked at; raises `Unseen` where the target is not set, or is no list of ports."""
    named = scene.targets.names("probes.swept_ports")
    try:
        spans = joined((int(first), int(last or first)) for first, _, last in (one.partition("-") for one in named))
    except ValueError as error:
        raise Unseen(f"{_NO_PORTS}: write them as 443 or 5985-5986") from error
    if any(not 0 < first <= last < 1 << 16 for first, last in spans):
        raise Unseen(f"{_NO_PORTS}: they run from 1 to 65535, the smaller first")
    return tuple(port for first, last in spans for port in range(first, last + 1))


def _addresses(networks: tuple[Network, ...]) -> Iterator[str]:
    """Yield every address of the company's."""
    return (str(address) for network in networks for address in network)
