"""The off-site copy is read as AWS has it."""

import json
import subprocess
import sys
from datetime import UTC, datetime

from audit.kinds.aws import (
    BUCKET,
    BUCKET_POLICY,
    FOREIGN_KMS_KEY,
    KMS_ALIAS,
    KMS_KEY,
    OBJECT_LOCK_STATE,
    TRAIL,
)
from audit.model import Verdict
from audit.sources import aws
from audit.sources.aws_questions import QUESTIONS
from tests.aws import (
    ACCOUNT,
    REGION,
    answer_with,
    asking,
    breaking,
    collect,
    encrypt,
    error,
    fill,
    of,
    session,
    verdicts,
)
from tests.support import ROOT

RETENTION = (
    b'<?xml version="1.0"?><Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>COMPLIANCE</Mode>'
    b"<RetainUntilDate>2033-11-21T12:00:00Z</RetainUntilDate></Retention>"
)


def test_what_runs_as_declared_keeps_every_promise(cloud):
    """The controls judge S3's answers as they judge a program; what only a sample proves stays unproven."""
    snapshot = collect(cloud)
    assert snapshot.gaps == ()
    found = verdicts(snapshot)
    assert {name: verdict for name, verdict in found.items() if verdict is not Verdict.KEPT} == {
        "offsite-objects-locked": Verdict.UNPROVEN
    }


def test_a_body_is_what_s3_answers_in_camel_case(cloud):
    """Each setting stands inside the object that wraps it, and the key by its ARN."""
    snapshot = collect(cloud)
    [key] = of(snapshot, KMS_KEY)
    bodies = {found.name.removeprefix("copies/"): found.body for found in snapshot.resources}
    assert bodies["copies"] == {"bucket": "copies", "locationConstraint": REGION, "tags": {"purpose": "archive"}}
    assert bodies["BucketVersioning"] == {"bucket": "copies", "status": "Enabled"}
    assert bodies["OwnershipControls"] == {"bucket": "copies", "rule": {"objectOwnership": "BucketOwnerEnforced"}}
    assert bodies["BucketLogging"] == {"bucket": "copies", "targetBucket": "copies-log", "targetPrefix": "a/"}
    assert bodies["BucketEncryption"]["rules"] == [
        {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key.id},
            "bucketKeyEnabled": True,
        }
    ]
    assert key.body["keyRotationEnabled"] is True
    assert key.body["keyManager"] == "CUSTOMER"


def test_an_id_is_an_arn_and_a_settings_id_opens_with_its_buckets(cloud):
    """Two runs name everything alike."""
    found = {resource.id for resource in collect(cloud).resources}
    assert {"arn:aws:s3:::copies", "arn:aws:s3:::copies#BucketPolicy"} <= found
    assert f"arn:aws:s3::{ACCOUNT}:#AccountPublicAccessBlock" in found


def test_every_answer_is_evidence(cloud):
    """Operation and bucket, the service's own time and id, and a digest that is the same for the same answer."""
    first, second = (of(collect(cloud), BUCKET_POLICY, "copies/")[0].answers[0] for _ in range(2))
    assert first.url == "s3:GetBucketPolicy?bucket=copies"
    assert len(first.digest) == 64
    assert first.digest == second.digest
    assert first.request_id
    assert first.at.tzinfo == UTC


def test_an_answer_that_there_is_none_is_evidence_of_the_bucket(cloud):
    """The log's bucket has no lifecycle: the answer that says so is kept with the bucket."""
    [bucket] = of(collect(cloud), BUCKET, "copies-log")
    assert "s3:GetBucketLifecycleConfiguration?bucket=copies-log" in {answer.url for answer in bucket.answers}


def test_a_bucket_that_is_named_twice_is_asked_once(cloud):
    """No bucket is judged twice."""
    assert len(of(collect(cloud, buckets=("copies", "copies")), BUCKET)) == 1


def test_without_a_list_every_bucket_is_read(cloud):
    """What the account has counts, whoever made it."""
    assert [found.name for found in of(collect(cloud, buckets=()), BUCKET)] == ["copies", "copies-log"]


def test_a_bucket_that_does_not_exist_is_a_gap(cloud):
    """A name in the list that S3 does not know hides what it stands for."""
    snapshot = collect(cloud, buckets=("copies", "gone"))
    assert any("gone" in gap.reason and BUCKET.arm in gap.kinds for gap in snapshot.gaps)
    assert verdicts(snapshot)["offsite-object-lock"] is Verdict.UNPROVEN


def test_a_bucket_that_goes_meanwhile_hides_its_settings(cloud):
    """Half a bucket proves nothing."""
    question = asking("GetBucketOwnershipControls")
    snapshot = collect(cloud, breaking(question, error(404, "NoSuchBucket")))
    assert of(snapshot, BUCKET, "copies")
    assert not set(verdicts(snapshot).values()) & {Verdict.KEPT}


def test_a_bucket_elsewhere_is_read_there_and_breaks_its_promise(own_cloud):
    """Whoever asks in London still learns of Ireland, and of the region that goes by no name."""
    irish = session().client("s3", endpoint_url=own_cloud.endpoint, region_name="eu-west-1")
    irish.create_bucket(Bucket="irish", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    session().client("s3", endpoint_url=own_cloud.endpoint, region_name="us-east-1").create_bucket(Bucket="nameless")
    snapshot = collect(own_cloud, buckets=())
    regions = {found.name: found.body["locationConstraint"] for found in of(snapshot, BUCKET)}
    assert regions == {"copies": REGION, "copies-log": REGION, "irish": "eu-west-1", "nameless": "us-east-1"}
    assert verdicts(snapshot)["offsite-stays-in-london"] is Verdict.BROKEN


def test_a_key_that_is_named_by_its_id_or_an_alias_is_found(own_cloud):
    """S3 answers what was set: an id, an ARN or an alias."""
    kms = session().client("kms", endpoint_url=own_cloud.endpoint)
    [key] = of(collect(own_cloud), KMS_KEY)
    kms.create_alias(AliasName="alias/copies", TargetKeyId=key.name)
    for name in (key.name, "alias/copies", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/copies"):
        encrypt(own_cloud, name)
        snapshot = collect(own_cloud)
        assert verdicts(snapshot)["offsite-own-rotated-key"] is Verdict.KEPT, name
    [alias] = of(snapshot, KMS_ALIAS)
    assert alias.body["targetKeyId"] == key.id


def test_a_key_that_amazon_manages_is_none_of_ours(own_cloud):
    """It changes every year, and opens to whoever Amazon lets in."""
    encrypt(own_cloud, "alias/aws/s3")
    snapshot = collect(own_cloud)
    assert of(snapshot, FOREIGN_KMS_KEY)
    assert verdicts(snapshot)["offsite-own-rotated-key"] is Verdict.BROKEN


def test_a_key_of_another_account_is_none_of_ours(own_cloud):
    """Whose key it is, the key says; its name proves nothing."""
    [key] = of(collect(own_cloud), KMS_KEY)
    metadata = {"KeyMetadata": {"KeyId": key.name, "KeyManager": "CUSTOMER", "AWSAccountId": "999999999999"}}
    question = asking("DescribeKey")
    snapshot = collect(own_cloud, breaking(question, answer_with(json.dumps(metadata).encode())))
    assert of(snapshot, FOREIGN_KMS_KEY)
    assert verdicts(snapshot)["offsite-own-rotated-key"] is Verdict.BROKEN


def test_a_trail_is_read_with_what_it_records(own_cloud):
    """Its event selectors stand in its body."""
    trails = session().client("cloudtrail", endpoint_url=own_cloud.endpoint)
    trails.create_trail(Name="events", S3BucketName="copies-log")
    data = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::copies/"]}]
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": data}
    trails.put_event_selectors(TrailName="events", EventSelectors=[selector])
    [trail] = of(collect(own_cloud), TRAIL)
    assert trail.id.endswith(":trail/events")
    assert trail.body["eventSelectors"][0]["dataResources"] == [
        {"type": "AWS::S3::Object", "values": ["arn:aws:s3:::copies/"]}
    ]


def test_a_sample_of_versions_says_until_when_it_is_locked(own_cloud):
    """S3's own answer decides for each version; no key of an object gets into the snapshot."""
    fill(own_cloud, 25)
    question = asking("GetObjectRetention")
    snapshot = collect(own_cloud, breaking(question, answer_with(RETENTION)))
    found = of(snapshot, OBJECT_LOCK_STATE)
    assert 1 < len(found) <= aws.SAMPLE
    assert found[0].body["retention"] == {"mode": "COMPLIANCE", "retainUntilDate": "2033-11-21T12:00:00+00:00"}
    assert datetime.fromisoformat(found[0].body["lastModified"]).tzinfo == UTC
    assert "lovelace" not in repr(snapshot)
    assert verdicts(snapshot)["offsite-objects-locked"] is Verdict.KEPT


def test_a_version_without_retention_is_not_locked(own_cloud):
    """S3 says so by one code, and it breaks the promise."""
    fill(own_cloud, 1)
    question = asking("GetObjectRetention")
    snapshot = collect(own_cloud, breaking(question, error(404, "NoSuchObjectLockConfiguration")))
    assert verdicts(snapshot)["offsite-objects-locked"] is Verdict.BROKEN


def test_a_sample_that_is_not_told_is_a_gap(own_cloud):
    """The local AWS answers this question wrongly, which proves nothing."""
    fill(own_cloud, 1)
    snapshot = collect(own_cloud)
    assert [gap.kinds for gap in snapshot.gaps] == [(OBJECT_LOCK_STATE.arm,)]
    assert verdicts(snapshot)["offsite-objects-locked"] is Verdict.UNPROVEN


def test_nothing_outside_the_auditors_policy_is_ever_called(own_cloud):
    """Each operation that goes out is a known question, and its permission stands in the policy that we publish."""
    fill(own_cloud, 1)
    encrypt(own_cloud, "alias/copies")
    session().client("cloudtrail", endpoint_url=own_cloud.endpoint).create_trail(Name="all", S3BucketName="copies-log")
    called = set()
    made = session()
    made.events.register("before-call", lambda model, **_: called.add((model.service_model.service_name, model.name)))
    collect(own_cloud, made, buckets=())
    known = {(asked.service, asked.operation): asked.action for asked in QUESTIONS}
    assert called <= set(known)
    assert {known[call] for call in called} - {""} <= granted()


def granted():
    """Read the actions that the published policy grants."""
    document = json.loads((ROOT / "docs" / "auditor-policy-aws.json").read_text())
    actions = [statement["Action"] for statement in document["Statement"]]
    return {action for listed in actions for action in ([listed] if isinstance(listed, str) else listed)}


def test_the_auditors_policy_grants_what_is_asked_and_nothing_else():
    """No permission more than the questions need, and none that reads an object or changes anything."""
    assert granted() == {asked.action for asked in QUESTIONS if asked.action}
    assert not granted() & {"s3:GetObject", "s3:GetObjectVersion"}
    assert all(action.split(":")[1].startswith(("Get", "List", "Describe")) for action in granted())


def test_the_source_brings_in_no_sdk_before_it_is_used():
    """The command line imports every source, and starts in a moment."""
    program = "import sys, audit.sources.aws; sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT).returncode == 0
