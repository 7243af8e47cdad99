"""Asks a timestamp authority to see a seal, and checks its word offline (RFC 3161)."""

import hashlib
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from audit.model import AuditError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

_LONGEST_REPLY = 1 << 16
_GRANTED = 0
"""RFC 3161 §2.4.2; *granted with modifications* is not what was asked for."""


class Stamp(msgspec.Struct, frozen=True):
    """What the reply of a timestamp authority is worth."""

    at: datetime | None = None
    """When it saw the bytes; None where its authority is not one that is trusted, or something is wrong."""
    by: str = ""
    """The name that the reply gives itself; with no time beside it nobody vouches for it."""
    fault: str = ""
    """What is wrong with the reply, as against merely unknown."""


class _Stays(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the authority is the one that was configured."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Give no new address, so that the redirect is an error like any other."""


def asking(url: str, *, seconds: float, clock: Callable[[], float]) -> Callable[[bytes], bytes]:
    """Return what asks the authority at `url` to see bytes, and returns its raw reply.

    It raises `AuditError` where the authority refuses, is silent for longer than that, sends more than a reply, or
    answers for other bytes. The request asks for no certificates: OpenSSL's own authority sends them in an order that
    strict readers refuse, so the authority's certificate is what a verifier keeps.

    Raises `AuditError` where the address is none of an authority.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise AuditError("--timestamp needs an http or https address without credentials. See docs/evidence.md.")

    def stamp(content: bytes) -> bytes:
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # it costs time that few commands should pay

        builder = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256)
        request = builder.cert_request(cert_request=False).build()
        try:
            reply = _posted(url, request.as_bytes(), seconds=seconds, clock=clock)
            trouble = _refusal(reply, content, request.nonce)
        except (OSError, HTTPException, ValueError, LookupError) as error:
            trouble = str(getattr(error, "reason", "") or error)
        if trouble:
            raise AuditError(f"no timestamp from {parts.hostname}: {trouble}. Ask again with --add --timestamp.")
        return reply

    return stamp


def checked(reply: bytes, content: bytes, authorities: Sequence[bytes]) -> Stamp:
    """Say what a reply is worth for bytes, by authorities' certificates in PEM; never raises for what it holds.

    A certificate must have been valid when the reply was made, not today. That the authority withdrew it is not seen.
    """
    # As above.
    from cryptography.x509 import InvalidVersion
    from rfc3161_client import decode_timestamp_response

    try:
        found = decode_timestamp_response(reply)
        fault, by = _misfit(found, content), _name(found)
        if fault or not authorities:
            return Stamp(by=by, fault=fault)
        return _judged(found, content, [one for pem in authorities for one in _certificates(pem)])
    except (ValueError, LookupError, InvalidVersion) as error:
        # These are what the parsers of a reply, of the names and of the certificates in it raise for hostile bytes.
        return Stamp(fault=f"it is no reply of a timestamp authority: {' '.join(str(error).split())}")


def _judged(found: "TimeStampResponse", content: bytes, known: "list[Certificate]") -> Stamp:
    """Say whether a reply about the right bytes was given by an authority among those that are known."""
    from rfc3161_client import VerifierBuilder  # as above
    from rfc3161_client.errors import VerificationError

    signers = {(info.issuer, info.serial_number) for info in found.signed_data.signer_infos}
    roots = [one for one in known if one.issuer == one.subject]
    own = [one for one in known if (one.issuer, one.serial_number) in signers]
    between = [one for one in known if one not in roots and one not in own]
    reason = ""
    # Two authorities may bear the same names; without its own certificate, a reply may bring it along.
    candidates: list[Certificate | None] = [*own] or [None]
    for one in candidates:
        verifier = VerifierBuilder(roots=roots, intermediates=between, tsa_certificate=one).build()
        try:
            verifier.verify_message(found, content)
        except VerificationError as error:
            reason = _reason(error)
        else:
            return Stamp(found.tst_info.gen_time, _common_name(one.subject) if one else _name(found))
    # An authority that nobody named is merely unknown; the named one's word must hold.
    named = own or {issuer for issuer, _ in signers} & {one.subject for one in known}
    return Stamp(by=_name(found), fault=f"it does not hold: {reason}" if named else "")


def _posted(url: str, body: bytes, *, seconds: float, clock: Callable[[], float]) -> bytes:
    """Post a request, and return at most a reply's length; raises `ValueError` where it takes too long."""
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    # The address was demanded to be http or https above.
    request = urllib.request.Request(url, body, headers)  # noqa: S310  # as the line above says
    until = clock() + seconds
    content = b""
    with urllib.request.build_opener(_Stays).open(request, timeout=seconds) as answer:
        while part := answer.read1(_LONGEST_REPLY):
            content += part
            if len(content) > _LONGEST_REPLY:
                raise ValueError("its answer is longer than any reply")
            if clock() > until:
                raise ValueError(f"no whole answer within {seconds:g} seconds")
    return content


def _refusal(reply: bytes, content: bytes, nonce: int | None) -> str:
    """Say why a reply is not the one that was asked for; empty where it is. Raises `ValueError` where it is none."""
    from rfc3161_client import decode_timestamp_response  # as above

    found = decode_timestamp_response(reply)
    if misfit := _misfit(found, content):
        return misfit
    return "" if found.tst_info.nonce == nonce else "it answers another question"


def _misfit(found: "TimeStampResponse", content: bytes) -> str:
    """Say why a reply is not about bytes; empty where it is. Raises `ValueError` where it has no token."""
    if found.status != _GRANTED:
        return f"it was refused ({'; '.join(found.status_string) or f'status {found.status}'})"
    imprint = found.tst_info.message_imprint
    algorithm = _DIGESTS.get(imprint.hash_algorithm.dotted_string)
    if algorithm is None:
        return "it uses a digest that is not SHA-256, SHA-384 or SHA-512"
    return "" if imprint.message == hashlib.new(algorithm, content).digest() else "it was given for other bytes"


_DIGESTS = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
"""RFC 5754 §2."""


def _reason(error: Exception) -> str:
    """Return the last reason in what OpenSSL's stack of errors says, or the whole where it says none."""
    text = " ".join(str(error).split())
    reasons = [found[1] for found in re.finditer(r'(?:reason|data): "(?:Verify error: )?([^"]+)"', text)]
    return reasons[-1] if reasons else text


def _certificates(pem: bytes) -> "list[Certificate]":
    from cryptography.x509 import load_pem_x509_certificates  # as above

    return load_pem_x509_certificates(pem)


def _name(found: "TimeStampResponse") -> str:
    """Return the name that a reply gives itself, or its certificate's issuer."""
    from cryptography.x509 import DirectoryName  # as above

    name = found.tst_info.name
    if isinstance(name, DirectoryName):
        return _common_name(name.value)
    return next((_common_name(info.issuer) for info in found.signed_data.signer_infos), "")


def _common_name(name: Any) -> str:
    from cryptography.x509 import NameOID  # as above

    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else str(name.rfc4514_string())
