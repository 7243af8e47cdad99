"""A sealed pack is stored where nobody can delete it, and read back; a store that lies or refuses is found out."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError
from moto import mock_aws

from audit.evidence.worm import store
from audit.evidence.worm_s3 import Bucket
from audit.model import AuditError
from tests.aws import REGION, error
from tests.sealing import Keys, sealed

UNTIL = datetime(2099, 1, 1, 12, 0, 0, 999, tzinfo=UTC)
LATER = UNTIL + timedelta(days=30)
COMPLIANCE = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}}}


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return sealed(tmp_path_factory.mktemp("packs"), Keys(tmp_path_factory.mktemp("keys")))


@pytest.fixture
def s3():
    """The local AWS with a bucket that locks objects."""
    with mock_aws():
        yield made()


def made(name="evidence", *, lock=True):
    """Make a client of the local AWS, and a bucket in it."""
    client = boto3.Session("local", "local", region_name=REGION).client("s3")
    where = {"LocationConstraint": REGION}
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock, CreateBucketConfiguration=where)
    return client


def stored(pack, client, *, until=UNTIL, name="evidence", prefix="a/b/"):
    return list(store(pack, Bucket(client, name, prefix), until=until))


def files(pack):
    return {str(path.relative_to(pack)): path.read_bytes() for path in pack.rglob("*") if path.is_file()}


def versions(client):
    return client.list_object_versions(Bucket="evidence").get("Versions", [])


def test_every_file_is_stored_locked_and_the_seal_last(pack, s3):
    found = stored(pack, s3)
    assert {one.key: one.size for one in found} == {
        f"a/b/{pack.name}/{path}": len(content) for path, content in files(pack).items()
    }
    assert [("/seal/" in one.key) for one in found] == sorted("/seal/" in one.key for one in found)
    for one in found:
        answer = s3.get_object(Bucket="evidence", Key=one.key, VersionId=one.version)
        assert answer["Body"].read() == files(pack)[one.key.partition(f"{pack.name}/")[2]]
        assert (answer["ObjectLockMode"], answer["ObjectLockRetainUntilDate"]) == (
            "COMPLIANCE",
            UNTIL.replace(microsecond=0),
        )


def test_storing_twice_changes_nothing(pack, s3):
    first = stored(pack, s3)
    again = stored(pack, s3)
    assert [(one.key, one.version, one.until) for one in again] == [(one.key, one.version, one.until) for one in first]
    assert {one.new for one in first} == {True}
    assert {one.new for one in again} == {False}
    assert len(versions(s3)) == len(first)


def test_a_storing_that_was_killed_is_ended_by_the_next(pack, s3):
    half = store(pack, Bucket(s3, "evidence"), until=UNTIL)
    done = [next(half), next(half), next(half)]
    half.close()
    again = stored(pack, s3, prefix="")
    assert [one.new for one in again] == [False] * len(done) + [True] * (len(again) - len(done))


def test_a_lock_is_made_longer_and_never_shorter(pack, s3):
    stored(pack, s3)
    assert {one.until for one in stored(pack, s3, until=LATER)} == {LATER.replace(microsecond=0)}
    assert {one.until for one in stored(pack, s3)} == {LATER.replace(microsecond=0)}


def test_without_a_time_the_buckets_own_default_decides(pack, s3):
    s3.put_object_lock_configuration(Bucket="evidence", ObjectLockConfiguration=COMPLIANCE)
    found = stored(pack, s3, until=None)
    assert all(one.until > datetime.now(UTC) + timedelta(days=29) for one in found)


def unlocked(_s3, pack):
    made("plain", lock=False)
    stored(pack, _s3, name="plain")


def without_default(s3, pack):
    stored(pack, s3, until=None)


def with_governance(s3, pack):
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}
    lock = COMPLIANCE | {"Rule": rule}
    s3.put_object_lock_configuration(Bucket="evidence", ObjectLockConfiguration=lock)
    stored(pack, s3, until=None)


def nowhere(s3, pack):
    stored(pack, s3, name="nowhere")


@pytest.mark.parametrize(
    ("do", "said"),
    [
        pytest.param(unlocked, "Object Lock configuration does not exist", id="no lock"),
        pytest.param(without_default, "Add --retain-days", id="nobody says for how long"),
        pytest.param(with_governance, "Add --retain-days", id="a lock that can be lifted"),
        pytest.param(nowhere, "does not exist", id="no bucket"),
    ],
)
def test_a_bucket_that_keeps_nothing_is_refused_before_anything_is_put(do, said, pack, s3):
    with pytest.raises(AuditError, match=said) as told:
        do(s3, pack)
    assert "\n" not in str(told.value)
    assert versions(s3) == []


def test_another_file_of_the_name_is_left_alone(pack, s3):
    key = f"a/b/{pack.name}/manifest.json"
    s3.put_object(Bucket="evidence", Key=key, Body=b"other", ChecksumAlgorithm="SHA256")
    with pytest.raises(AuditError, match="another file stands there"):
        stored(pack, s3)
    (found,) = [one for one in versions(s3) if one["Key"] == key]
    assert found["Size"] == 5


class Answered(BytesIO):
    """The body of an answer that was made up."""

    def stream(self, **_):
        """Give all at once."""
        yield self.read()


def lying(request, **_):
    """Answer with other bytes of the same length."""
    if request.method == "GET" and "versionId" in request.url:
        return AWSResponse(request.url, 200, {"x-amz-version-id": "1"}, Answered(b"x" * 9))
    return None


def forgetful(request, **_):
    """Answer with the right bytes, and without a lock."""
    if request.method == "GET" and "versionId" in request.url:
        content = files(forgetful.pack)[request.url.partition(f"{forgetful.pack.name}/")[2].partition("?")[0]]
        return AWSResponse(request.url, 200, {"x-amz-version-id": "1"}, Answered(content))
    return None


def silent(request, **_):
    raise ConnectTimeoutError(endpoint_url=request.url)


def denied(request, **_):
    return error(403, "AccessDenied")(request) if request.method == "PUT" else None


def full(request, **_):
    return error(503, "SlowDown")(request) if request.method == "PUT" else None


@pytest.mark.parametrize(
    ("event", "fault", "said"),
    [
        pytest.param("GetObject", lying, "it is not what was put", id="other bytes"),
        pytest.param("GetObject", forgetful, "shows no lock", id="no lock"),
        pytest.param("PutObject", denied, "AccessDenied", id="denied"),
        pytest.param("PutObject", full, "SlowDown", id="too many"),
        pytest.param("PutObject", silent, "timeout", id="silence"),
        pytest.param("GetObject", silent, "timeout", id="silence when read back"),
    ],
)
def test_a_store_that_lies_or_refuses_is_one_line(event, fault, said, pack, s3, monkeypatch):
    monkeypatch.setattr(forgetful, "pack", pack, raising=False)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    client = boto3.Session("local", "local", region_name=REGION).client("s3")
    client.meta.events.register_first(f"before-send.s3.{event}", fault)
    with pytest.raises(AuditError, match=said) as told:
        stored(pack, client)
    assert "\n" not in str(told.value)
    assert "s3://evidence/a/b/" in str(told.value)
