"""Meets the mail hosts as a stranger does: ours must turn strangers away, the partner's must speak TLS.

What stands in the body of an `smtp.Door`, one for each address of each host: `role` (`partner`, `own` or
`submission`), `address`, `outcome` for a stranger (`refused`, `silent`, `turned away`, `put off`, `takes mail`,
`relays`), and where a conversation came about `startTls` (whether it was offered), `version` of the TLS that was
spoken, and for submission `authBeforeTls`. A conversation ends before any message is sent.

Silence proves nothing where port 25 is filtered on the way, as at many homes and in most clouds: unless a mail
exchanger of the partner answers, nothing is said of ours. The way of IPv6 is another than that of IPv4.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from audit.facts import Unseen
from audit.kinds.probes import MAIL_DOOR
from audit.model import Gap, Resource
from audit.sources.looking import Found, resource
from audit.sources.probes.own import host
from audit.sources.probes.reach import Contact, Unreached
from audit.sources.probes.scene import Scene
from audit.sources.probes.smtp_session import Reply, Session, session

KINDS = (MAIL_DOOR,)
_SUBMISSION = 587
_ANSWERED = ("takes mail", "relays", "turned away", "put off")
"""What somebody said, and not silence or a machine on the way."""


def contacts(scene: Scene) -> tuple[Contact, ...]:
    """Say whom it contacts; raises `Unseen` where no domain is named. The partner's hosts are found by DNS."""
    partner = (Contact(domain, scene.mail_port, "its mail exchangers, found by DNS") for domain in _domains(scene))
    own = (Contact(name, port, "whether it turns strangers away") for name, port in _own(scene))
    submission = (Contact(name, port, "whether passwords need TLS") for name, port in _submission(scene))
    return (*partner, *own, *submission)


def probe(scene: Scene) -> Found:
    """Talk to the partner's mail exchangers first, then to our own hosts; raises `Unseen` as `contacts` does."""
    met = list(_met(scene, ((name, scene.mail_port) for name in exchangers(scene, _domains(scene))), "partner"))
    heard = {_way(one) for one in met if isinstance(one, Resource) and one.body["outcome"] in _ANSWERED}
    if not heard:
        why = "no mail exchanger of the partner answers, so port 25 may be filtered on the way from here"
        gaps = (one for one in met if isinstance(one, Gap))
        return Found(gaps=(*gaps, Gap(f"{why}: nothing is known of our own mail hosts", (MAIL_DOOR.arm,))))
    met += (_on(heard, one) for one in _met(scene, _own(scene), "own"))
    met += _met(scene, _submission(scene), "submission")
    return Found(
        tuple(one for one in met if isinstance(one, Resource)), tuple(one for one in met if isinstance(one, Gap))
    )


def exchangers(scene: Scene, domains: Collection[str]) -> tuple[str, ...]:
    """Return the partner's mail exchangers of domains, by the first resolver; what lies elsewhere is left out.

    Raises `Unreached` where the resolver does not answer.
    """
    resolver = scene.names.resolvers[0]
    records = (record for domain in domains for record in scene.names.ask(domain, "MX", resolver).records)
    names = (record.split()[-1].lower().rstrip(".") for record in records)
    return tuple(dict.fromkeys(name for name in names if name and scene.reach.own.names(name)))


def _domains(scene: Scene) -> tuple[str, ...]:
    return scene.targets.names("probes.domains")


def _own(scene: Scene) -> Iterator[tuple[str, int]]:
    """Yield our mail hosts and every public address, each with its port."""
    for text in scene.targets.names("probes.mail_hosts", may_be_empty=True):
        yield _place(text, scene.mail_port)
    for network in scene.reach.own.networks:
        yield from ((str(address), scene.mail_port) for address in network)


def _submission(scene: Scene) -> Iterator[tuple[str, int]]:
    return (_place(text, _SUBMISSION) for text in scene.targets.names("probes.submission_hosts", may_be_empty=True))


def _place(text: str, port: int) -> tuple[str, int]:
    """Read `host` or `host:port`; raises `Unseen` where the port is none."""
    _, colon, written = text.partition(":")
    if colon and not written.isdecimal():
        raise Unseen(f"{text} is no mail host: write it as host or host:port in targets.toml")
    return host(text), int(written) if colon else port


def _met(scene: Scene, places: Iterable[tuple[str, int]], role: str) -> Iterator[Resource | Gap]:
    """Talk to each address of each place, and yield what came of it; a conversation that breaks off is a gap."""
    for name, port in places:
        try:
            addresses = scene.reach.addresses(name)
        except Unreached as error:
            yield Gap(str(error), (MAIL_DOOR.arm,))
            continue
        for address in addresses:
            told = f"{name}:{port}" if address == name else f"{name}:{port} {address}"
            try:
                body = {"role": role, "address": address, **_talked(scene, (name, port, address), role)}
            except Unreached as error:
                yield Gap(f"{told}: {error}", (MAIL_DOOR.arm,))
                continue
            yield resource(MAIL_DOOR, told, body, now=scene.now)


def _on(heard: Collection[int], door: Resource | Gap) -> Resource | Gap:
    """Return a door of ours, or why its silence says nothing: nobody was heard on the way to it."""
    if isinstance(door, Gap) or door.body["outcome"] not in ("refused", "silent") or _way(door) in heard:
        return door
    why = f"no mail exchanger of the partner answers over IPv{_way(door)}, so port 25 may be filtered on that way"
    return Gap(f"{door.name}: {why}", (MAIL_DOOR.arm,))


def _way(door: Resource) -> int:
    return ipaddress.ip_address(door.read("address", str)).version


def _talked(scene: Scene, place: tuple[str, int, str], role: str) -> dict[str, Any]:
    """Return what a stranger meets at one address of a door; raises `Unreached` where a conversation breaks off."""
    name, port, address = place
    try:
        with session(scene.reach, name, port, address=address) as talk:
            return _submitted(talk) if role == "submission" else _strange(scene, talk)
    except Unreached as error:
        if not (error.refused or error.silent):
            raise
        return {"outcome": "refused" if error.refused else "silent"}


def _strange(scene: Scene, talk: Session) -> dict[str, Any]:
    """Ask as a stranger for a mailbox of ours, then for somebody else's."""
    body: dict[str, Any] = {}
    reply = _greeted(talk)
    if not reply.yes:
        return {"outcome": _ended(reply)}
    body["startTls"] = talk.offered("STARTTLS")
    if body["startTls"]:
        body["version"] = talk.start_tls()
    # Without a sender, since one whose domain is not known is refused for that and not for being a stranger.
    reply = talk.ask("MAIL FROM:<>")
    if not reply.yes:
        return body | {"outcome": _ended(reply)}
    # https://www.rfc-editor.org/rfc/rfc5321#section-4.5.1: every domain takes mail for its postmaster, so that a
    # stranger who is turned away is turned away as one.
    ours = talk.ask(f"RCPT TO:<postmaster@{_domains(scene)[0]}>")
    if talk.ask("RCPT TO:<somebody@elsewhere.invalid>").yes:
        return body | {"outcome": "relays"}
    return body | {"outcome": "takes mail" if ours.yes else "put off" if _unknown(ours) else _ended(ours)}


def _submitted(talk: Session) -> dict[str, Any]:
    """See whether passwords are asked for in the clear."""
    reply = _greeted(talk)
    if not reply.yes:
        return {"outcome": _ended(reply)}
    body: dict[str, Any] = {"authBeforeTls": talk.offered("AUTH"), "startTls": talk.offered("STARTTLS")}
    # Without a sender, as above: who is refused for its domain would not be refused under another.
    reply = sender = talk.ask("MAIL FROM:<>")
    if sender.yes:
        reply = talk.ask("RCPT TO:<somebody@elsewhere.invalid>")
    body["outcome"] = "takes mail" if reply.yes else _ended(reply)
    if body["startTls"]:
        talk.ask("RSET")
        body["version"] = talk.start_tls()
    return body


def _greeted(talk: Session) -> Reply:
    """Return the greeting, or what is answered to ours where it was a welcome."""
    return talk.hello() if talk.greeting.yes else talk.greeting


def _unknown(reply: Reply) -> bool:
    """Tell whether it is the address that is refused, whoever asks: RFC 3463, 3.2."""
    return any(line.startswith("5.1.") for line in reply.lines)


def _ended(reply: Reply) -> str:
    return "turned away" if reply.no else "put off"
