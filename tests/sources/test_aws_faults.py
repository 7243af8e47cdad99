"""What AWS does not tell never reads as kept: a gap says what was lost, and which permission would show it."""

import os

import pytest

from audit.kinds.aws import BUCKET
from audit.model import AuditError, Verdict
from audit.sources import aws
from audit.sources.aws_questions import QUESTIONS, WHO
from tests.aws import (
    FAULTS,
    NOW,
    REGION,
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

ORDER = list(Verdict)
SELDOM = ("GetObjectRetention", "ListAliases", "GetEventSelectors")
"""Operations that are called only where there is an object, an alias or a trail."""


def demand_named(snapshot, question):
    """Check that a gap names the permission, and what it hides."""
    assert any(f"Grant {question.action} to the auditor" in gap.reason and gap.kinds for gap in snapshot.gaps)


@pytest.mark.parametrize(
    "question",
    [asked for asked in QUESTIONS if asked.action and asked.operation not in SELDOM],
    ids=lambda asked: asked.words,
)
def test_a_refused_permission_is_a_gap_that_names_it(cloud, question):
    """The report says what to grant, and the kinds it hides."""
    buckets = () if question.operation == "ListBuckets" else ("copies",)
    demand_named(collect(cloud, breaking(question, FAULTS["403"]), buckets=buckets), question)


@pytest.mark.parametrize("operation", SELDOM)
def test_a_permission_that_is_seldom_needed_is_named_too(own_cloud, operation):
    """An object, an alias and a trail bring questions of their own."""
    fill(own_cloud, 1)
    encrypt(own_cloud, "alias/copies")
    session().client("cloudtrail", endpoint_url=own_cloud.endpoint).create_trail(Name="all", S3BucketName="copies-log")
    question = asking(operation)
    demand_named(collect(own_cloud, breaking(question, FAULTS["403"])), question)


MATRIX = [
    (question, fault)
    for question in QUESTIONS
    for fault in FAULTS
    if question.service != "sts" and question.operation != "ListBuckets"
]
EVERY = 1 if "AUDIT_MATRIX" in os.environ else 9
"""Which cells of the matrix are run: each, or one in so many, which meets every fault and many operations."""


@pytest.fixture(scope="module")
def sound(cloud):
    """How every control rules where nothing goes wrong."""
    return verdicts(collect(cloud))


@pytest.mark.parametrize(
    ("question", "fault"),
    [pytest.param(*cell, id=f"{cell[0].words} {cell[1]}") for cell in MATRIX[::EVERY]],
)
def test_no_fault_makes_a_verdict_better(cloud, sound, question, fault):
    """Whatever goes wrong with one operation, no verdict improves."""
    for name, verdict in verdicts(collect(cloud, breaking(question, FAULTS[fault]))).items():
        assert ORDER.index(verdict) <= ORDER.index(sound[name]), f"{name} became {verdict}"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_listing_that_fails_hides_every_bucket(cloud, fault):
    """No bucket seen is no promise kept."""
    question = asking("ListBuckets")
    snapshot = collect(cloud, breaking(question, FAULTS[fault]), buckets=())
    assert not of(snapshot, BUCKET)
    assert set(verdicts(snapshot).values()) == {Verdict.UNPROVEN}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_aws_that_does_not_know_us_ends_the_run(cloud, fault):
    """Without an account nothing can be read: one line says what to check."""
    with pytest.raises(AuditError, match="Check the auditor's credentials"):
        collect(cloud, breaking(WHO, FAULTS[fault]))


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

    question = asking("GetBucketPolicy")
    snapshot = collect(cloud, breaking(question, once), attempts=3)
    assert snapshot.gaps == ()
    assert len(busy) > 1


def test_only_the_documented_codes_mean_that_there_is_none(cloud):
    """A setting that S3 does not find is absent; one that it refuses in other words is not seen."""
    question = asking("GetBucketReplication")
    absent = collect(cloud, breaking(question, error(404, "ReplicationConfigurationNotFoundError")))
    other = collect(cloud, breaking(question, error(404, "NoSuchReplication")))
    assert absent.gaps == ()
    assert {gap.kinds for gap in other.gaps} == {("AWS::S3::ReplicationConfiguration",)}
    assert verdicts(other)["offsite-stays-in-london"] is Verdict.UNPROVEN
