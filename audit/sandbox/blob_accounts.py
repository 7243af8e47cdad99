"""What a storage account's resources say about its blobs: versions, soft delete, immutability, its second copy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from audit.kinds.storage import BLOB_CONTAINER, CONTAINER_IMMUTABILITY, STORAGE_ACCOUNT
from audit.sandbox.blobs import Version
from audit.sandbox.store import EXPANDED, Store

SECONDARY = "-secondary"
_LAG = timedelta(minutes=15)
"""How far the second copy is usually behind at most: https://learn.microsoft.com/azure/storage/common/last-sync-time-get"""
_PERIOD = "immutabilityPeriodSinceCreationInDays"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A storage account as its blobs are concerned."""

    id: str
    name: str
    keeps_versions: bool = False
    soft_delete: timedelta | None = None
    """How long what is deleted can be brought back; None where it is gone at once."""
    public: bool = False
    """Whether containers may be read by anybody."""
    tier: str = "Hot"
    readable_copy: bool = False
    """Whether its copy in the other region can be read."""
    period: timedelta | None = None
    """How long it keeps each new version by default."""
    mode: str = ""


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """A container as its blobs are concerned."""

    name: str
    public: str = "None"
    versioned: bool = False
    """Whether single versions can be locked."""
    period: timedelta | None = None
    """How long its own policy keeps what it holds."""
    mode: str = ""
    legal_hold: bool = False

    def kept_until(self, version: Version) -> datetime | None:
        """Return until when a version can neither be deleted nor written over; None where it can be now.

        https://learn.microsoft.com/azure/storage/blobs/immutable-time-based-retention-policy-overview
        """
        whole = None if self.versioned or self.period is None else version.created + self.period
        return max((moment for moment in (whole, version.until) if moment is not None), default=None)

    def keeps(self, version: Version, now: datetime) -> bool:
        """Tell whether a version can be neither deleted nor written over now."""
        until = self.kept_until(version)
        return self.legal_hold or version.legal_hold or (until is not None and until > now)


def account(store: Store, name: str) -> Account | None:
    """Return the storage account of a name, None where there is none."""
    found = [one for one in store.listed(STORAGE_ACCOUNT.arm) if str(one["name"]).lower() == name.lower()]
    if not found:
        return None
    said = _inner(found[0])
    services = _inner(store.read(f"{found[0]['id']}/blobServices/default"))
    deletion = services.get("deleteRetentionPolicy") or {}
    policy = _policy(said.get("immutableStorageWithVersioning"))
    return Account(
        id=str(found[0]["id"]),
        name=str(found[0]["name"]).lower(),
        keeps_versions=services.get("isVersioningEnabled") is True or policy is not None,
        soft_delete=timedelta(days=int(deletion.get("days") or 0)) if deletion.get("enabled") is True else None,
        public=said.get("allowBlobPublicAccess") is True,
        tier=str(said.get("accessTier") or "Hot"),
        readable_copy=str((found[0].get("sku") or {}).get("name") or "").startswith("Standard_RA"),
        period=_days(policy),
        mode=str((policy or {}).get("state") or ""),
    )


def container(store: Store, of: Account, name: str) -> Container | None:
    """Return a container of an account, None where there is none."""
    body = store.read(f"{of.id}/blobServices/default/containers/{name}")
    if body is None:
        return None
    said = _inner(body)
    own = _inner(store.read(f"{body['id']}/{CONTAINER_IMMUTABILITY.arm.rpartition('/')[2]}/default"))
    versioned = _policy(said.get("immutableStorageWithVersioning")) is not None
    inherits = of.mode or of.period
    return Container(
        name=name,
        public=str(said.get("publicAccess") or "None"),
        versioned=versioned or bool(inherits),
        period=_days(own) or (of.period if inherits else None),
        mode=str(own.get("state") or of.mode),
        legal_hold=said.get("hasLegalHold") is True,
    )


def containers(store: Store, of: Account) -> list[str]:
    """Return the names of an account's containers; empty for none."""
    return [str(one["name"]) for one in store.listed(BLOB_CONTAINER.arm, below=of.id)]


def last_synced(store: Store, of: Account) -> datetime:
    """Return up to when everything has arrived in the other region: as the account tells, or a usual lag ago."""
    told = (store.document(EXPANDED, of.id.lower()) or {}).get("geoReplicationStats") or {}
    if told.get("lastSyncTime"):
        return datetime.fromisoformat(str(told["lastSyncTime"]))
    return store.now() - _LAG


def _inner(body: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return (body or {}).get("properties") or {}


def _policy(said: Any) -> Mapping[str, Any] | None:
    """Return the default policy of what locks versions, empty where it has none; None where it locks no versions."""
    if not isinstance(said, Mapping) or said.get("enabled") is not True:
        return None
    return said.get("immutabilityPolicy") or {}


def _days(policy: Mapping[str, Any] | None) -> timedelta | None:
    days = (policy or {}).get(_PERIOD)
    return timedelta(days=int(days)) if days else None
