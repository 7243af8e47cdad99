"""Whose signatures and timestamps are believed: public keys, how many it takes, and timestamp authorities."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from audit.canonical import sha256
from audit.model import AuditError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

LONGEST_FILE = 1 << 20
"""A key or a chain of certificates is a few thousand bytes; more is something else."""


class PublicKey(msgspec.Struct, frozen=True):
    """A public key that is trusted."""

    id: str
    """The SHA-256 of its SubjectPublicKeyInfo in DER: one key has one id, however its file is written."""
    pem: str


class Trust(msgspec.Struct, frozen=True):
    """What a check of a seal believes."""

    keys: tuple[PublicKey, ...] = ()
    threshold: int | None = None
    """How many trusted signatures are demanded; the seal's own number counts where it is higher."""
    authorities: tuple[bytes, ...] = ()
    """Certificates of timestamp authorities in PEM: their roots, and their own where a reply leaves them out."""


def key_id(key: "PublicKeyTypes") -> str:
    """Return the id of a public key: `openssl pkey -pubin -outform DER | sha256sum` gives the same."""
    # cryptography costs time that only sealing and checking should pay.
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def public_key(pem: bytes) -> PublicKey:
    """Read a public key in PEM; raises `ValueError` where it is none, or of a kind that signs no envelope."""
    # As above; securesystemslib loads the libraries of clouds, too.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
    from securesystemslib.signer import SSlibKey

    try:
        key = load_pem_public_key(pem)
        SSlibKey.from_crypto(key)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    return PublicKey(key_id(key), key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def read_trust(keys: Sequence[Path], *, threshold: int | None, authorities: Sequence[Path]) -> Trust:
    """Read the files of what is trusted; a key that is given twice counts once.

    Raises `AuditError` where a file cannot be read or is not what it should be, and where keys are fewer than it takes.
    """
    found = {key.id: key for key in map(_key_in, keys)}
    if threshold is not None and not 0 < threshold <= max(len(found), 1):
        raise AuditError(f"a threshold of {threshold} cannot be met with {len(found)} keys. Name each with --key.")
    return Trust(tuple(found.values()), threshold, tuple(map(_authority_in, authorities)))


def _key_in(path: Path) -> PublicKey:
    try:
        return public_key(_content(path))
    except ValueError as error:
        raise AuditError(
            f"{path} holds no public key in PEM. `audit key new` writes one beside the private."
        ) from error


def _authority_in(path: Path) -> bytes:
    from cryptography.x509 import load_pem_x509_certificates  # as above

    content = _content(path)
    try:
        certificates = load_pem_x509_certificates(content)
    except ValueError as error:
        raise AuditError(f"{path} holds no certificates in PEM. Ask the timestamp authority for its chain.") from error
    if not any(found.issuer == found.subject for found in certificates):
        raise AuditError(f"{path} holds no root certificate. Add the authority's root to the file.")
    return content


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_FILE + 1)
    except OSError as error:
        raise AuditError(f"cannot read {path}: {error.strerror}. Name a file in PEM.") from error
    if len(content) > LONGEST_FILE:
        raise AuditError(f"{path} is longer than any key or chain. Name a file in PEM.")
    return content
