"""Stores files in a container of Azure that locks single versions, and reads each back as the version that was put."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from audit.evidence.worm import Stored
from audit.model import AuditError

T = TypeVar("T")
_THERE = "BlobAlreadyExists"


class Container(msgspec.Struct, frozen=True):
    """Where packs are stored."""

    client: Any
    """A `ContainerClient` of Azure's own library."""
    prefix: str = ""

    def place(self, key: str) -> str:
        """Return where a file lies, as people write it."""
        return f"{str(self.client.url).rstrip('/')}/{key}".rstrip("/")

    def demand_locked(self, until: datetime | None) -> None:
        """Demand that it locks single versions, and that somebody says for how long.

        A policy of the whole container is shown to no reader of blobs, so that it could not be read back:
        https://learn.microsoft.com/azure/storage/blobs/immutable-policy-configure-version-scope
        """
        found = self.asked("", self.client.get_container_properties)
        if found.immutable_storage_with_versioning_enabled is not True:
            raise AuditError(f"{self.place('')} locks no versions. Name a container with version-level immutability.")
        if until is None and found.has_immutability_policy is not True:
            raise AuditError(f"{self.place('')} has no default policy. Add --retain-days N.")

    def stored(self, key: str, content: bytes, until: datetime | None) -> Stored:
        """Put one file where nothing stands, and read back the very version that was put."""
        version = self._put(key, content, until)
        found, there = self._read_back(key, version)
        if there != content:
            why = "another file stands there, and nothing was put" if version is None else "it is not what was put"
            raise AuditError(f"{self.place(key)}: {why}. Name another prefix.")
        if until is not None and version is None and _too_short(found, until):
            self._lock(key, found.version_id, until)
            found, _ = self._read_back(key, found.version_id)
        if str(found.immutability_policy.policy_mode).lower() != "locked" or _too_short(found, until):
            trouble = "was read back, and shows no locked policy for that long"
            raise AuditError(f"{self.place(key)} {trouble}. Add --retain-days N, or look at the container's policy.")
        return Stored(key, found.version_id, len(content), found.immutability_policy.expiry_time, version is not None)

    def asked(self, key: str, ask: Callable[[], T]) -> T:
        """Ask Azure; raises `AuditError` in one line where it refuses or is silent."""
        from azure.core.exceptions import AzureError  # it brings Azure's libraries

        try:
            return ask()
        except (AzureError, OSError) as error:
            raise self._refused(key, error) from error

    def _put(self, key: str, content: bytes, until: datetime | None) -> str | None:
        """Put a blob where none of its name is, and return its version; None where there is one."""
        from azure.core.exceptions import AzureError, HttpResponseError  # as above
        from azure.storage.blob import ContentSettings

        checksum = ContentSettings(content_md5=bytearray(hashlib.md5(content, usedforsecurity=False).digest()))
        lock = {} if until is None else {"immutability_policy": _policy(until)}
        try:
            blob = self.client.get_blob_client(key)
            answer = blob.upload_blob(content, overwrite=False, content_settings=checksum, **lock)
        except (AzureError, OSError) as error:
            if isinstance(error, HttpResponseError) and _code(error) == _THERE:
                return None
            raise self._refused(key, error) from error
        if not answer.get("version_id"):
            trouble = "got no version, so it cannot be read back. Switch on versioning in the storage account."
            raise AuditError(f"{self.place(key)} {trouble}")
        return str(answer["version_id"])

    def _read_back(self, key: str, version: str | None) -> tuple[Any, bytes]:
        """Read a blob's properties and bytes: of the version named, or of the newest."""
        blob = self.client.get_blob_client(key)
        found = self.asked(key, lambda: blob.get_blob_properties(version_id=version))
        own = version or found.version_id
        return found, self.asked(key, lambda: bytes(blob.download_blob(version_id=own).readall()))

    def _lock(self, key: str, version: str, until: datetime) -> None:
        blob = self.client.get_blob_client(key)
        self.asked(key, lambda: blob.set_immutability_policy(_policy(until), version_id=version))

    def _refused(self, key: str, error: Exception) -> AuditError:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        trouble = ": ".join(filter(None, (_code(error), lines[0][:300].rstrip("."))))
        return AuditError(f"{self.place(key)}: {trouble}. What was stored stays; mend it and say it again.")


def _policy(until: datetime) -> Any:
    """Return a policy that nobody can shorten or lift.

    https://learn.microsoft.com/azure/storage/blobs/immutable-time-based-retention-policy-overview#locked-versus-unlocked-policies
    """
    from azure.storage.blob import ImmutabilityPolicy  # as above

    return ImmutabilityPolicy(expiry_time=until, policy_mode="Locked")


def _code(error: Exception) -> str:
    """Return the service's code of an error, empty where it has none."""
    response = getattr(error, "response", None)
    return str(response.headers.get("x-ms-error-code") or "") if response is not None else ""


def _too_short(found: Any, until: datetime | None) -> bool:
    """Tell whether a lock is not there, or ends too early."""
    end = found.immutability_policy.expiry_time
    return end is None or (until is not None and end < until)
