"""Drills the off-site copy: a sample of its versions is read whole and opened with our own key, in memory alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from audit.azure import Refused
from audit.drill_record import Left, RecoveryPoint
from audit.drills import bucket_reading, objects
from audit.drills.bucket_reading import asked, client, place
from audit.drills.ciphertext import content_key, opened
from audit.drills.drill import Drill, Found, Kind, Probe
from audit.drills.objects import Read, keyed
from audit.drills.outcomes import Failed, NotRun

VERSION = "version"
_FROZEN = ("GLACIER", "DEEP_ARCHIVE")
"""Storage classes that must be brought back before they are read."""
_LOCKED = "COMPLIANCE"
_REFUSED = 403
_STEPS = (
    "list every version, and draw a sample by the seed",
    "read each one's lock, encryption and storage class; bring back those that lie in Glacier",
    "read each version whole, open it with our key in memory, and compare it with the manifest",
    "see that a canary cannot be deleted",
)


def _preflight(drill: Drill) -> None:
    """See that S3 can be read, and that there is something to compare it with."""
    bucket, _ = place(drill.item.id)
    if not drill.means.key:
        raise NotRun("the key is not there by which names become digests")
    s3 = client(drill.means)
    told = asked("the bucket's region", lambda: s3.get_bucket_location(Bucket=bucket))["LocationConstraint"]
    regions = drill.item.facts.get("regions")
    if regions and told not in regions:
        raise NotRun(f"the bucket lies in {told}, which is no promised region")


def _select(drill: Drill) -> RecoveryPoint:
    """Choose the newest version of every object; the newest of them dates the point."""
    bucket, prefix = place(drill.item.id)
    found = bucket_reading.listed(client(drill.means), bucket, prefix)
    if not found:
        raise Failed(1, "the bucket is empty")
    newest = max(version["LastModified"] for version in found).astimezone(UTC)
    return RecoveryPoint(
        id=f"newest versions of {len(found)} objects", created_at=newest, tier="S3", completeness="Completed"
    )


def _restore(drill: Drill, point: RecoveryPoint) -> Mapping[str, Any]:
    """Bring back what lies in Glacier, which takes hours; all else can be read as it is."""
    s3, (bucket, _) = client(drill.means), place(drill.item.id)
    brought = 0
    for name, version in _sampled(drill).items():
        if version is not None and version.get("StorageClass") in _FROZEN:
            drill.steps.do(f"bring back {name[:16]}", lambda version=version: _asked_for(s3, bucket, version))  # type: ignore[misc]  # a default binds it
            drill.wait("an object in Glacier", lambda version=version: _is_back(s3, bucket, version))  # type: ignore[misc]  # as above
            brought += 1
    return {"job": f"{brought} objects brought back", "brought": brought}


def _asked_for(s3: Any, bucket: str, version: Mapping[str, Any]) -> bool:
    words = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
    request = {"Days": 1, "GlacierJobParameters": {"Tier": "Bulk"}}
    try:
        asked("an object in Glacier", lambda: s3.restore_object(**words, RestoreRequest=request))
    except Refused as refused:
        if "RestoreAlreadyInProgress" not in refused.why:
            raise
    return True


def _is_back(s3: Any, bucket: str, version: Mapping[str, Any]) -> bool | None:
    told = str(bucket_reading.head(s3, bucket, version).get("Restore", ""))
    return True if 'ongoing-request="false"' in told else None


def _sampled(drill: Drill) -> dict[str, Mapping[str, Any] | None]:
    """Return the sample by the keyed digests of names, each with its newest version; None where it is gone."""
    bucket, prefix = place(drill.item.id)
    versions = bucket_reading.listed(client(drill.means), bucket, prefix)
    there = {keyed(drill.means, version["Key"].encode()): version for version in versions}
    sample = objects.sample(drill, objects.manifest(drill.means, drill.item.ref))
    return {one.name: there.get(one.name) for one in sample}


class _Reading:
    """Reads the sample once for all the checks that ask."""

    def __init__(self, drill: Drill) -> None:
        self._drill = drill
        self._read: dict[str, Read] = {}
        self._heads: dict[str, Mapping[str, Any]] = {}
        self.closed = 0
        """How many our key did not open."""

    def heads(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what S3 tells of each that is there."""
        if not self._heads:
            s3, (bucket, _) = client(self._drill.means), place(self._drill.item.id)
            for name, version in _sampled(self._drill).items():
                if version is not None:
                    self._heads[name] = {**bucket_reading.head(s3, bucket, version), "version": version}
        return self._heads

    def read(self) -> Mapping[str, Read]:
        """Return what reading each that is there showed."""
        if not self._read:
            s3, (bucket, _) = client(self._drill.means), place(self._drill.item.id)
            for name, told in self.heads().items():
                version, metadata = told["version"], told.get("Metadata", {})
                try:
                    _, size, digest = bucket_reading.digests(self._drill.means, s3, bucket, version, metadata)
                except Failed:
                    self.closed += 1
                    size, digest = int(version["Size"]), ""
                self._read[name] = Read(name=name, size=size, digest=digest)
        return self._read


def _probes(drill: Drill, point: RecoveryPoint, restored: Mapping[str, Any]) -> tuple[Probe, ...]:
    known = objects.manifest(drill.means, drill.item.ref)
    wanted = objects.sample(drill, known)
    reading = _Reading(drill)
    return (
        Probe(id="offsite.locked", level=2, run=lambda: _locked(drill, wanted, reading)),
        Probe(id="offsite.read", level=3, run=lambda: _whole(wanted, reading)),
        Probe(id="offsite.decrypted", level=4, run=lambda: _decrypted(wanted, reading)),
        Probe(id="offsite.content", level=5, run=lambda: objects.compared(wanted, reading.read(), len(known))),
        Probe(id="offsite.canary", level=5, run=lambda: _canary(drill)),
        Probe(id="offsite.undeletable", level=6, run=lambda: _undeletable(drill)),
    )


def _locked(drill: Drill, wanted: tuple[objects.Object, ...], reading: _Reading) -> Found:
    """Check that each is locked in compliance mode, and encrypted with a key of KMS."""
    heads = reading.heads()
    if not wanted:
        return Found(result="not-run", reason="no manifest was prepared")
    now = drill.begun.clock.at
    open_ = sum(
        told.get("ObjectLockMode") != _LOCKED or told.get("ObjectLockRetainUntilDate", now) <= now
        for told in heads.values()
    )
    plain = sum(told.get("ServerSideEncryption") != "aws:kms" for told in heads.values())
    observed = {"sampled": len(heads), "not_locked": open_, "not_encrypted_by_kms": plain}
    if open_ or plain:
        reason = f"of {len(heads)} versions {open_} are not locked and {plain} not encrypted by a key of KMS"
        return Found(result="fail", reason=reason, observed=observed)
    return Found(result="pass", observed=observed)


def _whole(wanted: tuple[objects.Object, ...], reading: _Reading) -> Found:
    """Check that each is there and as long as the manifest says."""
    read = reading.read()
    if not wanted:
        return Found(result="not-run", reason="no manifest was prepared")
    short = sum(one.name not in read or read[one.name].size != one.size for one in wanted)
    observed = {"sampled": len(wanted), "read": len(read), "short": short}
    if short:
        return Found(result="fail", reason=f"{short} of {len(wanted)} objects are gone or cut short", observed=observed)
    return Found(result="pass", observed=observed)


def _decrypted(wanted: tuple[objects.Object, ...], reading: _Reading) -> Found:
    """Check that our key opens each of them."""
    read = reading.read()
    if not wanted:
        return Found(result="not-run", reason="no manifest was prepared")
    observed = {"opened": len(read) - reading.closed, "closed": reading.closed}
    if reading.closed:
        return Found(result="fail", reason=f"our key does not open {reading.closed} of them", observed=observed)
    return Found(result="pass", observed=observed)


def _canary(drill: Drill) -> Found:
    """Open the newest canary."""
    s3, (bucket, _) = client(drill.means), place(drill.item.id)
    versions = bucket_reading.listed(s3, bucket, objects.CANARIES)
    found: datetime | None = None
    for version in sorted(versions, key=lambda one: str(one["Key"]))[-1:]:
        metadata = bucket_reading.head(s3, bucket, version).get("Metadata", {})
        key = content_key(drill.means, metadata)
        content = b"".join(opened(bucket_reading.pieces(s3, bucket, version), key, metadata))
        found = objects.canary_of(drill.means, drill.item.ref, content)
    return objects.fresh(drill, found, before=drill.begun.clock.at)


def _undeletable(drill: Drill) -> Found:
    """Try to delete a canary, which must be refused; its lock is not tried, as a try that succeeds weakens it."""
    s3, (bucket, _) = client(drill.means), place(drill.item.id)
    versions = bucket_reading.listed(s3, bucket, objects.CANARIES)
    if not versions:
        return Found(result="not-run", reason="no canary was prepared")
    newest = max(versions, key=lambda one: str(one["Key"]))
    words = {"Bucket": bucket, "Key": newest["Key"], "VersionId": newest["VersionId"]}
    try:
        asked("the deletion of a canary", lambda: s3.delete_object(**words))
    except Refused as refused:
        if refused.status != _REFUSED:
            raise
        return Found(result="pass", observed={"refused": refused.status})
    return Found(result="fail", reason="a locked version could be deleted")


def _nothing(drill: Drill) -> tuple[Left, ...]:
    return ()


KIND = Kind(
    name="offsite",
    methods=(VERSION,),
    steps={VERSION: _STEPS},
    preflight=_preflight,
    select=_select,
    isolate=lambda drill: None,
    restore=_restore,
    probes=_probes,
    before_removal=lambda drill: None,
    residue=_nothing,
    in_azure=False,
)
