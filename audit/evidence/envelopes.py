"""Signed statements on disk: DSSE envelopes, read strictly and signed by any number of keys.

The format is DSSE 1.0 (https://github.com/secure-systems-lab/dsse), by securesystemslib. What every parser would not
read alike is refused: a key twice, an unknown field, base64 that is not the one spelling of its bytes.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from audit import canonical
from audit.evidence.signers import Signer
from audit.evidence.trust import PublicKey

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MOST_SIGNATURES = 16
"""Trestle reads no more of them."""


def signed(payload: bytes, signers: Iterable[Signer]) -> bytes:
    """Put a payload into an envelope, and sign it with every signer; raises what the signers raise."""
    from securesystemslib.dsse import Envelope  # it loads the libraries of clouds

    return extended(Envelope(payload, PAYLOAD_TYPE, {}), signers)


def extended(envelope: "Envelope", signers: Iterable[Signer]) -> bytes:
    """Add the signatures of more signers to an envelope, and return it as a file."""
    from securesystemslib.signer import Signature  # as above

    for signer in signers:
        signature = Signature(signer.key.id, signer.sign(envelope.pae()).hex())
        envelope.signatures[signer.key.id] = signature
    return json.dumps(envelope.to_dict(), indent=1, sort_keys=True).encode() + b"\n"


def read(content: bytes) -> "Envelope":
    """Read an envelope; raises `ValueError` saying what is wrong with it."""
    from securesystemslib.dsse import Envelope  # as above

    found = canonical.read(content)
    if not isinstance(found, dict) or set(found) != {"payload", "payloadType", "signatures"}:
        raise ValueError("it is not a payload, its type and signatures, and nothing else")
    if found["payloadType"] != PAYLOAD_TYPE:
        raise ValueError(f"its payload is not of the type {PAYLOAD_TYPE}")
    _bytes_of(found["payload"], "its payload")
    signatures = found["signatures"]
    if not isinstance(signatures, list) or not 0 < len(signatures) <= MOST_SIGNATURES:
        raise ValueError(f"it does not hold between 1 and {MOST_SIGNATURES} signatures")
    for signature in signatures:
        _demand_signature(signature)
    # The library changes what it is given, and `found` is nobody else's. It refuses a key that signs twice.
    return Envelope.from_dict(found)


def signers_of(envelope: "Envelope", keys: Iterable[PublicKey]) -> tuple[str, ...]:
    """Return the ids of the keys whose signatures hold; raises `ValueError` where one in the name of a key does not."""
    return tuple(key.id for key in keys if key.id in envelope.signatures and _holds(envelope, key))


def _holds(envelope: "Envelope", key: PublicKey) -> bool:
    # As above.
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    try:
        envelope.verify([SSlibKey.from_crypto(load_pem_public_key(key.pem.encode()), keyid=key.id)], 1)
    except VerificationError as error:
        raise ValueError(f"the signature in the name of the key {key.id[:16]} does not hold") from error
    return True


def _demand_signature(signature: Any) -> None:
    if not isinstance(signature, dict) or set(signature) != {"keyid", "sig"}:
        raise ValueError("a signature is not the id of a key, what it signed, and nothing else")
    if not isinstance(signature["keyid"], str):
        raise ValueError("the id of a key is no text")
    _bytes_of(signature["sig"], "a signature")


def _bytes_of(text: Any, name: str) -> bytes:
    if not isinstance(text, str):
        raise ValueError(f"{name} is no text")
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"{name} is no base64") from error
    if base64.b64encode(content).decode() != text:
        raise ValueError(f"{name} is not the one spelling of its bytes in base64")
    return content
