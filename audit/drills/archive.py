"""Drills the archive: a sample of its blobs is copied into an account of its own, read whole and compared."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from audit.azure import Refused
from audit.drill_record import Isolation, Left, RecoveryPoint
from audit.drills import archive_vault, blob_reading, objects
from audit.drills.archive_manifest import place
from audit.drills.blob_reading import asked
from audit.drills.drill import Drill, Found, Kind, Probe
from audit.drills.groups import claim
from audit.drills.objects import Read
from audit.drills.outcomes import Failed, Inconclusive, NotRun

VERSION, DELETED, VAULTED = "version", "soft-deleted", "vaulted"
STORAGE = "2024-01-01"
"""https://learn.microsoft.com/rest/api/storagerp/storage-accounts/create"""
_COPY = "copy"
_COPIED, _GONE = "copied", "gone"
_REFUSED = (403, 409)
_MAY_LAG_S = 15 * 60
"""How far the other region is usually behind: https://learn.microsoft.com/azure/storage/common/storage-redundancy."""
_ACCOUNT: Mapping[str, Any] = {
    "kind": "StorageV2",
    "sku": {"name": "Standard_ZRS"},
    "properties": {
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
        "allowCrossTenantReplication": False,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
    },
}
_STEPS = (
    "list the container, and draw a sample by the seed",
    "make a storage account in the drill's group, without keys and without anonymous reads",
    "copy the sample into it, from the archive tier through a tier that can be read",
    "read each copy whole and compare it with the manifest; look for the newest canary",
    "read from the other region; see that a canary's version cannot be deleted",
    "delete the group, and look for what is left",
)


def _preflight(drill: Drill) -> None:
    """See that blobs can be read, and that there is something to compare them with."""
    place(drill.item.id)
    if drill.means.blobs is None:
        raise NotRun("blobs cannot be read here")
    if not drill.means.key:
        raise NotRun("the key is not there by which names become digests")


def _select(drill: Drill) -> RecoveryPoint:
    """Choose the newest versions, or what was deleted and is kept; the newest of them dates the point."""
    if drill.item.method == VAULTED:
        return archive_vault.chosen(drill)
    deleted = drill.item.method == DELETED
    blobs = blob_reading.listed(_source(drill), deleted=deleted)
    if not blobs:
        raise Failed(1, "there is no deleted blob to bring back" if deleted else "the container is empty")
    newest = max(blob.last_modified for blob in blobs)
    return RecoveryPoint(
        id=f"{drill.item.method} of {len(blobs)} blobs",
        created_at=newest,
        tier="archive" if any(blob.blob_tier == "Archive" for blob in blobs) else "online",
        completeness="Completed",
    )


def _isolate(drill: Drill) -> Isolation:
    """Make an account for the copies, and read back what keeps it from the world."""
    claim(drill)
    drill.make("account", _account(drill), STORAGE, {**_ACCOUNT, "location": drill.settings.region})
    found = drill.actor.read(_account(drill), STORAGE)
    properties = found.get("properties") or {}
    shut = properties.get("allowBlobPublicAccess") is False and properties.get("allowSharedKeyAccess") is False
    if not shut:
        raise Inconclusive("the account for the copies is open to others")
    region = str(found.get("location", ""))
    target = _target(drill)
    drill.steps.do("container", lambda: _made(target))
    return Isolation(
        subscription=drill.settings.subscription,
        region=region,
        residency_ok=region in drill.settings.regions,
        # An account sends nothing by itself.
        egress_denied=True,
        public_ip=False,
        peerings=0,
        proof=("allowBlobPublicAccess false", "allowSharedKeyAccess false"),
    )


def _made(target: Any) -> bool:
    """Make the container for the copies, or find it there."""
    try:
        asked("the container for copies", target.create_container)
    except Refused as refused:
        if not refused.why.endswith("ContainerAlreadyExists"):
            raise
    return True


def _restore(drill: Drill, point: RecoveryPoint) -> Mapping[str, Any]:
    """Copy each of the sample, and the newest canary, once."""
    source, target, job = _source(drill), _target(drill), ""
    if drill.item.method == VAULTED:
        job = archive_vault.restore(drill, point, _account(drill))
        source = blob_reading.container(drill.means, _name(drill), place(drill.item.id)[1])
    there = blob_reading.names(drill, blob_reading.listed(source, deleted=drill.item.method == DELETED))
    copied: Counter[str] = Counter()
    for name in _wanted(drill, there):
        blob = there.get(name)
        if blob is not None:
            told = drill.steps.do(
                f"copy {name[:16]}",
                lambda blob=blob, name=name: _copied(drill, source, target, blob, name),  # type: ignore[misc]  # defaults bind them
                probe=lambda name=name: _there(target, name),  # type: ignore[misc]  # as above
            )
            copied[told] += 1
    region = str(drill.actor.read(_account(drill), STORAGE).get("location", ""))
    count = sum(copied.values()) - copied[_GONE]
    sums = {word: copied[word] for word in ("fits", "differs") if copied[word]}
    return {"region": region, "job": job or f"{count} blobs", "copied": count, "checksums": sums}


def _known(drill: Drill) -> tuple[objects.Object, ...]:
    """Return what of the manifest must come back: all of it, or what was deleted and is kept."""
    found = objects.manifest(drill.means, drill.item.ref)
    if drill.item.method != DELETED:
        return found
    listed = blob_reading.listed
    there = drill.steps.do("deleted", lambda: sorted(blob_reading.names(drill, listed(_source(drill), deleted=True))))
    return tuple(one for one in found if one.name in set(there))


def _wanted(drill: Drill, there: Mapping[str, Any]) -> list[str]:
    """Return the digests of the names that are copied: the sample of the manifest, and the newest canary there."""
    sample = [one.name for one in objects.sample(drill, _known(drill))]
    canaries = sorted((blob.name, name) for name, blob in there.items() if blob.name.startswith(objects.CANARIES))
    return [*sample, *(name for _, name in canaries[-1:])]


def _copied(drill: Drill, source: Any, target: Any, blob: Any, name: str) -> str:
    """Copy one blob, and say whether the store's checksum of it fits; one that is refused counts as bad later."""
    own = source.get_blob_client(blob.name, version_id=blob.version_id)
    copy = target.get_blob_client(name)
    checksum = hashlib.md5(usedforsecurity=False)

    def pieces() -> Iterator[bytes]:
        for piece in blob_reading.chunks(own):
            checksum.update(piece)
            yield piece

    try:
        if blob.blob_tier == "Archive":
            _rehydrated(drill, own, copy, str(blob.version_id or ""))
            return _COPIED
        asked("a copy", lambda: copy.upload_blob(pieces(), overwrite=False))
    except Refused as refused:
        # Out of the archive tier a refusal may be of the copy, and not of the blob: that proves nothing either way.
        if refused.status in (404, *_REFUSED) and blob.blob_tier != "Archive":
            return _GONE
        raise
    return blob_reading.fits(blob.content_settings.content_md5, checksum.digest()) or _COPIED


def _rehydrated(drill: Drill, own: Any, copy: Any, version: str) -> None:
    """Copy a blob out of the archive tier, which takes hours, and wait until it can be read."""
    from azure.storage.blob import RehydratePriority, StandardBlobTier  # it comes with what is asked

    words = {"standard_blob_tier": StandardBlobTier.HOT, "rehydrate_priority": RehydratePriority.standard}
    url = f"{own.url}?versionid={quote(version)}" if version and "versionid=" not in own.url else own.url
    asked("a copy from the archive tier", lambda: copy.start_copy_from_url(url, **words))

    def look() -> bool | None:
        properties = asked("a copy", copy.get_blob_properties)
        done = properties.copy.status in (None, "success") and properties.blob_tier != "Archive"
        return True if done and not properties.archive_status else None

    drill.wait("the copy from the archive tier", look)


def _there(target: Any, name: str) -> str | None:
    """Say that a copy is there, None where it is not."""
    return _COPIED if asked("a copy", target.get_blob_client(name).exists) else None


def _probes(drill: Drill, point: RecoveryPoint, restored: Mapping[str, Any]) -> tuple[Probe, ...]:
    known = _known(drill)
    wanted = objects.sample(drill, known)
    seen: dict[str, Read] = {}

    def read() -> Mapping[str, Read]:
        for one in wanted if not seen else ():
            found = _read(drill, one.name)
            if found is not None:
                seen[one.name] = found
        return seen

    sums = restored["checksums"]
    return (
        # Where the store keeps none, the manifest's digests stand for them.
        *((Probe(id="archive.checksums", level=2, run=lambda: objects.checksums(sums)),) if sums else ()),
        Probe(id="archive.copied", level=3, run=lambda: _complete(wanted, read(), restored)),
        Probe(id="archive.digests", level=4, run=lambda: objects.compared(wanted, read(), len(known))),
        Probe(id="archive.canary", level=5, run=lambda: _canary(drill, point)),
        Probe(id="archive.locked", level=6, run=lambda: _locked(drill)),
        Probe(id="archive.other-region", level=6, run=lambda: _elsewhere(drill)),
    )


def _complete(wanted: tuple[objects.Object, ...], read: Mapping[str, Read], restored: Mapping[str, Any]) -> Found:
    """Check that everything of the sample was copied, whole."""
    observed = {"sampled": len(wanted), "copied": len(read)}
    if not wanted:
        if not restored.get("copied"):
            return Found(result="not-run", reason="no manifest was prepared, and there is no canary", observed=observed)
        return Found(result="pass", observed={"copied": restored["copied"]})
    short = [one for one in wanted if one.name not in read or read[one.name].size != one.size]
    if short:
        reason = f"{len(short)} of {len(wanted)} sampled objects did not come back whole"
        return Found(result="fail", reason=reason, observed=observed)
    return Found(result="pass", observed=observed)


def _read(drill: Drill, name: str) -> Read | None:
    """Read a copy whole; None where there is none."""
    try:
        return blob_reading.read(drill.means, _target(drill).get_blob_client(name), name)
    except Refused as refused:
        if refused.status == 404:  # noqa: PLR2004  # not found
            return None
        raise


def _canary(drill: Drill, point: RecoveryPoint) -> Found:
    """Read the newest canary out of the copies."""
    if drill.item.method == DELETED:
        return Found(result="not-run", reason="nobody deletes canaries, so none comes back")
    target = _target(drill)
    found: list[datetime] = []
    for blob in blob_reading.listed(target):
        if blob.size <= 256:  # noqa: PLR2004  # no canary is longer
            client = target.get_blob_client(blob.name)
            content = asked("a canary", lambda client=client: client.download_blob().readall())  # type: ignore[misc]  # a default binds it
            if at := objects.canary_of(drill.means, drill.item.ref, content):
                found.append(at)
    return objects.fresh(drill, max(found, default=None), before=drill.begun.clock.at)


def _locked(drill: Drill) -> Found:
    """Try to delete a canary's version, which a locked archive refuses."""
    source = _source(drill)
    canaries = blob_reading.listed(source, prefix=objects.CANARIES)
    if not canaries:
        return Found(result="not-run", reason="no canary was prepared")
    newest = max(canaries, key=lambda blob: str(blob.name))
    client = source.get_blob_client(newest.name, version_id=newest.version_id)
    try:
        asked("the deletion of a canary", client.delete_blob)
    except Refused as refused:
        if refused.status == _REFUSED[1] and "Immutab" in refused.why:
            return Found(result="pass", observed={"refused": refused.status})
        raise
    return Found(result="fail", reason="a version in the archive could be deleted")


def _elsewhere(drill: Drill) -> Found:
    """Read the newest canary that must have arrived there from the other region."""
    account, name = place(drill.item.id)
    other = blob_reading.container(drill.means, f"{account}-secondary", name)
    canaries = blob_reading.listed(other, prefix=objects.CANARIES)
    found = []
    for blob in sorted(canaries, key=lambda blob: str(blob.name))[-1:]:
        content = asked("a canary", lambda blob=blob: other.get_blob_client(blob.name).download_blob().readall())  # type: ignore[misc]  # as above
        found.append(objects.canary_of(drill.means, drill.item.ref, content))
    written = list(objects.canaries(drill.means, drill.item.ref))
    if not written:
        return Found(result="not-run", reason="no canary was prepared")
    if not found or found[0] is None:
        return Found(result="fail", reason="no canary is there in the other region")
    behind = round((drill.begun.clock.at - found[0]).total_seconds())
    observed = {"newest_canary_age_s": max(0, behind)}
    # What was written within the RPO may still be on its way; what is older must be there.
    due = drill.begun.clock.at - timedelta(seconds=_MAY_LAG_S if drill.item.rpo_s is None else drill.item.rpo_s)
    if any(found[0] < at <= due for at in written):
        reason = "the other region lacks a canary that is older than what may be lost"
        return Found(result="fail", reason=reason, observed=observed)
    return Found(result="pass", observed=observed)


def _source(drill: Drill) -> Any:
    return blob_reading.container(drill.means, *place(drill.item.id))


def _target(drill: Drill) -> Any:
    return blob_reading.container(drill.means, _name(drill), _COPY)


def _account(drill: Drill) -> str:
    return f"{drill.group}/providers/Microsoft.Storage/storageAccounts/{_name(drill)}"


def _name(drill: Drill) -> str:
    """Return the account's name: unique in the world, of small letters and digits, always the same for a drill."""
    return f"drill{hashlib.sha256(drill.name.encode()).hexdigest()[:18]}"


def _residue(drill: Drill) -> tuple[Left, ...]:
    """Say that nothing of an account outlives it: its blobs' soft delete was never switched on."""
    return ()


KIND = Kind(
    name="archive",
    methods=(VERSION, DELETED, VAULTED),
    steps={VERSION: _STEPS, DELETED: _STEPS, VAULTED: ("ask the vault for the newest whole point", *_STEPS)},
    preflight=_preflight,
    select=_select,
    isolate=_isolate,
    restore=_restore,
    probes=_probes,
    before_removal=lambda drill: None,
    residue=_residue,
    writes=archive_vault.WRITES,
)
