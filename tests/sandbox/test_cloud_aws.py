"""The local AWS holds what is declared, says what it cannot hold, and comes back after a restart."""

import boto3
import pytest

from audit.kinds.aws import BUCKET, BUCKET_VERSIONING
from audit.model import AuditError, Kind
from audit.sandbox.cloud_aws import LocalAws
from audit.sandbox.environment import aws_variables
from audit.sources import aws
from tests.aws import NOW, REGION, as_declared, declared, estate, session, to, verdicts


def read(cloud):
    """Read everything that the local AWS holds."""
    return aws.collect(session(), buckets=(), region=REGION, now=NOW, endpoint=cloud.endpoint, attempts=1)


def test_what_is_declared_is_judged_alike_there(tmp_path):
    """References are resolved on the way, and every control that sees both planes rules the same."""
    with LocalAws(tmp_path) as cloud:
        assert cloud.load(estate()) == ()
        live = verdicts(read(cloud))
    for name, verdict in verdicts(as_declared(estate())).items():
        assert live[name] is verdict, name


def test_a_restart_brings_back_what_was_loaded(tmp_path):
    """Moto forgets; the folder does not."""
    with LocalAws(tmp_path) as cloud:
        cloud.load(estate())
        before = [found.id for found in read(cloud).resources]
    with LocalAws(tmp_path) as cloud:
        assert [found.id for found in read(cloud).resources] == before


def test_a_restart_brings_back_what_clients_changed(tmp_path):
    """Ids that are drawn by lot come out the same, and what was refused or deleted stays away."""
    with LocalAws(tmp_path) as cloud:
        keys, buckets = (session().client(name, endpoint_url=cloud.endpoint) for name in ("kms", "s3"))
        made = [keys.create_key()["KeyMetadata"]["KeyId"] for _ in range(3)]
        with pytest.raises(buckets.exceptions.ClientError):
            buckets.delete_bucket(Bucket="nobody-s")
        for name in ("kept", "gone"):
            buckets.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        buckets.put_object(Bucket="kept", Key="a/b c", Body=b"some bytes")
        buckets.delete_bucket(Bucket="gone")
    with LocalAws(tmp_path) as cloud:
        keys, buckets = (session().client(name, endpoint_url=cloud.endpoint) for name in ("kms", "s3"))
        assert [key["KeyId"] for key in keys.list_keys()["Keys"]] == made
        assert [bucket["Name"] for bucket in buckets.list_buckets()["Buckets"]] == ["kept"]
        assert buckets.get_object(Bucket="kept", Key="a/b c")["Body"].read() == b"some bytes"


def test_what_is_loaded_takes_the_place_of_what_was_there(tmp_path):
    """An estate without the log's bucket has none."""
    with LocalAws(tmp_path) as cloud:
        cloud.load(estate())
        cloud.load([found for found in estate() if found.type == BUCKET.arm and found.name == "copies"])
        assert [found.name for found in read(cloud).resources if found.type == BUCKET.arm] == ["copies"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param({"locationConstraint": REGION}, "bucket is not declared", id="a name that Pulumi makes up"),
        pytest.param({"bucket": {"$unknown": True}}, "not known before deployment", id="an unknown name"),
        pytest.param({"bucket": to("nobody")}, "which is not there", id="a reference to nothing"),
        pytest.param({"bucket": "UPPER CASE"}, "Invalid bucket name", id="a name that S3 refuses"),
    ],
)
def test_what_cannot_be_held_is_said(tmp_path, body, why):
    """Nothing is left out in silence."""
    with LocalAws(tmp_path) as cloud:
        [left] = cloud.load([declared(BUCKET, "odd", body)])
    assert why in left.why


def test_a_setting_that_moto_forgets_is_said(tmp_path):
    """Moto takes MFA delete and drops it."""
    odd = declared(BUCKET_VERSIONING, "mfa", {"bucket": to("copies"), "status": "Enabled", "mfaDelete": "Enabled"})
    with LocalAws(tmp_path) as cloud:
        [left] = cloud.load([*estate(), odd])
    assert "mfaDelete" in left.why


def test_a_type_that_has_no_place_there_is_said(tmp_path):
    """Another service of Amazon's is not loaded."""
    with LocalAws(tmp_path) as cloud:
        [left] = cloud.load([declared(Kind(arm="AWS::SQS::Queue", api="", pulumi=()), "queue", {})])
    assert left.what == "AWS::SQS::Queue"


def test_what_is_not_amazons_is_left_alone(tmp_path):
    """The whole program's snapshot may be handed over."""
    azure = declared(Kind(arm="Microsoft.Storage/storageAccounts", api="", pulumi=()), "account", {})
    with LocalAws(tmp_path) as cloud:
        assert cloud.load([azure]) == ()
    assert (tmp_path / "aws.jsonl").read_text() == ""


def test_a_state_that_cannot_be_read_stops_the_start(tmp_path):
    """It says which file, and what to do."""
    (tmp_path / "aws.jsonl").write_text("{")
    with pytest.raises(AuditError, match=r"aws\.jsonl.*Delete it"):
        LocalAws(tmp_path)


def test_it_stands_for_the_account_that_is_named(tmp_path):
    """Policies name accounts, so the local AWS is the one they name."""
    with LocalAws(tmp_path, account="123123123123") as cloud:
        told = session().client("sts", endpoint_url=cloud.endpoint).get_caller_identity()
    assert told["Account"] == "123123123123"


def test_a_port_that_is_taken_is_one_line(tmp_path):
    """Two cannot listen on one port."""
    with LocalAws(tmp_path) as cloud, pytest.raises(AuditError, match="Choose another port"):
        LocalAws(tmp_path, port=int(cloud.endpoint.rpartition(":")[2]))


def test_any_aws_client_finds_it_by_the_environment(tmp_path, monkeypatch):
    """The variables are those that every AWS SDK reads; nothing else leads there."""
    with LocalAws(tmp_path) as cloud:
        cloud.load(estate())
        for name, value in aws_variables(cloud.endpoint).items():
            monkeypatch.setenv(name, value)
        found = aws.collect(boto3.Session(), buckets=(), region=REGION, now=NOW, attempts=1)
    assert found.gaps == ()
    assert {resource.name for resource in found.resources if resource.type == BUCKET.arm} == {"copies", "copies-log"}
