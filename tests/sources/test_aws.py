"""The off-site copy is read as AWS has it, and what AWS does not tell never reads as kept."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError

from audit.kinds.aws import (
    BUCKET,
    BUCKET_POLICY,
    FOREIGN_KMS_KEY,
    KMS_ALIAS,
    KMS_KEY,
    OBJECT_LOCK_STATE,
    TRAIL,
)
from audit.model import AuditError, Verdict
from audit.sandbox.cloud_aws import LocalAws
from audit.sources import aws
from audit.sources.aws_questions import QUESTIONS
from tests.aws import ACCOUNT, NOW, REGION, estate, session, verdicts
from tests.support import ROOT

ORDER = list(Verdict)
SERVICES = {"s3control": "s3-control"}
"""What botocore calls a service in its events, where that is not the client's name."""
RETENTION = (
    b'<?xml version="1.0"?><Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>COMPLIANCE</Mode>'
    b"<RetainUntilDate>2033-11-21T12:00:00Z</RetainUntilDate></Retention>"
)


class Body:
    """The body of an answer that was made up, read once as a stream."""

    def __init__(self, content):
        self.content = content

    def stream(self, **_):
        yield self.content


def error(status, code):
    """Make up an answer that is an error in the words of every service: XML for some, JSON for the others."""

    def answer(request, **_):
        headers = {"x-amzn-errortype": code, "content-type": "application/xml"}
        content = f"<Error><Code>{code}</Code><Message>no</Message></Error>"
        if b"kms" in str(request.headers).encode() or "X-Amz-Target" in request.headers:
            content = json.dumps({"__type": code, "message": "no"})
        return AWSResponse(request.url, status, headers, Body(content.encode()))

    return answer


def answer_with(content, status=200):
    return lambda request, **_: AWSResponse(request.url, status, {}, Body(content))


def times_out(request, **_):
    raise ConnectTimeoutError(endpoint_url=request.url)


FAULTS = {
    "401": error(401, "Unauthorized"),
    "403": error(403, "AccessDenied"),
    "404": error(404, "NoSuchThing"),
    "409": error(409, "OperationAborted"),
    "429": error(429, "SlowDown"),
    "500": error(500, "InternalError"),
    "timeout": times_out,
    "empty": answer_with(b""),
    "truncated": answer_with(b'<?xml version="1.0"?><Answer><Trunc'),
    "skewed": error(403, "RequestTimeTooSkewed"),
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """A local AWS that holds the whole estate; no test changes it."""
    with LocalAws(tmp_path_factory.mktemp("aws")) as running:
        assert running.load(estate()) == ()
        yield running


@pytest.fixture
def own_cloud(tmp_path):
    """A local AWS of a test's own, with the estate in it."""
    with LocalAws(tmp_path, account="111122223333") as running:
        running.load([found for found in estate() if found.name != "account"])
        yield running


def collect(cloud, made=None, *, buckets=("copies", "copies-log"), attempts=1, region=REGION):
    """Read the local AWS once, without waiting long for anything."""
    made = made or session()
    return aws.collect(made, buckets=buckets, region=region, now=NOW, endpoint=cloud.endpoint, attempts=attempts)


def breaking(question, fault):
    """Make a session in which one operation goes wrong."""
    made = session()
    service = SERVICES.get(question.service, question.service)
    made.events.register(f"before-send.{service}.{question.operation}", fault)
    return made


def of(snapshot, kind, name=""):
    return [found for found in snapshot.resources if found.type == kind.arm and found.name.startswith(name)]


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


@pytest.mark.parametrize("question", [asked for asked in QUESTIONS if asked.action], ids=lambda asked: asked.words)
def test_a_refused_permission_is_a_gap_that_names_it(cloud, question):
    """The report says what to grant, and the kinds it hides."""
    if question.operation == "GetObjectRetention":
        pytest.skip("nothing is asked of an empty bucket")
    buckets = () if question.operation == "ListBuckets" else ("copies",)
    if question.operation in ("ListAliases", "GetEventSelectors"):
        pytest.skip("nothing here goes by an alias, and there is no trail")
    snapshot = collect(cloud, breaking(question, FAULTS["403"]), buckets=buckets)
    assert any(f"Grant {question.action} to the auditor" in gap.reason and gap.kinds for gap in snapshot.gaps)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_makes_a_verdict_better(cloud, fault):
    """Whatever goes wrong with one operation, no verdict improves, and what was lost is said."""
    sound = verdicts(collect(cloud))
    for question in QUESTIONS:
        if question.service == "sts" or question.operation == "ListBuckets":
            continue
        snapshot = collect(cloud, breaking(question, FAULTS[fault]))
        for name, verdict in verdicts(snapshot).items():
            better = ORDER.index(verdict) > ORDER.index(sound[name])
            assert not better, f"{question.words} {fault}: {name} became {verdict}"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_listing_that_fails_hides_every_bucket(cloud, fault):
    """No bucket seen is no promise kept."""
    question = next(asked for asked in QUESTIONS if asked.operation == "ListBuckets")
    snapshot = collect(cloud, breaking(question, FAULTS[fault]), buckets=())
    assert not of(snapshot, BUCKET)
    assert set(verdicts(snapshot).values()) == {Verdict.UNPROVEN}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_aws_that_does_not_know_us_ends_the_run(cloud, fault):
    """Without an account nothing can be read: one line says what to check."""
    with pytest.raises(AuditError, match="Check the auditor's credentials"):
        collect(cloud, breaking(QUESTIONS[0], FAULTS[fault]))


def test_an_endpoint_that_nobody_answers_at_ends_the_run():
    """A port that nothing listens on is no AWS."""
    with pytest.raises(AuditError, match="AWS cannot be asked"):
        aws.collect(session(), buckets=(), region=REGION, now=NOW, endpoint="http://127.0.0.1:9", attempts=1)


def test_a_throttled_request_is_sent_again(cloud):
    """One busy moment costs nothing but time."""
    busy = []

    def once(request, **rest):
        busy.append(request.url)
        return error(503, "SlowDown")(request, **rest) if len(busy) == 1 else None

    question = next(asked for asked in QUESTIONS if asked.operation == "GetBucketPolicy")
    snapshot = collect(cloud, breaking(question, once), attempts=3)
    assert snapshot.gaps == ()
    assert len(busy) > 1


def test_only_the_documented_codes_mean_that_there_is_none(cloud):
    """A setting that S3 does not find is absent; one that it refuses in other words is not seen."""
    question = next(asked for asked in QUESTIONS if asked.operation == "GetBucketReplication")
    absent = collect(cloud, breaking(question, error(404, "ReplicationConfigurationNotFoundError")))
    other = collect(cloud, breaking(question, error(404, "NoSuchReplication")))
    assert absent.gaps == ()
    assert {gap.kinds for gap in other.gaps} == {("AWS::S3::ReplicationConfiguration",)}
    assert verdicts(other)["offsite-stays-in-london"] is Verdict.UNPROVEN


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
    question = next(asked for asked in QUESTIONS if asked.operation == "GetBucketOwnershipControls")
    snapshot = collect(cloud, breaking(question, error(404, "NoSuchBucket")))
    assert of(snapshot, BUCKET, "copies")
    assert not {verdict for verdict in verdicts(snapshot).values()} & {Verdict.KEPT}


def test_a_bucket_elsewhere_is_read_there_and_breaks_its_promise(own_cloud):
    """Whoever asks in London still learns of Ireland, and of the region that goes by no name."""
    s3 = session().client("s3", endpoint_url=own_cloud.endpoint)
    s3.create_bucket(Bucket="irish", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    session().client("s3", endpoint_url=own_cloud.endpoint, region_name="us-east-1").create_bucket(Bucket="nameless")
    snapshot = collect(own_cloud, buckets=())
    regions = {found.name: found.body["locationConstraint"] for found in of(snapshot, BUCKET)}
    assert regions == {"copies": REGION, "copies-log": REGION, "irish": "eu-west-1", "nameless": "us-east-1"}
    assert verdicts(snapshot)["offsite-stays-in-london"] is Verdict.BROKEN


def encrypt(cloud, name):
    """Name the key of the bucket `copies` otherwise."""
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": name}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    s3 = session().client("s3", endpoint_url=cloud.endpoint)
    s3.put_bucket_encryption(Bucket="copies", ServerSideEncryptionConfiguration=rules)


def test_a_key_that_is_named_by_its_id_or_an_alias_is_found(own_cloud):
    """S3 answers what was set: an id, an ARN or an alias."""
    kms = session().client("kms", endpoint_url=own_cloud.endpoint)
    [key] = of(collect(own_cloud), KMS_KEY)
    kms.create_alias(AliasName="alias/copies", TargetKeyId=key.name)
    for name in (key.name, "alias/copies", f"arn:aws:kms:{REGION}:111122223333:alias/copies"):
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
    question = next(asked for asked in QUESTIONS if asked.operation == "DescribeKey")
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


def fill(cloud, count):
    """Put objects into the locked bucket; their keys name people."""
    s3 = session().client("s3", endpoint_url=cloud.endpoint)
    # The local AWS takes a denial of weak transport for a denial of everything.
    s3.delete_bucket_policy(Bucket="copies")
    for number in range(count):
        s3.put_object(Bucket="copies", Key=f"ada.lovelace/{number}", Body=b"x")


def test_a_sample_of_versions_says_until_when_it_is_locked(own_cloud):
    """S3's own answer decides for each version; no key of an object gets into the snapshot."""
    fill(own_cloud, 25)
    question = next(asked for asked in QUESTIONS if asked.operation == "GetObjectRetention")
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
    question = next(asked for asked in QUESTIONS if asked.operation == "GetObjectRetention")
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
    session().client("cloudtrail", endpoint_url=own_cloud.endpoint).create_trail(Name="t", S3BucketName="copies-log")
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
