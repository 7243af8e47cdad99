"""What is written down of a container of the archive while it is well, and the canary that is put into it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from audit.drills import blob_reading, objects
from audit.drills.drill import Means, Recoverable
from audit.drills.outcomes import NotRun


def prepare(item: Recoverable, means: Means) -> Mapping[str, Any]:
    """Return the manifest of a container: of each blob the keyed digests of name and content, size and month.

    Each is read whole once. Raises `Refused`, `Inconclusive`, and `NotRun` where it is no container.
    """
    source = blob_reading.container(means, *place(item.id))
    blobs = [blob for blob in blob_reading.listed(source) if not blob.name.startswith(objects.CANARIES)]
    return {"objects": [msgspec.to_builtins(blob_reading.described(means, source, blob)) for blob in blobs]}


def canary(item: Recoverable, means: Means, at: datetime) -> Mapping[str, Any]:
    """Put a canary into a container, and return what the list of canaries needs to know of it; raises as `prepare`."""
    moment = at.replace(microsecond=0)
    content = objects.canary_content(means, item.ref, moment)
    client = blob_reading.container(means, *place(item.id)).get_blob_client(objects.canary_name(moment))
    blob_reading.asked("a canary", lambda: client.upload_blob(content, overwrite=False))
    return objects.canary_entry(means, item.ref, moment)


def place(identity: str) -> tuple[str, str]:
    """Return the account and the name of a container by its ARM id; raises `NotRun` where it is none."""
    steps = identity.split("/")
    lower = [step.lower() for step in steps]
    if "storageaccounts" not in lower or "containers" not in lower:
        raise NotRun("it is no container of a storage account")
    return steps[lower.index("storageaccounts") + 1], steps[lower.index("containers") + 1]
