"""Asks whether the published addresses take mail, and, where it was asked for, whether the filter stops its own tests.

What stands in the body of an `smtp.Mailbox`: `outcome` (`takes mail`, `refused` or `put off`), by the first exchanger
of its domain that answers, as the world asks; nothing is sent. What stands in the body of an `smtp.FilterTest`, one for
each exchanger of the domain, since who sends spam takes the last: `test` (`virus` or `spam`) and `outcome` (`stopped`,
`taken`, `put off`, or `arrived` where somebody saw it in the box). A message is only sent to the company's own test
box, and only with `--send-test`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial

from audit.facts import Unseen
from audit.kinds.probes import FILTER_TEST, MAILBOX
from audit.model import Gap, Kind, Resource
from audit.sources.looking import Found, resource
from audit.sources.probes.mail_doors import exchangers
from audit.sources.probes.reach import Contact, Unreached
from audit.sources.probes.scene import Scene
from audit.sources.probes.smtp_session import Reply, Session, session

KINDS = (MAILBOX, FILTER_TEST)
_PARTS = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}", "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!", "$H+H*")
"""The harmless file that every virus scanner knows, in pieces, so that none takes this one for it:
https://www.eicar.org/download-anti-malware-testfile/"""
_SPAM = ("XJS*C4JDBQADN1.NSBN3*2IDNEN", "*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL", "*C.34X")
"""The harmless text that every spam filter knows: https://spamassassin.apache.org/gtube/"""
_NOBODY = "its domain has no mail exchanger that may be asked"
TESTS = {"virus": _PARTS, "spam": _SPAM}


def contacts(scene: Scene) -> tuple[Contact, ...]:
    """Say whom it contacts; raises `Unseen` where no mailbox is named."""
    asked = [(box, "whether it takes mail; nothing is sent") for box in _boxes(scene)]
    tested = [(box, "a harmless message, a virus test and a spam test are SENT to it") for box in _test_boxes(scene)]
    return tuple(Contact(box.rpartition("@")[2], scene.mail_port, f"{box}: {why}") for box, why in (*asked, *tested))


def probe(scene: Scene) -> Found:
    """Ask for each mailbox, and send the tests where that was asked for; raises `Unseen` as `contacts` does."""
    asked = [_told(scene, _servers(scene, box), MAILBOX, box, {}, partial(_asked, box)) for box in _boxes(scene)]
    sent = [one for box in _test_boxes(scene) for one in _tried_all(scene, box)]
    seen = [resource(FILTER_TEST, test, {"test": test, "outcome": "arrived"}, now=scene.now) for test in scene.arrived]
    untried = (
        () if scene.send_test or seen else (Gap("no test message was sent: give --send-test", (FILTER_TEST.arm,)),)
    )
    found = [one for one in (*asked, *sent, *seen) if isinstance(one, Resource)]
    return Found(tuple(found), (*(one for one in (*asked, *sent) if isinstance(one, Gap)), *untried))


def _servers(scene: Scene, box: str) -> tuple[str, ...]:
    return exchangers(scene, [box.rpartition("@")[2]])


def _tried_all(scene: Scene, box: str) -> list[Resource | Gap]:
    """Send the tests by each exchanger of the box."""
    servers = _servers(scene, box)
    if not servers:
        return [Gap(f"{box}: {_NOBODY}", (FILTER_TEST.arm,))]
    return [one for server in servers for one in _tried(scene, server, box)]


def _tried(scene: Scene, server: str, box: str) -> list[Resource | Gap]:
    """Send a harmless message, and each test where that was taken: else a refusal shows nothing of the filter."""
    by = f"{box} by {server}"
    try:
        harmless = _any(scene, (server,), partial(_sent, scene, box, "harmless"))
    except Unreached as error:
        harmless = str(error)
    if harmless != "taken":
        return [Gap(f"{by}: a message without a test is not taken either ({harmless})", (FILTER_TEST.arm,))]
    return [
        _told(scene, (server,), FILTER_TEST, f"{test} to {by}", {"test": test}, partial(_sent, scene, box, test))
        for test in TESTS
    ]


def _told(
    scene: Scene,
    servers: tuple[str, ...],
    kind: Kind,
    name: str,
    facts: Mapping[str, str],
    ask: Callable[[Session], str],
) -> Resource | Gap:
    """Return what came of one question, or why nothing did."""
    try:
        return resource(kind, name, {**facts, "outcome": _any(scene, servers, ask)}, now=scene.now)
    except Unreached as error:
        return Gap(f"{name}: {error}", (kind.arm,))


def _any(scene: Scene, servers: tuple[str, ...], ask: Callable[[Session], str]) -> str:
    """Return what the first exchanger that can be reached says; raises `Unreached` where none can."""
    trouble = _NOBODY
    for server in servers:
        try:
            with session(scene.reach, server, scene.mail_port) as talk:
                return ask(talk)
        except Unreached as error:
            trouble = str(error)
    raise Unreached(trouble)


def _asked(box: str, talk: Session) -> str:
    """Offer a message for a box, and take the offer back."""
    reply = _offered(talk, box)
    outcome = "takes mail" if reply.yes else "refused" if reply.no else "put off"
    if reply.yes:
        talk.ask("RSET")
    return outcome


def _sent(scene: Scene, box: str, test: str, talk: Session) -> str:
    """Send a test message; what is refused at any step was stopped only where the message itself was."""
    reply = _offered(talk, box)
    if reply.yes:
        reply = talk.ask("DATA")
    if not reply.yes:
        return "put off"
    reply = talk.send(_message(scene, box, test))
    return "taken" if reply.yes else "stopped" if reply.no else "put off"


def _offered(talk: Session, box: str) -> Reply:
    """Offer a message for a box, inside TLS where that is offered; raises `Unreached` where TLS breaks off."""
    reply = talk.hello() if talk.greeting.yes else talk.greeting
    if reply.yes and talk.offered("STARTTLS"):
        talk.start_tls()
    for words in ("MAIL FROM:<>", f"RCPT TO:<{box}>"):
        if reply.yes:
            reply = talk.ask(words)
    return reply


def _message(scene: Scene, box: str, test: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = f"Promise Audit <{box}>", box
    message["Subject"] = f"a {test} test of the mail filter"
    message["Date"] = format_datetime(scene.now)
    body = "".join(TESTS.get(test, ()))
    message.set_content(body if test == "spam" else "A harmless test of the mail filter.")
    if test == "virus":
        message.add_attachment(body.encode("ascii"), "application", "octet-stream", filename="test.com")
    return message.as_bytes()


def _boxes(scene: Scene) -> tuple[str, ...]:
    return _addresses(scene, "probes.mailboxes")


def _test_boxes(scene: Scene) -> tuple[str, ...]:
    """Return the boxes that test messages go to; none where that was not asked for."""
    return _addresses(scene, "probes.test_boxes") if scene.send_test else ()


def _addresses(scene: Scene, name: str) -> tuple[str, ...]:
    """Return addresses of ours; raises `Unseen` for one that lies in none of our domains: strangers get no mail."""
    domains = {domain.lower() for domain in scene.targets.names("probes.domains")}
    for box in (boxes := scene.targets.names(name)):
        local, at, domain = box.rpartition("@")
        if not (local and at and domain.lower() in domains) or not box.isascii() or any(c in box for c in "<> \r\n"):
            raise Unseen(f"{name} of targets.toml: {box} is no address in one of probes.domains")
    return boxes
