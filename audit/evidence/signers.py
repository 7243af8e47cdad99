"""Keys that sign, by address: a file, Azure Key Vault or AWS KMS; each known by the id of its public half."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from audit.evidence.trust import LONGEST_FILE, PublicKey, public_key
from audit.model import AuditError

if TYPE_CHECKING:
    import securesystemslib.signer as library

PASSPHRASE = "PROMISE_AUDIT_KEY_PASSPHRASE"  # noqa: S105  # the name of a variable, not what it holds


class Signer(msgspec.Struct, frozen=True):
    """A key that can sign, wherever it lies."""

    key: PublicKey
    sign: Callable[[bytes], bytes]
    """Returns the signature of bytes; raises `AuditError` where whoever keeps the key refuses."""


def signer(uri: str, *, passphrase: str) -> Signer:
    """Open the key at `file:PATH`, a path, `azurekms:VAULT/KEY` or `awskms:KEY`; the passphrase is a file's.

    Raises `AuditError` where it cannot be opened. A key in a cloud never leaves it; who may use it, the cloud
    decides by the credentials that its own tools would find.
    """
    scheme, colon, rest = uri.partition(":")
    if colon and scheme in _CLOUDS:
        return _CLOUDS[scheme](uri, rest)
    return _from_file(Path(rest if colon and scheme == "file" else uri), passphrase)


def new_key(passphrase: str) -> tuple[bytes, PublicKey]:
    """Make an Ed25519 key: its private half as PKCS#8 in PEM, encrypted by a passphrase if any, and its public one."""
    # cryptography costs time that only sealing and checking should pay.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        KeySerializationEncryption,
        NoEncryption,
        PrivateFormat,
    )

    key = Ed25519PrivateKey.generate()
    lock: KeySerializationEncryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock), _public(key.public_key())


def _from_file(path: Path, passphrase: str) -> Signer:
    # As above.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner

    try:
        key = load_pem_private_key(path.read_bytes()[:LONGEST_FILE], passphrase.encode() if passphrase else None)
        return _signer(_public(key.public_key()), CryptoSigner(key), (), str(path))
    except OSError as error:
        raise AuditError(f"cannot read the key {path}: {error.strerror}. Make one with `audit key new`.") from error
    except TypeError as error:
        # cryptography's word for a passphrase that is missing, or given and not needed.
        needed = "is not encrypted: unset" if passphrase else "is encrypted: give its passphrase in"
        raise AuditError(f"the key {path} {needed} {PASSPHRASE}.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AuditError(f"{path} holds no private key that can be opened. Make one with `audit key new`.") from error


def _from_azure(uri: str, rest: str) -> Signer:
    # It brings Azure's libraries.
    from azure.core.exceptions import AzureError
    from securesystemslib.signer import AzureSigner

    vault, _, name = rest.partition("/")
    if not vault or not name or "/" in name:
        raise AuditError(f"{uri} is not azurekms:VAULT/KEY. Name the vault without its domain, and the key.")
    try:
        address, key = AzureSigner.import_(vault, name)
        opened = AzureSigner.from_priv_key_uri(address, key)
    except AzureError as error:
        raise _unusable(uri, error) from error
    return _signer(public_key(key.keyval["public"].encode()), opened, (AzureError,), uri)


def _from_aws(uri: str, rest: str) -> Signer:
    # It brings AWS's libraries.
    from botocore.exceptions import BotoCoreError, ClientError
    from securesystemslib.signer import AWSSigner

    try:
        _, key = AWSSigner.import_(rest)
        opened = AWSSigner(rest, key)
    except (BotoCoreError, ClientError) as error:
        raise _unusable(uri, error) from error
    return _signer(public_key(key.keyval["public"].encode()), opened, (BotoCoreError, ClientError), uri)


_CLOUDS: dict[str, Callable[[str, str], Signer]] = {"azurekms": _from_azure, "awskms": _from_aws}


def _signer(key: PublicKey, opened: "library.Signer", refusals: tuple[type[Exception], ...], name: str) -> Signer:
    """Wrap a signer of the library, whose own id of a key depends on how it was opened."""

    def sign(content: bytes) -> bytes:
        try:
            return bytes.fromhex(opened.sign(content).signature)
        except refusals as error:
            raise _unusable(name, error) from error

    return Signer(key, sign)


def _unusable(uri: str, error: Exception) -> AuditError:
    trouble = " ".join(str(error).split())
    return AuditError(f"cannot use the key {uri}: {trouble[:300]}. Look at its name and at who may sign with it.")


def _public(key: Any) -> PublicKey:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # as above

    return public_key(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
