"""Messages reach real servers whole and signed, or one line says why not; nothing secret is in that line."""

import asyncio
import hashlib
import hmac
import ssl
import threading
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from audit.model import AuditError
from audit.sending import SIGNATURE, Mailer, Unsent, hook, loopback, mail, mailboxes, mailer, post

CONTENT = b'{"format": "promise-audit/notice/1"}\n'
KEY = "only for this test"
WORDS = "A promise changed: files stay in the United Kingdom \u2013 always."
TO = ("dpo@example.com", "board@example.com")


@contextmanager
def webhook(*statuses, location=""):
    """Serve as a webhook that answers with each status in turn; gives its address and what it was sent."""
    seen, left = [], list(statuses)

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append((self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(left.pop(0))
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/services/secret-path", seen
        server.shutdown()


def test_a_message_is_posted_whole_and_signed():
    with webhook(204) as (url, seen):
        post(url, CONTENT, secret=KEY, sleep=lambda _: None)
    ((path, headers, content),) = seen
    assert (path, content, headers["Content-Type"]) == ("/services/secret-path", CONTENT, "application/json")
    assert headers[SIGNATURE] == "sha256=" + hmac.new(KEY.encode(), CONTENT, hashlib.sha256).hexdigest()


def test_without_a_secret_nothing_claims_to_be_signed():
    with webhook(200) as (url, seen):
        post(url, CONTENT, secret="", sleep=lambda _: None)
    assert SIGNATURE not in seen[0][1]


@pytest.mark.parametrize(
    ("statuses", "posts", "said"),
    [
        pytest.param([503, 200], 2, "", id="mended the second time"),
        pytest.param([429, 200], 2, "", id="asked to wait"),
        pytest.param([500, 502], 2, "the answer was 502 Bad Gateway", id="no luck twice"),
        pytest.param([403], 1, "the answer was 403 Forbidden", id="refused for good"),
        pytest.param([302], 1, "the answer was 302 Found", id="sent elsewhere"),
        pytest.param([308], 1, "the answer was 308 Permanent Redirect", id="sent elsewhere for good"),
    ],
)
def test_what_a_webhook_answers_decides(statuses, posts, said):
    with (
        webhook(200) as (elsewhere, never),
        webhook(*statuses, location=elsewhere) as (url, seen),
        pytest.raises(Unsent) if said else nullcontext() as caught,
    ):
        post(url, CONTENT, secret="", sleep=lambda _: None)
    assert not said or str(caught.value) == said
    assert (len(seen), never) == (posts, [])


def test_nobody_there_is_said_without_the_address():
    with webhook() as (url, _):
        pass
    with pytest.raises(Unsent, match=r"no answer \(ConnectionRefusedError\)") as caught:
        post(url, CONTENT, secret="", sleep=lambda _: None)
    assert "secret-path" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/x",
        "file:///etc/passwd",
        "https://",
        "example.com/hook",
        "https://name:word@example.com/secret-path",
        "https://example.com/a b/secret-path",
        "https://example.com/\r\nX: y/secret-path",
        "https://[::1/secret-path",
        "https://example.com:99999/secret-path",
        "http://example.com/secret-path",
        "http://127.0.0.1.example.com/secret-path",
    ],
)
def test_an_address_that_is_none_or_open_is_refused_unread(url):
    with pytest.raises(AuditError) as caught:
        hook(url)
    assert "secret-path" not in str(caught.value)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_this_machine_is_known(host):
    assert loopback(host)


class Post:
    """A mail server of a few words, with or without STARTTLS."""

    def __init__(self, *, tls=None, codes=None):
        self.tls, self.codes, self.letters, self.said = tls, codes or {}, [], []

    async def talk(self, reader, writer):
        """Talk with one client, until it goes or trusts us no more."""
        with suppress(ssl.SSLError, ConnectionError):
            await self.words(reader, writer)
        writer.close()

    async def words(self, reader, writer):
        """Answer word by word."""

        async def answer(line):
            writer.write(line.encode() + b"\r\n")
            await writer.drain()

        encrypted = False
        await answer("220 ready")
        while line := (await reader.readline()).decode("latin-1").strip():
            word = line.split(":")[0].upper().split()[0]
            self.said.append((encrypted, line))
            if word == "EHLO":
                offers = ["250-here", *(["250-STARTTLS"] if self.tls and not encrypted else []), "250 AUTH PLAIN"]
                await answer("\r\n".join(offers))
            elif word == "STARTTLS":
                await answer("220 go on")
                await writer.start_tls(self.tls)
                encrypted = True
            elif word == "DATA":
                await answer("354 go on")
                self.letters.append((await reader.readuntil(b"\r\n.\r\n"))[:-5])
                await answer(self.codes.get("DATA", "250 taken"))
            elif word == "QUIT":
                await answer("221 bye")
                return
            else:
                await answer(self.codes.get(line.upper(), self.codes.get(word, "250 good")))


@contextmanager
def postal(server):
    """Serve mail on this machine; gives the port."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    ports = []

    async def serve():
        listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
        ports.append(listening.sockets[0].getsockname()[1])
        ready.set()

    def run():
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield ports[0]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """Trust an authority of this test's own; gives the server's side of it."""
    own = trustme.CA()
    own.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.issue_cert("localhost").configure_cert(context)
    return context


def sent(port, **by):
    mail(
        Mailer(host="localhost", port=port, sender="audit@example.com", **by),
        TO,
        "Promise Audit: a promise changed",
        f"{WORDS}\n",
        CONTENT,
        at=datetime(2026, 11, 16, 3, tzinfo=UTC),
        sleep=lambda _: None,
    )


def test_a_letter_arrives_over_tls_with_its_json(authority):
    with postal(server := Post(tls=authority, codes={"AUTH": "235 welcome"})) as port:
        sent(port, user="me", password=KEY)
    letter = message_from_bytes(server.letters[0], policy=policy.default)
    assert (letter["To"], letter["Subject"]) == (", ".join(TO), "Promise Audit: a promise changed")
    assert letter.get_body().get_content().strip() == WORDS
    assert letter["Date"] == "Mon, 16 Nov 2026 03:00:00 +0000"
    assert letter["Message-ID"].endswith("@example.com>")
    assert server.letters[0].isascii()
    (attached,) = letter.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("notice.json", CONTENT)
    assert all(
        encrypted for encrypted, line in server.said if line.split()[0].upper() in ("AUTH", "MAIL", "RCPT", "DATA")
    )


def test_a_certificate_that_nobody_trusts_gets_no_letter(authority, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with postal(server := Post(tls=authority)) as port, pytest.raises(Unsent, match="SSLCertVerificationError"):
        sent(port)
    assert server.letters == []


def test_this_machines_server_may_do_without_tls():
    with postal(server := Post()) as port:
        sent(port)
    assert len(server.letters) == 1


@pytest.mark.parametrize(
    ("codes", "attempts", "said"),
    [
        pytest.param({"AUTH": "535 no"}, 1, "the server answered 535", id="a wrong password"),
        pytest.param({"MAIL": "451 later"}, 2, "the server answered 451", id="busy twice"),
        pytest.param({"RCPT": "550 who"}, 1, "the server refused 2 of 2 addresses", id="knows nobody"),
        pytest.param({f"RCPT TO:<{TO[1]}>".upper(): "550 who"}, 1, "the server refused 1 of 2 addresses", id="one"),
        pytest.param({"DATA": "554 spam"}, 1, "the server answered 554", id="takes no letter"),
    ],
)
def test_what_a_mail_server_refuses_is_said_without_an_address(codes, attempts, said):
    with postal(server := Post(codes=codes)) as port, pytest.raises(Unsent) as caught:
        sent(port, **({"user": "me", "password": KEY} if "AUTH" in codes else {}))
    assert str(caught.value) == said
    assert sum(line.upper().startswith("EHLO") for _, line in server.said) == attempts


@pytest.mark.parametrize(
    "address",
    ["dpo@example.com\r\nBcc: x@example.org", "a, b@example.com", "DPO <dpo@example.com>", "dpo", "", "dpo@", "-@ -"],
)
def test_an_address_can_carry_no_header(address):
    with pytest.raises(AuditError, match="number 2 is not one plain address"):
        mailboxes([TO[0], address])


GIVEN = {"PROMISE_AUDIT_SMTP_HOST": "mail.example.com", "PROMISE_AUDIT_SMTP_FROM": "audit@example.com"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"PROMISE_AUDIT_SMTP_HOST": ""}, "needs PROMISE_AUDIT_SMTP_HOST", id="no host"),
        pytest.param({"PROMISE_AUDIT_SMTP_FROM": ""}, "needs PROMISE_AUDIT_SMTP_FROM", id="no sender"),
        pytest.param({"PROMISE_AUDIT_SMTP_FROM": "a\nb@c"}, "not one plain address", id="a sender of two lines"),
        pytest.param({"PROMISE_AUDIT_SMTP_PORT": "99999"}, "is no port", id="no port"),
        pytest.param({"PROMISE_AUDIT_SMTP_PORT": "²"}, "is no port", id="a digit that is no number"),
    ],
)
def test_what_is_missing_in_the_environment_is_said(changes, said):
    with pytest.raises(AuditError, match=said):
        mailer({**GIVEN, **changes})


def test_a_password_is_in_no_words_of_ours():
    assert KEY not in repr(mailer({**GIVEN, "PROMISE_AUDIT_SMTP_PASSWORD": KEY}))


def test_a_server_elsewhere_without_tls_gets_no_letter(monkeypatch):
    """The name of a host that is no loopback, which leads to this machine for this test."""
    with postal(server := Post()) as port:
        found = [(2, 1, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
        with pytest.raises(Unsent, match="no TLS"):
            mail(
                Mailer(host="mail.example.com", port=port, sender=TO[0]),
                TO,
                "s",
                "t",
                CONTENT,
                at=datetime.now(UTC),
                sleep=lambda _: None,
            )
    assert server.letters == []
