"""Offers a server one version of TLS alone, and reads whether it takes it.

The hello is written here, byte by byte, since what this machine's own library can offer ends where its makers dropped
the old versions. No handshake is finished: the version stands in the server's hello. Formats: RFC 6101 (SSL 3.0),
RFC 5246 (TLS 1.0 to 1.2) and RFC 8446 (TLS 1.3).

A server refuses a version by an alert that says so, or by an answer in a lower one. Where it hangs up in good order
without a word it may be refusing or be out of breath, which whoever asked must find out. A connection that is reset
says nothing, since firewalls on the way reset what they dislike: it is left to fail.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
from contextlib import suppress
from enum import StrEnum

import msgspec

VERSIONS = {"TLSv1.3": 0x0304, "TLSv1.2": 0x0303, "TLSv1.1": 0x0302, "TLSv1": 0x0301, "SSLv3": 0x0300}
"""Name → number on the wire, newest first; the names are those of Python's `ssl`."""

_ALERT, _HANDSHAKE = 21, 22
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
_WARNING, _CLOSE_NOTIFY = 1, 0
_ALERT_LENGTH, _HEAD, _MAJOR = 2, 4, 3
"""The bytes of an alert and of a handshake message's head, and the number that all versions from 3.0 begin with."""
_REFUSALS = {40: "handshake_failure", 70: "protocol_version", 71: "insufficient_security", 86: "inappropriate_fallback"}
"""The alerts that speak of version or ciphers: RFC 8446, 6.2, RFC 7507. Others speak of a name or of a fault."""
_SERVER_NAME, _GROUPS, _POINTS, _SIGNATURES, _PADDING, _VERSIONS, _SHARE = 0, 10, 11, 13, 21, 43, 51
"""https://www.iana.org/assignments/tls-extensiontype-values"""
_LONGEST = 0x4000 + 2048
"""The bytes of the longest record: RFC 5246, 6.2.3."""
_LONGEST_HELLO = 0x10000
_AWKWARD, _ROUND = range(256, 512), 512
"""Lengths of a hello at which some servers hang: RFC 7685."""

# What servers of each age choose from; anonymous ones, those without encryption and those once made for export too,
# since a server that takes only these takes the version. https://www.iana.org/assignments/tls-parameters
_NEWEST_CIPHERS = (0x1301, 0x1302, 0x1303)
_NEWER_CIPHERS = (
    0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xCCAA, 0x009E, 0x009F, 0x009C, 0x009D,
    0xC023, 0xC027, 0xC024, 0xC028, 0x0067, 0x006B, 0x003C, 0x003D,
)  # fmt: skip
_OLDER_CIPHERS = (
    0xC009, 0xC013, 0xC00A, 0xC014, 0x0033, 0x0039, 0x0032, 0x0038, 0x002F, 0x0035, 0x0041, 0x0084, 0x0045, 0x0088,
    0x0096, 0x009A, 0xC008, 0xC012, 0x0016, 0x0013, 0x000A, 0xC007, 0xC011, 0x0005, 0x0004, 0x0015, 0x0012, 0x0009,
    0xC004, 0xC005, 0xC00E, 0xC00F, 0x0014, 0x0011, 0x0008, 0x0006, 0x0003, 0x0034, 0x003A, 0x0018, 0x001B,
    0xC018, 0xC019, 0x003B, 0x0002, 0x0001,
)  # fmt: skip
_RENEGOTIATION = 0x00FF
"""Stands for the extension of RFC 5746, without which some servers talk to nobody."""
_CURVES = (0x001D, 0x0017, 0x0018, 0x0019)
_SCHEMES = (0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201)


class Said(StrEnum):
    """What a server made of a version."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    CLOSED = "closed"
    """It hung up in good order without a word."""
    UNKNOWN = "unknown"


class Heard(msgspec.Struct, frozen=True):
    """What came back for a hello, and in which words."""

    said: Said
    why: str


class _Ended(Exception):
    """The other side hung up in good order."""


class _Strange(Exception):
    """What came back is no TLS."""


def offer(connection: socket.socket, version: str, host: str) -> Heard:
    """Offer one of `VERSIONS` on a connection that is ready for TLS, and return what the server says to it.

    Raises `OSError` where the connection is reset or gives nothing in time.
    """
    connection.sendall(hello(version, host))
    try:
        return _read(connection, VERSIONS[version])
    except _Ended:
        return Heard(Said.CLOSED, "it hung up without a word")
    except (_Strange, IndexError, struct.error) as error:
        return Heard(Said.UNKNOWN, f"it answered something else than TLS: {error}")


def hello(version: str, host: str) -> bytes:
    """Return the record of a client's hello that offers one of `VERSIONS` and nothing else."""
    number = VERSIONS[version]
    newest = number == VERSIONS["TLSv1.3"]
    # RFC 8446, 4.1.2: the newest version is told in an extension, beside the number of the one before it.
    legacy = min(number, VERSIONS["TLSv1.2"])
    session = os.urandom(32) if newest else b""
    content = struct.pack("!H", legacy) + os.urandom(32) + _sized(1, session)
    content += _sized(2, _numbers(_ciphers(number))) + _sized(1, b"\0")
    if number > VERSIONS["SSLv3"]:
        found = _extensions(number, host)
        if (length := len(content) + 6 + len(found)) in _AWKWARD:
            found += _extension(_PADDING, bytes(max(_ROUND - length - 4, 0)))
        content += _sized(2, found)
    message = bytes([_CLIENT_HELLO]) + _sized(3, content)
    return struct.pack("!BH", _HANDSHAKE, min(number, VERSIONS["TLSv1"])) + _sized(2, message)


def _ciphers(number: int) -> tuple[int, ...]:
    """Return the ciphers that go with a version."""
    if number == VERSIONS["TLSv1.3"]:
        return _NEWEST_CIPHERS
    newer = _NEWER_CIPHERS if number == VERSIONS["TLSv1.2"] else ()
    return (*newer, *_OLDER_CIPHERS, _RENEGOTIATION)


def _extensions(number: int, host: str) -> bytes:
    """Return the extensions that a server of the version may insist on."""
    found = b"" if _is_address(host) else _extension(_SERVER_NAME, _sized(2, b"\0" + _sized(2, host.encode("idna"))))
    found += _extension(_GROUPS, _sized(2, _numbers(_CURVES))) + _extension(_POINTS, _sized(1, b"\0"))
    if number >= VERSIONS["TLSv1.2"]:
        found += _extension(_SIGNATURES, _sized(2, _numbers(_SCHEMES)))
    if number == VERSIONS["TLSv1.3"]:
        found += _extension(_VERSIONS, _sized(1, _numbers((number,))))
        # Any 32 bytes are a public key of X25519 (RFC 7748, 5); nobody needs the private one for half a handshake.
        share = _numbers(_CURVES[:1]) + _sized(2, os.urandom(32))
        found += _extension(_SHARE, _sized(2, share))
    return found


def _is_address(host: str) -> bool:
    """Tell whether a host is an address, which has no place in a hello (RFC 6066, 3)."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return False


def _extension(number: int, content: bytes) -> bytes:
    return struct.pack("!H", number) + _sized(2, content)


def _numbers(values: tuple[int, ...]) -> bytes:
    return struct.pack(f"!{len(values)}H", *values)


def _sized(width: int, content: bytes) -> bytes:
    """Put a content's length before it, in `width` bytes."""
    return len(content).to_bytes(width, "big") + content


def _read(connection: socket.socket, offered: int) -> Heard:
    """Read records until the server has said yes or no."""
    held = b""
    while len(held) < _LONGEST_HELLO:
        kind, content = _record(connection)
        if kind == _ALERT and len(content) == _ALERT_LENGTH:
            level, description = content
            if description == _CLOSE_NOTIFY:
                raise _Ended
            if level == _WARNING and description not in _REFUSALS:
                continue  # such as that it knows no such name, and goes on
            return _alerted(description)
        if kind != _HANDSHAKE:
            raise _Strange(f"a record of type {kind}")
        held += content
        if len(held) >= _HEAD and len(held) >= _HEAD + int.from_bytes(held[1:_HEAD], "big"):
            return _chosen(held, offered)
    raise _Strange("a hello without an end")


def _alerted(description: int) -> Heard:
    if description in _REFUSALS:
        return Heard(Said.REFUSED, f"it answered with the alert {_REFUSALS[description]}")
    return Heard(Said.UNKNOWN, f"it answered with alert {description}, which does not speak of the version")


def _chosen(message: bytes, offered: int) -> Heard:
    """Read the version out of a server's hello; one that is lower than what was offered refuses that."""
    if message[0] != _SERVER_HELLO:
        raise _Strange(f"a handshake that begins with message {message[0]}")
    content = message[_HEAD : _HEAD + int.from_bytes(message[1:_HEAD], "big")]
    version = _told_apart(content)
    names = {number: name for name, number in VERSIONS.items()}
    if version == offered:
        return Heard(Said.ACCEPTED, f"it answered in {names[version]}")
    if version in names and version < offered:
        return Heard(Said.REFUSED, f"it answered in {names[version]} instead")
    raise _Strange(f"a hello of version {version:#06x}, which was not offered")


def _told_apart(content: bytes) -> int:
    """Return the version of a server's hello: from TLS 1.3 on an extension tells it (RFC 8446, 4.2.1)."""
    (version,) = struct.unpack_from("!H", content)
    # Version, random, session, cipher and compression come before the extensions.
    place = 2 + 32 + 1 + content[34] + 2 + 1
    if len(content) < place:
        raise _Strange("a hello that is cut short")
    place += 2
    while place + 4 <= len(content):
        kind, length = struct.unpack_from("!HH", content, place)
        if kind == _VERSIONS:
            (version,) = struct.unpack_from("!H", content, place + 4)
        place += 4 + length
    return int(version)


def _record(connection: socket.socket) -> tuple[int, bytes]:
    """Read one record: its type and its content; raises `_Ended` where the other side hung up before it."""
    head = _read_up_to(connection, 5)
    if not head:
        raise _Ended
    kind, major, _, length = struct.unpack("!BBBH", head)
    if major != _MAJOR or length > _LONGEST or not length:
        raise _Strange("no record")
    content = _read_up_to(connection, length)
    if len(content) < length:
        raise _Strange("a record that is cut short")
    return kind, content


def _read_up_to(connection: socket.socket, count: int) -> bytes:
    """Read so many bytes, or fewer where the other side hung up before."""
    found = b""
    while len(found) < count and (more := connection.recv(count - len(found))):
        found += more
    return found
