"""Opens the off-site copy with our own key, piece by piece: AES-256-GCM, each object under a key of its own.

An object holds the ciphertext and, as its last 16 bytes, the tag. Its metadata hold `content-key` (the key, wrapped, in
base64), `key-id` (what unwraps it: a key of Azure Key Vault by URL, or of AWS KMS by ARN) and `nonce` (base64).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping

from audit.drills.drill import Means
from audit.drills.outcomes import Failed, Inconclusive

_TAG = 16
_SOUND = 4
"""The proof level at which an object that cannot be opened fails: its bytes are there, and mean nothing."""


def content_key(means: Means, metadata: Mapping[str, str]) -> bytes:
    """Return the key of an object; raises `Failed` where it names none, and what `unwrap` raises."""
    try:
        wrapped = base64.b64decode(metadata["content-key"], validate=True)
        key_id = metadata["key-id"]
    except (KeyError, binascii.Error) as error:
        raise Failed(_SOUND, "it does not say by which key it is encrypted") from error
    if means.unwrap is None:
        raise Inconclusive("no key of ours can be used here")
    return means.unwrap(key_id, wrapped)


def opened(pieces: Iterable[bytes], key: bytes, metadata: Mapping[str, str]) -> Iterator[bytes]:
    """Yield the plaintext piece by piece; raises `Failed` at its end where it is not what was encrypted."""
    from cryptography.exceptions import InvalidTag  # it costs time that only this should pay
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    try:
        nonce = base64.b64decode(metadata["nonce"], validate=True)
        decryptor = Cipher(algorithms.AES(key), modes.GCM(nonce)).decryptor()
    except (KeyError, ValueError) as error:
        raise Failed(_SOUND, "its key or its nonce is none") from error
    tail = b""
    for piece in pieces:
        whole = tail + piece
        tail = whole[-_TAG:]
        yield decryptor.update(whole[:-_TAG])
    try:
        yield decryptor.finalize_with_tag(tail)
    except (InvalidTag, ValueError) as error:
        raise Failed(_SOUND, "it was not encrypted with this key, or was changed") from error
