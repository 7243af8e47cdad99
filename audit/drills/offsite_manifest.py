"""What is written down of the off-site copy while it is well, and the canary that is put into it."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from audit.drills import bucket_reading, objects
from audit.drills.bucket_reading import asked, client, place
from audit.drills.drill import Means, Recoverable
from audit.drills.objects import Object, keyed
from audit.drills.outcomes import NotRun


def prepare(item: Recoverable, means: Means) -> Mapping[str, Any]:
    """Return the manifest of a bucket: of each object the keyed digests of name and plaintext, size and month.

    Each is read and opened whole once. Raises `Refused`, `Failed` where our key does not open one, and `NotRun`.
    """
    s3, (bucket, prefix) = client(means), place(item.id)
    found = []
    for version in bucket_reading.listed(s3, bucket, prefix):
        if not version["Key"].startswith(objects.CANARIES):
            metadata = bucket_reading.head(s3, bucket, version).get("Metadata", {})
            _, size, digest = bucket_reading.digests(means, s3, bucket, version, metadata)
            name = keyed(means, version["Key"].encode())
            found.append(Object(name=name, size=size, month=f"{version['LastModified']:%Y-%m}", digest=digest))
    return {"objects": [msgspec.to_builtins(one) for one in found]}


def canary(item: Recoverable, means: Means, at: datetime) -> Mapping[str, Any]:
    """Put a canary into a bucket, encrypted as everything there is; raises as `prepare` does.

    The class's `facts` name the key of KMS by which it is wrapped (`wrapping_key`).
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # it costs time that only this should pay

    wrapping = str(item.facts.get("wrapping_key") or "")
    if not wrapping:
        raise NotRun("its facts in drills.toml name no wrapping_key")
    moment, (bucket, _) = at.replace(microsecond=0), place(item.id)
    made = asked("a content key", lambda: client(means, "kms").generate_data_key(KeyId=wrapping, KeySpec="AES_256"))
    nonce = os.urandom(12)
    body = AESGCM(made["Plaintext"]).encrypt(nonce, objects.canary_content(means, item.ref, moment), None)
    metadata = {
        "content-key": base64.b64encode(made["CiphertextBlob"]).decode(),
        "key-id": made["KeyId"],
        "nonce": base64.b64encode(nonce).decode(),
    }
    words = {"Bucket": bucket, "Key": objects.canary_name(moment), "Body": body, "Metadata": metadata}
    asked("a canary", lambda: client(means).put_object(**words, ChecksumAlgorithm="SHA256"))
    return objects.canary_entry(means, item.ref, moment)
