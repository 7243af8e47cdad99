"""Looks at the certificate that a server shows: whether strangers would trust it, whose it is, how long it lasts."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from audit.model import AuditError
from audit.sources.probes.reach import Unreached

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

Open = Callable[[], AbstractContextManager[socket.socket]]
"""Opens a connection that is ready for TLS; raises `Unreached` where none comes about."""

ONLY_HERE = "only the machine that looked trusts its chain, as it would that of a proxy on the way"
_ANY_TIME = 0x200000
"""`X509_V_FLAG_NO_CHECK_TIME` of OpenSSL, which Python has no name for: checks all of a chain but its dates."""
_OUT_OF_DATE = (9, 10)
"""`X509_V_ERR_CERT_NOT_YET_VALID` and `X509_V_ERR_CERT_HAS_EXPIRED`."""


class Trust(msgspec.Struct, frozen=True):
    """Whose word counts for a certificate: that of the authorities on Mozilla's list (certifi), as for any stranger."""

    own: str = ""
    """A file of authorities that this machine trusts, such as its company's proxy; empty for those of its system."""
    here: bool = False
    """Whether the door is one of this machine itself, where its own list counts, too."""

    def context(self, *, own: bool = False, dates: bool = True) -> ssl.SSLContext:
        """Return a client's side that demands a chain to a trusted authority, and leaves the name to us.

        With `own` this machine's list counts, too, and without `dates` a chain that has expired. Raises `AuditError`
        where the file cannot be read.
        """
        import certifi  # as below

        context = ssl.create_default_context(cafile=certifi.where())
        try:
            if (own or self.here) and self.own:
                context.load_verify_locations(self.own)
            elif own:
                context.load_default_certs()
        except OSError as error:
            raise AuditError(
                f"{self.own} is no file of certificates: {error}. Mend or unset SSL_CERT_FILE and REQUESTS_CA_BUNDLE."
            ) from error
        context.check_hostname = False
        if not dates:
            context.verify_flags |= _ANY_TIME
        return context


def told_name(host: str) -> str | None:
    """Return the name that a client tells a server it wants; None for an address, which is not told (RFC 6066, 3)."""
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return None
    return host


def shown(open_door: Open, host: str, now: datetime, trust: Trust) -> dict[str, Any]:
    """Return the facts of a door's certificate: `chain`, `namesHost`, `notBefore`, `notAfter`, `keyType`, `keyBits`.

    Trust is told apart from name and date: a chain that fails by its dates alone is trusted, unless what is out of date
    is above the certificate itself. A chain that only this machine trusts is told as `onlyHere`: it may be that of a
    proxy on the way. Raises `Unreached` where no handshake comes about.
    """
    content, why, code = _handshaken(open_door, host, trust.context())
    certificate = _read(content)
    dated = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    if code in _OUT_OF_DATE and not dated:
        _, why, code = _handshaken(open_door, host, trust.context(dates=False))
    elif code in _OUT_OF_DATE:
        why = f"above the certificate: {why}"
    here = bool(code) and not _handshaken(open_door, host, trust.context(own=True, dates=dated))[2]
    key = certificate.public_key()
    return {
        "chain": {"trusted": not code, "why": why, **({"onlyHere": True} if here else {})},
        "namesHost": names_host(certificate, host),
        "notBefore": certificate.not_valid_before_utc.isoformat(),
        "notAfter": certificate.not_valid_after_utc.isoformat(),
        "keyType": _key_type(key),
        "keyBits": getattr(key, "key_size", None),
    }


def _key_type(key: object) -> str:
    """Name the kind of a public key: RSA and EC where it is one of these, else its class."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey  # as below
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    if isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
        return "RSA" if isinstance(key, RSAPublicKey) else "EC"
    return type(key).__name__


def names_host(certificate: Certificate, host: str) -> bool:
    """Tell whether a certificate is for a host, by RFC 9525: its alternative names alone, one label for an asterisk."""
    from cryptography.x509 import (  # takes long to load, and only probes need it
        DNSName,
        ExtensionNotFound,
        IPAddress,
        SubjectAlternativeName,
    )

    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except (ExtensionNotFound, ValueError):
        return False
    if told_name(host) is None:
        return ipaddress.ip_address(host) in names.get_values_for_type(IPAddress)
    wanted = host.lower().rstrip(".")
    _, _, above = wanted.partition(".")
    found = {name.lower() for name in names.get_values_for_type(DNSName)}
    # An asterisk that stands for all below one label, such as *.com, is taken by no client.
    return wanted in found or ("." in above and f"*.{above}" in found)


def _handshaken(open_door: Open, host: str, context: ssl.SSLContext) -> tuple[bytes, str, int]:
    """Return the certificate, and why its chain is not trusted with OpenSSL's number of it; 0 where it is."""
    try:
        return _once(open_door, host, context), "it leads to a trusted authority", 0
    except ssl.SSLCertVerificationError as error:
        why, code = error.verify_message, error.verify_code
    # It does not show a certificate that it does not trust, so it is asked once more and trusted for the moment.
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    return _once(open_door, host, blind), why, code


def _once(open_door: Open, host: str, context: ssl.SSLContext) -> bytes:
    """Shake hands once, and return the certificate; raises `Unreached`, or what is wrong with the chain."""
    distrust: ssl.SSLCertVerificationError | None = None
    content: bytes | None = None
    with open_door() as connection:
        try:
            with context.wrap_socket(connection, server_hostname=told_name(host)) as secure:
                content = secure.getpeercert(binary_form=True)
        except ssl.SSLCertVerificationError as error:
            distrust = error
    if distrust is not None:
        raise distrust
    if not content:
        raise Unreached(f"{host} shows no certificate")
    return content


def _read(content: bytes) -> Certificate:
    """Read a certificate; raises `Unreached` where it is none that can be read."""
    from cryptography.exceptions import UnsupportedAlgorithm  # as above
    from cryptography.x509 import load_der_x509_certificate

    try:
        certificate = load_der_x509_certificate(content)
        certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unreached("the certificate cannot be read") from error
    return certificate
