"""Fetches one page over HTTP from a host of ours, within its time and its bytes; a redirect is told, and not taken."""

from __future__ import annotations

import codecs
import http.client
import re
import ssl
import zlib
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit, urlunsplit

import msgspec

from audit.sources.probes.certificate import told_name
from audit.sources.probes.reach import Reach, Unreached

_PORTS = {"http": 80, "https": 443}
_AGENT = "promise-audit"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a web server."""

    url: str
    status: int
    headers: Mapping[str, str] = {}
    """The first of each, names in lower case."""
    cookies: tuple[str, ...] = ()
    """The names of the cookies that it sets; no value is kept."""
    leads_to: str = ""
    """Where it redirects to, as a whole URL; empty where it does not."""
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as text, as the answer says how it is spelt; letters that are none are replaced."""
        found = re.search(r"charset=[\"']?([\w-]+)", self.headers.get("content-type", ""), re.IGNORECASE)
        marked = "utf-16" if self.body[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else ""
        try:
            return self.body.decode(marked or (found[1] if found else "utf-8"), "replace")
        except (LookupError, UnicodeError):  # a name of no spelling, or of one that is not for whole texts
            return self.body.decode("utf-8", "replace")


def fetch(reach: Reach, url: str, *, whole: bool = True) -> Page:
    """Ask for a URL; raises `Unreached` where no whole answer comes about, or it is longer than a contact may cost.

    What need not come `whole` ends where that costs too much. Certificates are judged where doors are looked at; here a
    page is read whoever vouches for it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        host, port = "", 0
    if not (host and port):
        raise Unreached(f"{url} is no URL of a web page")
    asked = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    with reach.dial(host, port) as connection:
        channel = http.client.HTTPConnection(host, port)
        channel.sock = _secured(connection, host) if parts.scheme == "https" else connection
        try:
            channel.request("GET", asked, headers={"User-Agent": _AGENT, "Accept-Encoding": "identity"})
            response = channel.getresponse()
            most = reach.limits.bytes
            return _page(url, response, _body(response, most) if whole else response.read(most))
        except (http.client.HTTPException, ValueError, zlib.error) as error:
            raise Unreached(f"{host}:{port} gave no answer of HTTP: {type(error).__name__}") from error


def _secured(connection: object, host: str) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection, server_hostname=told_name(host))  # type: ignore[arg-type]  # a socket of reach's


def _body(response: http.client.HTTPResponse, most: int) -> bytes:
    """Read the body to its end; raises `ValueError` where it has more than so many bytes, packed or unpacked."""
    content = response.read(most + 1)
    if len(content) > most or response.length not in (None, 0):
        raise ValueError("the body is longer than is read, or was cut off")
    packed = response.getheader("Content-Encoding", "identity").strip().lower()
    if packed == "gzip":
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        content = unpacking.decompress(content, most + 1)
        if len(content) > most or not unpacking.eof:
            raise ValueError("the body unpacks to more than is read, or was cut off")
    elif packed not in ("", "identity"):
        raise ValueError("the body is packed in another way than was asked for")
    return content


def _page(url: str, response: http.client.HTTPResponse, body: bytes) -> Page:
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        headers.setdefault(name.lower(), value)
    target = headers.get("location", "") if response.status // 100 == 3 else ""  # noqa: PLR2004  # RFC 9110, 15.4
    cookies = response.headers.get_all("Set-Cookie") or ()
    return Page(
        url=url,
        status=response.status,
        headers=headers,
        cookies=tuple(sorted({_name(cookie) for cookie in cookies})),
        leads_to=urljoin(url, target) if target else "",
        body=body,
    )


def _name(cookie: str) -> str:
    """Return a cookie's name; without one, all of it is a value (RFC 6265, 5.2)."""
    name, sign, _ = cookie.partition(";")[0].partition("=")
    return name.strip() if sign and name.strip() else "(without a name)"
