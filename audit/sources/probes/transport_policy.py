"""Fetches the policy by which a domain binds those who send it mail to TLS: MTA-STS, RFC 8461."""

from __future__ import annotations

import http.client
import ipaddress
import re
import ssl
from contextlib import suppress
from typing import Any

from audit.sources.probes.certificate import ONLY_HERE, Trust
from audit.sources.probes.reach import Unreached
from audit.sources.probes.scene import Scene

_LONGEST = 0x10000
"""The bytes of a policy that are read at most: RFC 8461, 3.2."""
_OLDEST = 31_557_600
"""The greatest `max_age` in seconds: RFC 8461, 3.2."""
_OK = 200
_FAULT = 500
_PATH = "/.well-known/mta-sts.txt"
_PATTERN = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def fetched(scene: Scene, domain: str) -> dict[str, Any]:
    """Return the policy's `mode`, `mx` and `maxAge`, or the `fault` for which senders ignore it.

    Senders follow no redirect, and demand a certificate that they trust (RFC 8461, 3.3), so both are faults. Raises
    `Unreached` where no answer comes about, and where the server is at fault (5xx).
    """
    host = f"mta-sts.{domain}"
    here = all(ipaddress.ip_address(one).is_loopback for one in scene.reach.addresses(host))
    trust = Trust(scene.authorities, here=here)
    try:
        status, kind, content = _asked(scene, host, trust)
    except ssl.SSLCertVerificationError as error:
        with suppress(ssl.SSLCertVerificationError):
            _asked(scene, host, trust, own=True)
            raise Unreached(f"{host}: {ONLY_HERE}") from error
        return {"fault": f"its certificate is not trusted: {error.verify_message}"}
    if status >= _FAULT:
        raise Unreached(f"{host} answered {status}")
    if status != _OK:
        return {"fault": f"the policy's server answered {status}"}
    if kind.partition(";")[0].strip().lower() != "text/plain":
        return {"fault": "the policy is no plain text"}
    return read(content)


def read(content: bytes) -> dict[str, Any]:
    """Read a policy; returns its `fault` where it is none that senders keep to."""
    if len(content) > _LONGEST:
        return {"fault": f"the policy is longer than {_LONGEST} bytes"}
    lines = [line.partition(":") for line in content.decode("utf-8", "replace").splitlines() if line.strip()]
    pairs = [(name.strip().lower(), value.strip()) for name, _, value in lines]
    first: dict[str, str] = {}
    for name, value in pairs:
        first.setdefault(name, value)  # of a field that stands twice the first counts: RFC 8461, 3.2
    mx = [value.lower().rstrip(".") for name, value in pairs if name == "mx"]
    age, mode = first.get("max_age", ""), first.get("mode", "").lower()
    faults = {
        "its version is not STSv1": first.get("version") != "STSv1",
        "it has no mode": mode not in ("enforce", "testing", "none"),
        "it has no max_age": not re.fullmatch(r"[0-9]{1,10}", age) or int(age) > _OLDEST,
        "it names no mail exchanger": mode != "none" and not mx,
        "one of its mail exchangers is no name": not all(_PATTERN.fullmatch(one) for one in mx),
    }
    fault = next((words for words, there in faults.items() if there), "")
    return {"fault": fault} if fault else {"mode": mode, "mx": sorted(mx), "maxAge": int(age)}


def _asked(scene: Scene, host: str, trust: Trust, *, own: bool = False) -> tuple[int, str, bytes]:
    """Ask for the policy; returns status, content type, and no more of the content than shows that it is too long.

    Raises `Unreached` where no answer comes about, and `ssl.SSLCertVerificationError`.
    """
    context = trust.context(own=own)
    context.check_hostname = True
    distrust: ssl.SSLCertVerificationError | None = None
    answer = 0, "", b""
    with scene.reach.dial(host, scene.policy_port) as connection:
        try:
            # A copy, since TLS takes the socket that it is given for itself: the time limit would shut an empty one.
            with context.wrap_socket(connection.dup(), server_hostname=host) as secure:
                answer = _answer(secure, host)
        except ssl.SSLCertVerificationError as error:
            distrust = error
    if distrust:
        raise distrust
    return answer


def _answer(secure: ssl.SSLSocket, host: str) -> tuple[int, str, bytes]:
    """Ask inside TLS; returns and raises as `_asked` does."""
    lines = (f"GET {_PATH} HTTP/1.1", f"Host: {host}", "User-Agent: promise-audit", "Connection: close")
    secure.sendall("\r\n".join((*lines, "", "")).encode("ascii", "replace"))
    try:
        with http.client.HTTPResponse(secure, method="GET") as response:
            response.begin()
            content = response.read(_LONGEST + 1)
            whole = response.length in (None, 0) or len(content) > _LONGEST
            status, kind = response.status, response.headers.get("Content-Type", "")
    except (http.client.HTTPException, ValueError) as error:
        raise Unreached(f"{host} gave no answer of HTTP") from error
    if not whole:
        raise Unreached(f"{host} broke off in the middle of its policy")
    return status, kind, content
