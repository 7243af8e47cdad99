"""Which doors of an estate close once and for all, which of them stand open, and what closing each would send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from audit.facts import Unseen
from audit.kinds import kind_of
from audit.kinds.aws import BUCKET_OBJECT_LOCK
from audit.kinds.dataprotection import BLOB_BACKUP_VAULT
from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.kinds.storage import CONTAINER_IMMUTABILITY, STORAGE_ACCOUNT
from audit.model import Control, Kind, Resource, Snapshot, Verdict, same
from audit.promises import Report

VAULT_LOCKED: Mapping[str, Any] = {"properties": {"securitySettings": {"immutabilitySettings": {"state": "Locked"}}}}
"""What a request that locks a vault of either kind sends, and all that it sends."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The one request that closes a door."""

    method: str
    path: str
    """The path below Resource Manager; for S3 the bucket's name."""
    api: str
    """The API version; for S3 the operation."""
    body: Mapping[str, Any] | None = None
    conditional: bool = False
    """Whether it must name the etag that was read just before (`If-Match`)."""


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A setting that can be closed and never opened again, standing open."""

    name: str
    """What it is called when it is to be closed."""
    resource: Resource
    state: str
    never: str
    """What can never be undone once it is closed."""
    source: str
    """The page that says so."""
    request: Request | None
    """None where it cannot be closed as it stands."""
    controls: tuple[str, ...] = ()
    """The controls that ask for it to be closed."""


class Way(msgspec.Struct, frozen=True):
    """How one kind of resource is locked."""

    kind: Kind
    state: str
    """The dotted path of what tells whether it is locked."""
    locked: str
    open: str
    """The only state from which it can be locked."""
    never: str
    source: str
    request: Callable[[Resource], Request]


class Doors(msgspec.Struct, frozen=True):
    """What stands open, and why there may be more."""

    open: tuple[Door, ...]
    closed: tuple[str, ...]
    """The names of those that are locked."""
    unseen: tuple[str, ...]


def doors(live: Snapshot, report: Report, controls: Iterable[Control]) -> Doors:
    """Find every door of a live snapshot that stands open; `report` is what was judged of it.

    What could not be read, and every listing that a gap cut short, is in `unseen`: a door may stand open there. What is
    asked for by a control of one-way doors and has no door here is there, too, with the words that say where to look.
    """
    asked = _standing_open(report, {control.id for control in controls if control.one_way})
    found: list[Door] = []
    closed: list[str] = []
    at_doors: set[str] = set()
    unseen = [gap.reason for gap in live.gaps if any(gap.hides(way.kind) for way in WAYS)]
    for resource in live.resources:
        if any(same(way.kind.arm, resource.type) for way in WAYS):
            way = way_of(resource)
            try:
                if not _has_none(way, resource):
                    at_doors |= _at(resource)
                    state = resource.read(way.state, str)
                    if same(state, way.locked):
                        closed.append(_name(way, resource))
                    else:
                        found.append(_door(way, resource, state, asked))
            except Unseen as error:
                unseen.append(f"{resource.name}: {error}")
    for control, resources in asked.items():
        beside = (name for identity, name in resources.items() if identity.lower() not in at_doors)
        unseen += (f"{name}: is not locked by this command, see `audit explain {control}`" for name in beside)
    ordered = sorted(found, key=lambda door: (door.resource.type, door.name))
    return Doors(tuple(ordered), tuple(closed), tuple(dict.fromkeys(unseen)))


def way_of(resource: Resource) -> Way:
    """Return how a resource of one of the kinds is locked; raises `LookupError` for any other."""
    return next(way for way in WAYS if same(way.kind.arm, resource.type))


def _standing_open(report: Report, controls: set[str]) -> dict[str, dict[str, str]]:
    """Return the resources whose lock each control finds open, or cannot see: id → name."""
    open_or_hidden = (Verdict.BROKEN, Verdict.UNPROVEN)
    return {
        result.id: {
            found.resource: found.name
            for found in result.findings
            if found.verdict in open_or_hidden and found.resource
        }
        for result in report.controls
        if result.id in controls
    }


def _has_none(way: Way, resource: Resource) -> bool:
    """Tell whether a resource has nothing to lock: an account without a policy of its own.

    https://learn.microsoft.com/azure/storage/blobs/immutable-storage-overview
    """
    path = "immutableStorageWithVersioning.immutabilityPolicy"
    return way.kind is STORAGE_ACCOUNT and resource.look(path) is None


def _door(way: Way, resource: Resource, state: str, asked: Mapping[str, Mapping[str, str]]) -> Door:
    """Describe a door that stands open; raises `Unseen` where its request would need what was not seen."""
    return Door(
        name=_name(way, resource),
        resource=resource,
        state=state,
        never=way.never,
        source=way.source,
        request=way.request(resource) if same(state, way.open) else None,
        controls=tuple(
            control for control, names in asked.items() if _at(resource) & {identity.lower() for identity in names}
        ),
    )


def _at(resource: Resource) -> set[str]:
    """Return the ids that a control may find a door's resource by: its own, and that of the bucket whose lock it is."""
    return {resource.id.lower(), resource.id.partition("#")[0].lower()}


def _name(way: Way, resource: Resource) -> str:
    """Name a door as people do: a container's policy, and a bucket's lock, by what they belong to."""
    if way.kind is CONTAINER_IMMUTABILITY:
        steps = resource.id.split("/")
        return f"{steps[-7]}/{steps[-3]}"
    return resource.read("bucket", str) if way.kind is BUCKET_OBJECT_LOCK else resource.name


def _patch(body: Callable[[Resource], Mapping[str, Any]]) -> Callable[[Resource], Request]:
    """Make requests that change a resource where it stands."""

    def request(resource: Resource) -> Request:
        kind = kind_of(resource.type)
        return Request(method="PATCH", path=resource.id, api=kind.api if kind else "", body=body(resource))

    return request


def _account(account: Resource) -> Mapping[str, Any]:
    """Lock the policy as it was seen, with the same period."""
    path = "immutableStorageWithVersioning.immutabilityPolicy"
    policy = {
        "immutabilityPeriodSinceCreationInDays": account.read(f"{path}.immutabilityPeriodSinceCreationInDays", int),
        "allowProtectedAppendWrites": account.read(f"{path}.allowProtectedAppendWrites", bool, absent=False),
        "state": "Locked",
    }
    return {"properties": {"immutableStorageWithVersioning": {"enabled": True, "immutabilityPolicy": policy}}}


def _container(policy: Resource) -> Request:
    return Request(method="POST", path=f"{policy.id}/lock", api=CONTAINER_IMMUTABILITY.api, conditional=True)


def _bucket(lock: Resource) -> Request:
    """Lock with the period that was seen."""
    kept = lock.read("rule.defaultRetention", dict)
    period = {
        word.capitalize(): lock.read(f"rule.defaultRetention.{word}", int)
        for word in ("days", "years")
        if kept.get(word)
    }
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", **period}}
    body = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    return Request(method="PUT", path=lock.read("bucket", str), api="PutObjectLockConfiguration", body=body)


_VAULT = "securitySettings.immutabilitySettings.state"
_ACCOUNT = "immutableStorageWithVersioning.immutabilityPolicy.state"
WAYS = (
    Way(
        STORAGE_ACCOUNT,
        _ACCOUNT,
        "Locked",
        "Unlocked",
        "The policy can never be unlocked, shortened or taken off; its period can only grow. The account cannot be "
        "deleted while one blob in it is protected.",
        "https://learn.microsoft.com/azure/storage/blobs/immutable-policy-configure-version-scope",
        _patch(_account),
    ),
    Way(
        CONTAINER_IMMUTABILITY,
        "state",
        "Locked",
        "Unlocked",
        "The policy can never be unlocked, shortened or deleted; its period can only grow, five times. The container "
        "cannot be deleted while one blob in it is protected.",
        "https://learn.microsoft.com/rest/api/storagerp/blob-containers/lock-immutability-policy",
        _container,
    ),
    Way(
        RECOVERY_VAULT,
        _VAULT,
        "Locked",
        "Unlocked",
        "Immutability can never be turned off. No recovery point can be deleted before its time, and no backup policy "
        "of the vault can keep less long than it does: a mistake in a period stays for good.",
        "https://learn.microsoft.com/azure/backup/backup-azure-immutable-vault-concept",
        _patch(lambda vault: VAULT_LOCKED),
    ),
    Way(
        BLOB_BACKUP_VAULT,
        _VAULT,
        "Locked",
        "Unlocked",
        "Immutability can never be turned off. No recovery point can be deleted before its time.",
        "https://learn.microsoft.com/azure/backup/backup-azure-immutable-vault-concept",
        _patch(lambda vault: VAULT_LOCKED),
    ),
    Way(
        BUCKET_OBJECT_LOCK,
        "rule.defaultRetention.mode",
        "COMPLIANCE",
        "GOVERNANCE",
        "Whatever is written from then on can be deleted by nobody, the account's owner included, until its period has "
        "passed. The bucket's default can be changed again, for later writes alone.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html",
        _bucket,
    ),
)
