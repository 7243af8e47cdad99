"""A small off-site copy as a program declares it, read from the local AWS, and ruled on by the off-site controls."""

import json
from datetime import UTC, datetime

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError

from audit.engine import Court
from audit.kinds.aws import (
    ACCOUNT_PUBLIC_ACCESS_BLOCK,
    BUCKET,
    BUCKET_ENCRYPTION,
    BUCKET_LIFECYCLE,
    BUCKET_LOGGING,
    BUCKET_OBJECT_LOCK,
    BUCKET_OWNERSHIP,
    BUCKET_POLICY,
    BUCKET_PUBLIC_ACCESS_BLOCK,
    BUCKET_VERSIONING,
    KMS_KEY,
)
from audit.model import Example, Plane, Resource, Snapshot, Verdict
from audit.shape import revive
from audit.sources import aws
from audit.sources.aws_questions import QUESTIONS
from policies.controls.offsite.tls_only import OLD, PLAIN, denial
from tests.support import CONTROLS, policies_for

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = "000000000000"
REGION = "eu-west-2"
SERVICES = {"s3control": "s3-control"}
"""What botocore calls a service in its events, where that is not the client's name."""
BLOCK = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
OFFSITE = {name: control for name, control in CONTROLS.items() if name.startswith("offsite-")}
"""The controls that judge what AWS answers."""


def session():
    """Make a session whose credentials open nothing."""
    return boto3.Session("local", "local", region_name=REGION)


def urn(name):
    """Give the id by which the program knows one of its resources."""
    return f"urn:pulumi:test::test::aws:{name}"


def declared(kind, name, body):
    """Make one declared resource."""
    return Resource(type=kind.arm, id=urn(name), name=name, plane=Plane.PROGRAM, seen_at=NOW, body=revive(body))


def to(name, leaf="id"):
    """Spell a reference to a property of another resource."""
    return {"$reference": urn(name), "property": leaf}


def policy(bucket, *more):
    """Spell a bucket's policy that denies weak transport, with further statements."""
    arn = f"arn:aws:s3:::{bucket}"
    return json.dumps({"Version": "2012-10-17", "Statement": [denial(PLAIN, arn), denial(OLD, arn), *more]})


def bucket(label, name, *, purpose, lock, statement):
    """Declare one bucket and what both buckets have in common."""
    rule = {"objectOwnership": "BucketOwnerEnforced"}
    text = policy(name, statement).replace('"Principal": "*"', '"Principal": {"AWS": "*"}')
    body = {"bucket": name, "locationConstraint": REGION, "objectLockEnabledForBucket": lock}
    return [
        declared(BUCKET, label, {**body, "tags": {"purpose": purpose}, "forceDestroy": False}),
        declared(BUCKET_PUBLIC_ACCESS_BLOCK, f"{label}-access", {"bucket": to(label), **BLOCK}),
        declared(BUCKET_OWNERSHIP, f"{label}-ownership", {"bucket": to(label), "rule": rule}),
        declared(BUCKET_VERSIONING, f"{label}-versioning", {"bucket": to(label), "status": "Enabled"}),
        declared(BUCKET_POLICY, f"{label}-policy", {"bucket": to(label), "policy": text}),
    ]


def estate():
    """Declare a locked bucket, the bucket of its log, their key and the account's own block: all promises kept."""
    bypass = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:BypassGovernanceRetention",
        "Resource": "arn:aws:s3:::copies/*",
    }
    delivery = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::copies-log/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": to("key", "arn")}
    encryption = {"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": True}
    # A program's numbers are floats.
    lock = {"defaultRetention": {"mode": "COMPLIANCE", "days": 2555.0}}
    forget = {
        "id": "forget",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "noncurrentVersionExpiration": {"noncurrentDays": 2555.0},
    }
    key = {"keyRotationEnabled": True, "rotationPeriodInDays": 365.0, "policy": json.dumps({"Statement": [root]})}
    return [
        declared(BUCKET_LOGGING, "logging", {"bucket": to("copies"), "targetBucket": to("log"), "targetPrefix": "a/"}),
        declared(BUCKET_ENCRYPTION, "encryption", {"bucket": to("copies"), "rules": [encryption]}),
        declared(BUCKET_OBJECT_LOCK, "lock", {"bucket": to("copies"), "objectLockEnabled": "Enabled", "rule": lock}),
        declared(BUCKET_LIFECYCLE, "lifecycle", {"bucket": to("copies"), "rules": [forget]}),
        *bucket("copies", "copies", purpose="archive", lock=True, statement=bypass),
        *bucket("log", "copies-log", purpose="access-log", lock=False, statement=delivery),
        declared(KMS_KEY, "key", {"description": "for the copies", **key}),
        declared(ACCOUNT_PUBLIC_ACCESS_BLOCK, "account", {"accountId": ACCOUNT, **BLOCK}),
    ]


def as_declared(resources):
    """Make the snapshot of a program."""
    return Snapshot(plane=Plane.PROGRAM, origin="a program", seen_at=NOW, resources=tuple(resources))


def verdicts(snapshot):
    """Rule on a snapshot with every off-site control that can see its plane: control → verdict."""
    policies = policies_for(Example(Verdict.UNPROVEN, {}))
    court = Court(snapshot, policies, NOW.date())
    return {
        name: court.result(control).verdict for name, control in OFFSITE.items() if snapshot.plane in control.planes
    }


def of(snapshot, kind, name=""):
    return [found for found in snapshot.resources if found.type == kind.arm and found.name.startswith(name)]


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


def asking(operation):
    """Find the question that calls an operation of S3, KMS or CloudTrail."""
    return next(asked for asked in QUESTIONS if asked.operation == operation and asked.service != "s3control")


def encrypt(cloud, name):
    """Name the key of the bucket `copies` otherwise."""
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": name}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    s3 = session().client("s3", endpoint_url=cloud.endpoint)
    s3.put_bucket_encryption(Bucket="copies", ServerSideEncryptionConfiguration=rules)


def fill(cloud, count):
    """Put objects into the locked bucket; their keys name people."""
    s3 = session().client("s3", endpoint_url=cloud.endpoint)
    # The local AWS takes a denial of weak transport for a denial of everything.
    s3.delete_bucket_policy(Bucket="copies")
    for number in range(count):
        s3.put_object(Bucket="copies", Key=f"ada.lovelace/{number}", Body=b"x")


class Body:
    """The body of an answer that was made up, read once as a stream."""

    def __init__(self, content):
        self.content = content

    def stream(self, **_):
        """Give all at once."""
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
