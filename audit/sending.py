"""Sends a message by the user's own means: a POST to an address of theirs, and mail by their own server."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import smtplib
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from http.client import HTTPException
from http.client import responses as STATUSES  # noqa: N812  # a table, named as one
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from audit.model import AuditError

PATIENCE = 10.0
"""Seconds that one step of a conversation may take."""
LONGEST = 40.0
"""Seconds that a whole attempt may take, however slowly the other side talks."""
PAUSE = 2.0
"""Seconds before the second and last attempt."""
SIGNATURE = "X-Promise-Audit-Signature"
_MAILBOX = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
_IMPLICIT = 465
"""The port on which TLS begins with the first byte: RFC 8314, 7.3."""
_TOO_MANY, _TROUBLE = 429, 500
_LATER = range(400, 500)
"""What a mail server answers where another attempt may go better: RFC 5321, 4.2.1."""
_GOOD = range(200, 300)


class Unsent(Exception):
    """Why an attempt failed, in words without an address, and whether another could help."""

    def __init__(self, why: str, *, again: bool = False) -> None:
        super().__init__(why)
        self.again = again


class Mailer(msgspec.Struct, frozen=True, kw_only=True):
    """The user's own mail server, and how it knows them."""

    host: str
    port: int = 587
    sender: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        """Leave out the password, and who sends."""
        return f"Mailer({self.host}:{self.port})"


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: where a message goes is for the user alone to say."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Refuse."""


def hook(url: str) -> SplitResult:
    """Read the address of a webhook; raises `AuditError` where a message would travel there for all to read.

    No error names more of it than its host, as the rest is often a secret.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise AuditError("--webhook: not an address. Write it as https://HOST/PATH.") from error
    plain = bool(host) and url.isascii() and url.isprintable() and " " not in url and "@" not in parts.netloc
    if not plain or parts.scheme not in ("http", "https"):
        raise AuditError("--webhook: not an address. Write it as https://HOST/PATH.")
    if parts.scheme == "http" and not loopback(host):
        raise AuditError(f"--webhook: http to {host} could be read on its way. Write it with https.")
    return parts


def loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def mailboxes(addresses: Sequence[str]) -> tuple[str, ...]:
    """Check that each is one plain address; raises `AuditError` saying which is not, by its place."""
    for number, address in enumerate(addresses, 1):
        if not _MAILBOX.fullmatch(address):
            raise AuditError(f"--mail-to: number {number} is not one plain address. Write it as NAME@DOMAIN.")
    return tuple(addresses)


def mailer(environment: Mapping[str, str]) -> Mailer:
    """Read the mail server from the environment; raises `AuditError` naming the variable that is missing or wrong."""
    said = {name: environment.get(f"PROMISE_AUDIT_SMTP_{name}", "") for name in ("HOST", "PORT", "FROM", "USER")}
    for name in ("HOST", "FROM"):
        if not said[name]:
            raise AuditError(f"mail needs PROMISE_AUDIT_SMTP_{name} in the environment. Set it.")
    if not _MAILBOX.fullmatch(said["FROM"]):
        raise AuditError("PROMISE_AUDIT_SMTP_FROM is not one plain address. Write it as NAME@DOMAIN.")
    port = said["PORT"] or "587"
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 2**16):
        raise AuditError("PROMISE_AUDIT_SMTP_PORT is no port. Set it to a number such as 587.")
    return Mailer(
        host=said["HOST"],
        port=int(port),
        sender=said["FROM"],
        user=said["USER"],
        password=environment.get("PROMISE_AUDIT_SMTP_PASSWORD", ""),
    )


def post(url: str, content: bytes, *, secret: str, sleep: Callable[[float], None]) -> None:
    """Post JSON to a webhook, with an HMAC-SHA256 of it where there is a secret; raises `Unsent` after two attempts."""
    parts = hook(url)
    headers = {"Content-Type": "application/json", "User-Agent": "promise-audit"}
    if secret:
        headers[SIGNATURE] = "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    request = urllib.request.Request(url, content, headers, method="POST")  # noqa: S310  # `hook` has read its scheme
    handlers = [_Staying(), *([urllib.request.ProxyHandler({})] if loopback(parts.hostname or "") else [])]
    opener = urllib.request.build_opener(*handlers)
    _twice(lambda: _posted(opener, request), sleep)


def _posted(opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> None:
    """Post once; raises `Unsent` unless the answer says that it was taken."""
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        error.close()
        status = error.code
    except (OSError, HTTPException, ValueError) as error:
        raise Unsent(f"no answer ({_kind(error)})", again=True) from None
    if status not in _GOOD:
        again = status == _TOO_MANY or status >= _TROUBLE
        raise Unsent(f"the answer was {status} {STATUSES.get(status, '')}".rstrip(), again=again)


def mail(
    by: Mailer,
    to: Sequence[str],
    subject: str,
    text: str,
    content: bytes,
    *,
    at: datetime,
    sleep: Callable[[float], None],
) -> None:
    """Mail a text with its JSON attached, over TLS unless the server is this machine; raises `Unsent`."""
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = by.sender, ", ".join(mailboxes(to)), subject
    letter["Date"] = at
    # The same for the second attempt, so that a letter which arrived twice is seen as one.
    letter["Message-ID"] = f"<{hashlib.sha256(content).hexdigest()[:40]}@{by.sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: nobody's holiday answers it
    letter.set_content(text, cte="quoted-printable")
    letter.add_attachment(content, maintype="application", subtype="json", filename="notice.json")
    _twice(lambda: _mailed(by, to, letter), sleep)


def _mailed(by: Mailer, to: Sequence[str], letter: EmailMessage) -> None:
    """Mail once; raises `Unsent` unless the server took it for everybody."""
    try:
        with _connected(by) as server:
            if by.user:
                server.login(by.user, by.password)
            refused = server.send_message(letter, by.sender, list(to))
    except smtplib.SMTPRecipientsRefused as error:
        raise Unsent(f"the server refused {len(error.recipients)} of {len(to)} addresses") from None
    except smtplib.SMTPResponseException as error:
        # A server's own words may repeat an address or a name: its code says enough.
        raise Unsent(f"the server answered {error.smtp_code}", again=error.smtp_code in _LATER) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise Unsent(f"no mail could be handed over ({_kind(error)})", again=isinstance(error, OSError)) from None
    if refused:
        raise Unsent(f"the server refused {len(refused)} of {len(to)} addresses")


def _connected(by: Mailer) -> smtplib.SMTP:
    """Connect, and begin TLS; raises `Unsent` where a server elsewhere has none."""
    context = ssl.create_default_context()
    if by.port == _IMPLICIT:
        return smtplib.SMTP_SSL(by.host, by.port, timeout=PATIENCE, context=context)
    server = smtplib.SMTP(by.host, by.port, timeout=PATIENCE)
    try:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        elif not loopback(by.host):
            raise Unsent("the server has no TLS, and the message could be read on its way")
    except (smtplib.SMTPException, OSError, Unsent):
        server.close()
        raise
    return server


def _kind(error: Exception) -> str:
    """Name an error without its words, which may hold an address."""
    reason = getattr(error, "reason", error)
    return type(reason).__name__ if isinstance(reason, Exception) else type(error).__name__


def _twice(attempt: Callable[[], None], sleep: Callable[[float], None]) -> None:
    """Try, and try once more where that could help; raises the last `Unsent`."""
    try:
        _bounded(attempt)
    except Unsent as unsent:
        if not unsent.again:
            raise
        sleep(PAUSE)
        _bounded(attempt)


def _bounded(attempt: Callable[[], None]) -> None:
    """Let an attempt take so long and no longer; raises `Unsent` as it does, and where the time is over."""
    outcome: list[Unsent | None] = []

    def run() -> None:
        try:
            attempt()
        except Unsent as unsent:
            outcome.append(unsent)
        else:
            outcome.append(None)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LONGEST)
    if not outcome:
        raise Unsent("the other side took too long")
    if outcome[0] is not None:
        raise outcome[0]
