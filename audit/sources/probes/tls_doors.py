"""Knocks at every door that speaks TLS, with each version in turn, as old clients and strangers would.

What stands in the body of a `tls.Door`, one for each address of each host: `host`, `port`, `address`; `speaks`
(`https`, `tls`, a protocol that starts TLS in the clear, or `storage`); `startTls` for the latter, whether it was
offered; `accepted` and `refused`, the versions that are taken and those that are not, and `unknown`, of the others why
nobody knows; `refusedAfterHandshake`, those that a store refuses in words; of the certificate `chain` (`trusted`,
`why`, and `onlyHere` where this machine alone trusts it), `namesHost`, `notBefore`, `notAfter`, `keyType` and
`keyBits`, where the door takes TLS 1.2 or newer; of a web site `hsts` (`maxAge` in seconds, 0 where the header is not
sent); and where the estate is known, `declared`: by whom the lowest version is declared (`by`, `floor`), and what lies
`below` it.

A version is refused by an alert that says so, by an answer in a lower version, or by hanging up in good order while
the same address goes on taking the newest version that it took. A reset, silence or an answer that is no TLS leaves the
version unknown: a firewall on the way does the same. A door where nothing is known of TLS 1.2 and 1.3 is a gap.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import msgspec

from audit.facts import Unseen
from audit.kinds.probes import TLS_DOOR
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.kinds.web import WEB_APP
from audit.model import Gap, Resource
from audit.sources.looking import Found, resource
from audit.sources.probes.certificate import Trust, shown
from audit.sources.probes.client_hello import VERSIONS, Heard, Said, offer
from audit.sources.probes.declared_floor import declared, store_host
from audit.sources.probes.own import host
from audit.sources.probes.reach import Contact, Unreached
from audit.sources.probes.scene import Scene
from audit.sources.probes.start_tls import PROTOCOLS, ready
from audit.sources.probes.web_head import refused_in_words, strict_transport

KINDS = (TLS_DOOR,)
_HTTPS = 443
_SOUND = ("TLSv1.3", "TLSv1.2")
_HANDSHAKES_WITHIN = ("TLSv1.1", "TLSv1")
"""The old versions in which this machine's library can finish a handshake."""
_DOOR = re.compile(r"([a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*):(\d{1,5})(?:/([a-z0-9]+))?")


class Door(msgspec.Struct, frozen=True):
    """A port that should speak TLS."""

    host: str
    port: int
    speaks: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def contacts(scene: Scene) -> tuple[Contact, ...]:
    """Say whom it contacts; raises `Unseen` where no door is named, or one is written as none."""
    why = "which versions of TLS it takes, and its certificate"
    return tuple(Contact(door.host, door.port, why) for door in doors(scene))


def probe(scene: Scene) -> Found:
    """Knock at every address of every door; raises `Unseen` as `contacts` does."""
    found: list[Resource] = []
    gaps: list[Gap] = []
    for door in doors(scene):
        try:
            places = scene.reach.addresses(door.host)
        except Unreached as error:
            gaps.append(Gap(f"{door}: {error}", (TLS_DOOR.arm,)))
            continue
        for address in places:
            try:
                body = _met(scene, door, address)
            except Unreached as error:
                gaps.append(Gap(f"{door} at {address}: {error}", (TLS_DOOR.arm,)))
                continue
            found.append(resource(TLS_DOOR, f"{door} {address}", body, now=scene.now))
    return Found(tuple(found), tuple(gaps))


def doors(scene: Scene) -> tuple[Door, ...]:
    """Return the doors that targets name, and those of the estate's stores and of sites whose hosts none of these has.

    Raises `Unseen` as `contacts` does.
    """
    named = [_door(text) for text in scene.targets.names("probes.tls_doors")]
    known = {door.host for door in named}
    sites = (door for door in _sites(scene) if door.host not in known)
    return tuple(dict.fromkeys((*named, *_stores(scene), *sites)))


def _door(text: str) -> Door:
    """Read `host:port` or `host:port/protocol`; raises `Unseen` where it is neither."""
    found = _DOOR.fullmatch(text.strip().lower())
    port = int(found[2]) if found else 0
    speaks = (found[3] if found else None) or ("https" if port == _HTTPS else "tls")
    if not (0 < port < 1 << 16) or speaks not in ("https", "tls", *PROTOCOLS):
        told = ", ".join(("https", "tls", *PROTOCOLS))
        raise Unseen(f"{text} is no door: write host:port or host:port/protocol, one of {told}, in targets.toml")
    return Door(host(text), port, speaks)


def _stores(scene: Scene) -> Iterator[Door]:
    """Yield the doors of the storage accounts that the estate holds."""
    for account in _accounts(scene):
        with suppress(Unseen):  # told as a gap
            place = store_host(account)
            if place is not None:
                yield Door(*place, "storage")


def _sites(scene: Scene) -> Iterator[Door]:
    """Yield the doors of the sites that the estate holds."""
    for site in scene.estate:
        if site.type == WEB_APP.arm:
            with suppress(Unseen):  # told as what nobody looked at
                yield from (Door(name.lower(), _HTTPS, "https") for name in site.texts("hostNames"))


def _accounts(scene: Scene) -> Iterator[Resource]:
    return (found for found in scene.estate if found.type == STORAGE_ACCOUNT.arm)


def _met(scene: Scene, door: Door, address: str) -> dict[str, Any]:
    """Return what is met at one address of a door; raises `Unreached` where nothing is known of any sound version."""
    body: dict[str, Any] = {"host": door.host, "port": door.port, "address": address, "speaks": door.speaks}
    if scene.estate:
        with suppress(Unseen):
            body["declared"] = declared(scene, door.host)
    if door.speaks in PROTOCOLS:
        with scene.reach.dial(door.host, door.port, address=address) as connection:
            body["startTls"] = ready(connection, str(door), door.speaks)
        if not body["startTls"]:
            return body
    heard = _heard(scene, door, address)
    if door.speaks == "storage":
        body["refusedAfterHandshake"] = list(_asked_in(scene, door, address, heard))
    body |= _sorted(heard)
    if any(version in body["accepted"] for version in _SOUND):
        body |= _looked(scene, door, address)
    return body


def _heard(scene: Scene, door: Door, address: str) -> dict[str, Heard]:
    """Offer each version, newest first; raises `Unreached` where nothing is known of the sound ones."""
    heard: dict[str, Heard] = {}
    for version in VERSIONS:
        heard[version] = _offered(scene, door, address, version)
        if len(heard) == len(_SOUND) and all(one.said is Said.UNKNOWN for one in heard.values()):
            raise Unreached(heard[version].why)
    if not any(one.said is Said.CLOSED for one in heard.values()):
        return heard
    # Hanging up is a refusal only where the server still takes what it took: else it may be turning everybody away.
    taken = next((version for version, one in heard.items() if one.said is Said.ACCEPTED), None)
    again = taken is not None and _offered(scene, door, address, taken).said is Said.ACCEPTED
    return {version: _closed(one, again=again) if one.said is Said.CLOSED else one for version, one in heard.items()}


def _closed(heard: Heard, *, again: bool) -> Heard:
    """Say what hanging up meant."""
    if again:
        return Heard(Said.REFUSED, f"{heard.why}, and took another version after that")
    return Heard(Said.UNKNOWN, f"{heard.why}, and took no other version after that")


def _offered(scene: Scene, door: Door, address: str, version: str) -> Heard:
    """Offer one version; what keeps it from being heard leaves it unknown."""
    try:
        with _opened(scene, door, address) as connection:
            return offer(connection, version, door.host)
    except Unreached as error:
        return Heard(Said.UNKNOWN, str(error))


def _sorted(heard: dict[str, Heard]) -> dict[str, Any]:
    """Put what was heard into lists of versions."""

    def of(said: Said) -> list[str]:
        return [version for version, one in heard.items() if one.said is said]

    return {
        "accepted": of(Said.ACCEPTED),
        "refused": of(Said.REFUSED),
        "unknown": {version: one.why for version, one in heard.items() if one.said is Said.UNKNOWN},
    }


def _looked(scene: Scene, door: Door, address: str) -> dict[str, Any]:
    """Return what else a door that takes a sound version shows; what cannot be seen is left out, and said why."""
    open_door = partial(_opened, scene, door, address)
    body: dict[str, Any] = {}
    try:
        trust = Trust(scene.authorities, here=ipaddress.ip_address(address).is_loopback)
        body |= shown(open_door, door.host, scene.now, trust)
        if door.speaks == "https":
            body["hsts"] = strict_transport(open_door, door.host)
    except Unreached as error:
        body["notSeen"] = str(error)
    return body


def _asked_in(scene: Scene, door: Door, address: str, heard: dict[str, Heard]) -> tuple[str, ...]:
    """Ask a store in each old version that it took; returns those that it refused in words, and notes all answers."""
    found: list[str] = []
    for version in _HANDSHAKES_WITHIN:
        if heard[version].said is not Said.ACCEPTED:
            continue
        try:
            refused = refused_in_words(partial(_opened, scene, door, address), door.host, version)
        except Unreached as error:
            heard[version] = Heard(Said.UNKNOWN, str(error))
            continue
        if refused:
            heard[version] = Heard(Said.REFUSED, "it answered that the version is not permitted")
            found.append(version)
    return tuple(found)


@contextmanager
def _opened(scene: Scene, door: Door, address: str) -> Iterator[socket.socket]:
    """Open a connection to where TLS begins; raises `Unreached` where none comes about."""
    with scene.reach.dial(door.host, door.port, address=address) as connection:
        if door.speaks in PROTOCOLS and not ready(connection, str(door), door.speaks):
            raise Unreached(f"{door} did not start TLS this time")
        yield connection
