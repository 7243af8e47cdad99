"""The stand-in for the aws provider, asked as Pulumi's engine asks it, in front of the local AWS."""

import json

import msgspec
import pytest

from audit.sandbox.cloud_aws import LocalAws
from audit.sandbox.provider.packages import PACKAGES
from audit.sandbox.provider.serving import Plugin, served
from tests.aws import session
from tests.sandbox.engine import Engine, Made, refusal

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
KEY = "aws:kms/key:Key"
COPIES = {"bucket": "copies", "region": "eu-west-2", "objectLockEnabled": True, "tags": {"data": "archive"}}
CLOSED = {
    "bucket": "copies",
    "region": "eu-west-2",
    **dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True),
}
SECOND = {
    "region": "eu-west-2",
    "description": "Encrypts the copy",
    "keyUsage": "ENCRYPT_DECRYPT",
    "isEnabled": True,
    "enableKeyRotation": True,
    "rotationPeriodInDays": 365,
    "tags": {"data": "archive"},
}


@pytest.fixture(scope="module")
def port(sandbox_server, tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        running = msgspec.structs.replace(sandbox_server.running, aws=int(aws.endpoint.rpartition(":")[2]))
        server, found = served(Plugin("aws", "7.51.1", PACKAGES["aws"](running)))
        yield found, aws
        server.stop(None).wait()


@pytest.fixture
def engine(port):
    found, aws = port
    aws.load(())
    engine = Engine(found, {"region": "eu-west-2", "allowedAccountIds": json.dumps(["000000000000"])})
    yield engine
    engine.close()


@pytest.fixture
def s3(port):
    return session().client("s3", endpoint_url=port[1].endpoint)


CASES = [
    pytest.param(BUCKET, COPIES, {"tags": {"data": "mail"}}, id="a bucket"),
    pytest.param(BLOCK, CLOSED, {"blockPublicAcls": False}, id="what is blocked"),
    pytest.param(
        VERSIONING,
        {"bucket": "copies", "region": "eu-west-2", "versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
        id="versions",
    ),
    pytest.param(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        {"bucket": "copies", "region": "eu-west-2", "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"rule": {"objectOwnership": "BucketOwnerPreferred"}},
        id="who owns what",
    ),
    pytest.param(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {
            "bucket": "copies",
            "region": "eu-west-2",
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
        },
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}, "bucketKeyEnabled": True}]},
        id="encryption",
    ),
    pytest.param(
        KEY, SECOND, {"description": "Encrypts the copy of the archive", "tags": {"data": "mail"}}, id="a key"
    ),
    pytest.param(
        "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
        {"accountId": "000000000000", "blockPublicAcls": True, "blockPublicPolicy": True},
        {"ignorePublicAcls": True},
        id="what is blocked for the account",
    ),
]


@pytest.mark.parametrize(("token", "given", "change"), CASES)
def test_a_resource_is_made_found_again_changed_and_deleted(engine, token, given, change):
    if "bucket" in given and token != BUCKET:
        engine.create(BUCKET, "copies", {**COPIES, "objectLockEnabled": False})
    made = engine.create(token, "one", given)
    again = engine.read(token, "one", made)
    assert (again.inputs, again.outputs) == (made.inputs, made.outputs)
    wanted = {**made.inputs, **change}
    difference = engine.diff(token, "one", made, wanted)
    assert sorted(difference.diffs) == sorted(change)
    assert not difference.replaces
    changed = engine.update(token, "one", made, wanted)
    again = engine.read(token, "one", changed)
    assert not engine.diff(token, "one", again, wanted).detailedDiff
    assert {key: again.outputs[key] for key in change} == change
    engine.delete(token, "one", changed)
    if token != VERSIONING:  # S3 only lets it be suspended
        assert engine.read(token, "one", changed) is None


def test_a_change_behind_the_programs_back_is_read(engine, s3):
    engine.create(BUCKET, "copies", COPIES)
    block = engine.create(BLOCK, "block", CLOSED)
    s3.put_public_access_block(Bucket="copies", PublicAccessBlockConfiguration={"BlockPublicAcls": False})
    found = engine.read(BLOCK, "block", block)
    assert "blockPublicAcls" in engine.diff(BLOCK, "block", found, block.inputs).detailedDiff


def test_a_bucket_of_a_run_that_was_killed_is_taken_over_and_no_other(engine):
    made = engine.create(BUCKET, "copies", COPIES)
    assert engine.create(BUCKET, "copies", COPIES) == made
    said = refusal(engine.create, BUCKET, "copies", {**COPIES, "tags": {"data": "theirs"}})
    assert "BucketAlready" in said
    assert "\n" not in said


def test_an_imported_bucket_shows_no_change_afterwards(engine):
    engine.create(BUCKET, "copies", COPIES)
    found = engine.found(BUCKET, "copies", "copies")
    assert (found.inputs["bucket"], found.inputs["tags"]) == ("copies", {"data": "archive"})
    checked, failures = engine.check(BUCKET, "copies", found.inputs)
    assert not failures
    assert not engine.diff(BUCKET, "copies", found, checked).detailedDiff


def test_what_a_bucket_is_made_with_cannot_be_changed(engine):
    found = engine.diff(BUCKET, "copies", Made("copies", COPIES, {}), {**COPIES, "objectLockEnabled": False})
    assert list(found.replaces) == ["objectLockEnabled"]
    assert found.deleteBeforeReplace


def test_a_bucket_without_a_name_is_given_one_that_stays(engine):
    first, _ = engine.check(BUCKET, "copies", {})
    assert first["bucket"].startswith("copies-")
    assert engine.check(BUCKET, "copies", {}, old=first)[0] == first


@pytest.mark.parametrize(
    ("token", "given", "said"),
    [
        pytest.param("aws:ec2/vpc:Vpc", {}, "the local AWS knows no aws:ec2/vpc:Vpc.", id="a type without a row"),
        pytest.param(BLOCK, CLOSED, "NoSuchBucket", id="a setting of a bucket that is not there"),
    ],
)
def test_what_is_refused_is_told_in_one_line(engine, token, given, said):
    told = refusal(engine.create, token, "one", given)
    assert said in told
    assert "\n" not in told


def test_an_account_that_is_not_allowed_is_refused(port):
    said = refusal(lambda: Engine(port[0], {"allowedAccountIds": json.dumps(["111111111111"])}))
    assert said == "the AWS account 000000000000 is not among the allowed 111111111111. Mend aws:allowedAccountIds."
