"""Asks a web server for one page, and reads no more of the answer than its head, or the first words of a refusal."""

from __future__ import annotations

import re
import ssl
import warnings
from typing import Any

import msgspec

from audit.sources.probes.certificate import Open, told_name
from audit.sources.probes.reach import Unreached

_LONGEST = 0x10000
_FAULT = 500
_BAD_REQUEST = 400
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: .*)?")
_NOT_PERMITTED = b"TlsVersionNotPermitted"
"""The code with which Azure Storage refuses a version, after a handshake in it:
https://learn.microsoft.com/azure/storage/common/transport-layer-security-configure-minimum-version"""
_HANDSHAKES = {"TLSv1.1": ssl.TLSVersion.TLSv1_1, "TLSv1": ssl.TLSVersion.TLSv1}


class _Answer(msgspec.Struct, frozen=True):
    """The beginning of an answer: its status, its fields in order, and what came of its body."""

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes


def strict_transport(open_door: Open, host: str) -> dict[str, Any]:
    """Return `maxAge` of the header by which a site binds browsers to TLS: RFC 6797.

    Without the header, and where it is written wrong, its age is 0. Raises `Unreached` where no answer comes about, and
    where the server is at fault (5xx): what sends such an answer is often not what sends the pages.
    """
    answer = _asked(open_door, host, _context(), "/")
    found = next((value for name, value in answer.fields if name == "strict-transport-security"), None)
    if found is None and answer.status >= _FAULT:
        raise Unreached(f"{host} answered {answer.status}")
    named = dict(_directives(found or ""))
    age = named.get("max-age", "")
    whole = len(named) == len(list(_directives(found or "")))  # RFC 6797, 6.1: none stands twice
    return {"maxAge": int(age) if whole and age.isascii() and age.isdecimal() else 0}


def refused_in_words(open_door: Open, host: str, version: str) -> bool:
    """Shake hands in an old version, ask, and return whether the answer is that the version is not permitted.

    Raises `Unreached` where the handshake does not come about, or no answer.
    """
    answer = _asked(open_door, host, _context(version), "/?comp=list", whole=True)
    told = any(name == "x-ms-error-code" and value == _NOT_PERMITTED.decode() for name, value in answer.fields)
    return answer.status == _BAD_REQUEST and (told or _NOT_PERMITTED in answer.body)


def _directives(value: str) -> list[tuple[str, str]]:
    """Split the header's value; names are told without case, values with or without quotes (RFC 6797, 6.1)."""
    parts = (part.strip().partition("=") for part in value.split(";"))
    return [(name.strip().lower(), text.strip().strip('"')) for name, _, text in parts if name.strip()]


def _context(version: str = "") -> ssl.SSLContext:
    """Return a client's side that trusts anybody, since trust is looked at elsewhere; with `version`, that alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version:
        # OpenSSL has no ciphers for the old versions above this level: https://docs.openssl.org/3.0/man7/
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # to meet the old versions is the purpose
            context.minimum_version = context.maximum_version = _HANDSHAKES[version]
    return context


def _asked(open_door: Open, host: str, context: ssl.SSLContext, path: str, *, whole: bool = False) -> _Answer:
    """Ask for a path, and return the head of the answer; with `whole` its body, too, up to a limit."""
    lines = (f"GET {path} HTTP/1.1", f"Host: {host}", "User-Agent: promise-audit", "Accept: */*", "Connection: close")
    with open_door() as connection, context.wrap_socket(connection, server_hostname=told_name(host)) as secure:
        secure.sendall("\r\n".join((*lines, "", "")).encode("ascii", "replace"))
        found = b""
        enough = _NOT_PERMITTED if whole else b"\r\n\r\n"
        while enough not in found and len(found) < _LONGEST and (more := secure.recv(4096)):
            found += more
    return _parsed(host, found)


def _parsed(host: str, found: bytes) -> _Answer:
    """Read the beginning of an answer; raises `Unreached` where it is none of HTTP, or its head has no end."""
    head, end, body = found.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None or not end:
        raise Unreached(f"{host} gave no answer of HTTP")
    fields = (line.decode("latin-1").partition(":") for line in lines)
    return _Answer(int(status[1]), tuple((name.strip().lower(), value.strip()) for name, _, value in fields), body)
