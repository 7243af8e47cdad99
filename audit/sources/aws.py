"""Reads the off-site copy as AWS has it: buckets and their settings, keys, trails, and how a sample is locked."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from audit.exchange import Tape
from audit.kinds.aws import (
    ACCOUNT_PUBLIC_ACCESS_BLOCK,
    BUCKET,
    BUCKET_ENCRYPTION,
    BUCKET_OBJECT_LOCK,
    BUCKET_OWNERSHIP,
    OBJECT_LOCK_STATE,
    TRAIL,
    spelt,
)
from audit.model import Answer, AuditError, Kind, Plane, Snapshot
from audit.sources.aws_client import ATTEMPTS, Client, Refused, Seen, Session, Told, demand
from audit.sources.aws_keys import KeyReader
from audit.sources.aws_questions import (
    ACCOUNT_BLOCK,
    BUCKETS,
    LOCATION,
    OF_A_BUCKET,
    RETENTION,
    SELECTORS,
    SETTINGS,
    TAGS,
    TRAILS,
    VERSIONS,
    WHO,
    Setting,
)

SAMPLE = 20
"""How many versions of a locked bucket's objects are looked at."""
_GONE = "NoSuchBucket"


def collect(
    session: Session,
    *,
    buckets: Sequence[str],
    region: str,
    now: datetime,
    endpoint: str | None = None,
    attempts: int = ATTEMPTS,
    tape: Tape | None = None,
    real: Callable[[str], str] = str,
) -> Snapshot:
    """Return what the account of `session` has of the off-site copy: the named buckets, or all where none is named.

    `endpoint` stands for all of AWS, such as a local one; `attempts` is how often one request is sent before it counts
    as unanswered; `tape` and `real` are the client's. What could not be read is a gap that names the missing
    permission. Raises `AuditError` where AWS does not even say whose credentials these are.
    """
    client = Client(session, region=region, now=now, endpoint=endpoint, attempts=attempts, tape=tape, real=real)
    partition, account = _account(client)
    seen = Seen(partition=partition, account=account, now=now)
    reader = _Reader(client, seen)
    _read_account_block(client, seen)
    # A bucket that is named twice is asked once.
    for bucket in dict.fromkeys(buckets or _list_buckets(client, seen)):
        reader.read(bucket)
    _read_trails(client, seen)
    return Snapshot(
        plane=Plane.LIVE,
        origin=f"AWS account {account}",
        seen_at=now,
        resources=tuple(sorted(seen.resources, key=lambda resource: resource.id)),
        gaps=tuple(seen.gaps),
        answers=tuple(client.answers),
        tools={"boto3": version("boto3")},
    )


def _account(client: Client) -> tuple[str, str]:
    """Return the partition and the number of the account; raises `AuditError` where AWS does not tell."""
    try:
        told = client.ask(WHO, about={})
        _, partition, _, _, account, *_ = demand(WHO, told, "Arn", str).split(":")
    except (Refused, ValueError) as error:
        advice = "Check the auditor's credentials (AWS_PROFILE, or the role it assumes)."
        raise AuditError(f"AWS cannot be asked: {error}. {advice}") from error
    return partition, account


def _list_buckets(client: Client, seen: Seen) -> list[str]:
    """List the account's buckets; with a gap where not all of them were told."""
    names: list[str] = []
    try:
        # Without a page's size S3 answers all at once, and refuses where there are more than 10,000.
        for told in client.pages(BUCKETS, token=("ContinuationToken", "ContinuationToken"), MaxBuckets=1000):
            names += [bucket["Name"] for bucket in demand(BUCKETS, told, "Buckets", list)]
    except Refused as error:
        seen.hide(error, BUCKET, *OF_A_BUCKET)
    return names


def _read_account_block(client: Client, seen: Seen) -> None:
    """Ask what is blocked for the whole account."""
    about = {"accountId": seen.account}
    try:
        told = client.ask(ACCOUNT_BLOCK, about=about, AccountId=seen.account)
        if told.body is not None:
            body = spelt(demand(ACCOUNT_BLOCK, told, "PublicAccessBlockConfiguration"))
            identity = f"{seen.arn('s3', '', '')}#AccountPublicAccessBlock"
            seen.add(ACCOUNT_PUBLIC_ACCESS_BLOCK, identity, seen.account, {**body, **about}, told.answer)
    except Refused as error:
        seen.hide(error, ACCOUNT_PUBLIC_ACCESS_BLOCK)


def _read_trails(client: Client, seen: Seen) -> None:
    """Ask which events the trails record; those of the organisation and of other regions are among them."""
    try:
        told = client.ask(TRAILS, about={})
        for trail in demand(TRAILS, told, "trailList", list):
            arn = str(trail.get("TrailARN", ""))
            home = str(trail.get("HomeRegion", ""))
            selected = client.ask(SELECTORS, region=home, about={"trail": arn}, TrailName=arn)
            body = {**spelt(trail), **spelt(selected.body)}
            seen.add(TRAIL, arn, str(trail.get("Name", arn)), body, told.answer, selected.answer)
    except Refused as error:
        seen.hide(error, TRAIL)


class _Reader:
    """Asks about buckets, one after the other."""

    def __init__(self, client: Client, seen: Seen) -> None:
        self._client = client
        self._seen = seen
        self._keys = KeyReader(client, seen)

    def read(self, bucket: str) -> None:
        """Ask for a bucket and all of its settings; one that is gone, or goes meanwhile, hides what it had."""
        try:
            self._read(bucket)
        except Refused as error:
            self._seen.hide(error, BUCKET, *OF_A_BUCKET)

    def _read(self, bucket: str) -> None:
        """Ask for a bucket; raises `Refused` where it is gone."""
        body: dict[str, Any] = {"bucket": bucket}
        evidence: list[Answer] = []
        for question, read in ((LOCATION, _location), (TAGS, _tags)):
            try:
                told = self._client.ask(question, about={"bucket": bucket}, Bucket=bucket)
                body |= read(told)
                evidence.append(told.answer)
            except Refused as error:
                self._hide_unless_gone(error, BUCKET)
        region = body.get("locationConstraint", "")
        try:
            locked = self._read_settings(bucket, region, evidence)
        finally:
            # A bucket that goes meanwhile was there: what it did say still counts.
            self._seen.add(BUCKET, self._arn(bucket), bucket, body, *evidence)
        if locked:
            self._read_sample(bucket, region)

    def _hide_unless_gone(self, error: Refused, kind: Kind) -> None:
        """Note what a refusal hides; raises it where the whole bucket is gone."""
        if error.code == _GONE:
            raise error
        self._seen.hide(error, kind)

    def _arn(self, bucket: str) -> str:
        return f"arn:{self._seen.partition}:s3:::{bucket}"

    def _read_settings(self, bucket: str, region: str, evidence: list[Answer]) -> bool:
        """Ask for each setting, and return whether the bucket locks its objects; raises `Refused` where it is gone.

        The answer that there is no such setting is evidence of the bucket itself.
        """
        locked = False
        for setting in SETTINGS:
            try:
                told = self._client.ask(setting.question, region=region, about={"bucket": bucket}, Bucket=bucket)
                body = _setting(setting, told)
            except Refused as error:
                self._hide_unless_gone(error, setting.kind)
                continue
            if body is None:
                evidence.append(told.answer)
                continue
            if setting.kind is BUCKET_ENCRYPTION:
                body = self._keys.named_by_arn(body, region)
            self._add(setting.kind, bucket, body, told.answer)
            locked = locked or setting.kind is BUCKET_OBJECT_LOCK
        return locked

    def _add(self, kind: Kind, bucket: str, body: Mapping[str, Any], answer: Answer) -> None:
        """Note a setting of a bucket."""
        word = kind.arm.rpartition("::")[2]
        self._seen.add(kind, f"{self._arn(bucket)}#{word}", f"{bucket}/{word}", {**body, "bucket": bucket}, answer)

    def _read_sample(self, bucket: str, region: str) -> None:
        """Ask until when some versions are locked; raises `Refused` where the bucket is gone.

        They are spread over the first page of the listing. Their keys stay out of the snapshot: a key may name a
        person.
        """
        try:
            told = self._client.ask(VERSIONS, region=region, about={"bucket": bucket}, Bucket=bucket, MaxKeys=1000)
            versions = (told.body or {}).get("Versions", [])
            for found in versions[:: max(1, -(-len(versions) // SAMPLE))]:
                self._read_lock_state(bucket, region, found, told.answer)
        except Refused as error:
            self._hide_unless_gone(error, OBJECT_LOCK_STATE)

    def _read_lock_state(self, bucket: str, region: str, found: Mapping[str, Any], listed: Answer) -> None:
        """Ask until when one version is locked; raises `Refused` where it was not told."""
        key, identity = str(found.get("Key")), str(found.get("VersionId"))
        about = {"bucket": bucket, "versionId": identity}
        told = self._client.ask(RETENTION, region=region, about=about, Bucket=bucket, Key=key, VersionId=identity)
        # No retention at all is an answer, too, and an empty one says so.
        retention = {} if told.body is None else demand(RETENTION, told, "Retention")
        body = {"lastModified": found.get("LastModified"), "versionId": identity, "retention": retention}
        # A version's own id tells it from all others; the one without any is told by its key.
        which = f"{key}/{identity}" if identity == "null" else identity
        part = f"/{sha256(which.encode()).hexdigest()[:16]}"
        self._seen.add(
            OBJECT_LOCK_STATE,
            f"{self._arn(bucket)}#ObjectLockState{part}",
            f"{bucket}/version {identity}",
            {**spelt(body), "bucket": bucket},
            listed,
            told.answer,
        )


def _location(told: Told) -> dict[str, Any]:
    """Read where a bucket lies; raises `Refused` where the answer does not say.

    S3 answers nothing for its first region, and an old word for its second:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
    """
    if "LocationConstraint" not in (told.body or {}):
        raise Refused(f"{LOCATION.words} brought an answer without LocationConstraint")
    found = (told.body or {})["LocationConstraint"]
    return {"locationConstraint": {None: "us-east-1", "EU": "eu-west-1"}.get(found, found)}


def _tags(told: Told) -> dict[str, Any]:
    """Read a bucket's tags into a map; raises `Refused` where an answer holds none and does not say so."""
    listed = [] if told.body is None else demand(TAGS, told, "TagSet", list)
    return {"tags": {tag["Key"]: tag["Value"] for tag in listed}}


def _setting(setting: Setting, told: Told) -> dict[str, Any] | None:
    """Read one setting's answer; None where the bucket has none. Raises `Refused` where it is neither."""
    if told.body is None or (setting.silent and setting.member not in told.body):
        return None
    found = demand(setting.question, told, setting.member, object)
    body: dict[str, Any] = spelt(found if setting.wraps else told.body)
    if setting.kind is not BUCKET_OWNERSHIP:
        return body
    rules = body.get("rules", [])
    if len(rules) != 1:
        raise Refused(f"{setting.question.words} brought {len(rules)} rules, where S3 takes one")
    return {"rule": rules[0]}
