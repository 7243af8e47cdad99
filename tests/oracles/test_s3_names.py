"""Names are true: what a control reads of S3 and KMS is what botocore's service models say they answer."""

import json
import re

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from moto.iam.aws_managed_policies import aws_managed_policies_data

from audit.kinds.aws import (
    ACCOUNT_PUBLIC_ACCESS_BLOCK,
    BUCKET,
    BUCKET_OWNERSHIP,
    FOREIGN_KMS_KEY,
    KMS_ALIAS,
    KMS_KEY,
    OBJECT_LOCK_STATE,
    TRAIL,
    member,
)
from audit.sources.aws_questions import (
    ACCOUNT_BLOCK,
    ALIASES,
    DESCRIBE_KEY,
    KEY_POLICY,
    LOCATION,
    QUESTIONS,
    RETENTION,
    ROTATION,
    SELECTORS,
    SETTINGS,
    TRAILS,
    VERSIONS,
)
from tests.aws import OFFSITE
from tests.oracles.test_sdk_names import properties_read
from tests.support import ROOT

ANSWERS = {
    **{setting.kind.arm: [(setting.question, setting.member if setting.wraps else "")] for setting in SETTINGS},
    BUCKET.arm: [(LOCATION, "")],
    ACCOUNT_PUBLIC_ACCESS_BLOCK.arm: [(ACCOUNT_BLOCK, "PublicAccessBlockConfiguration")],
    OBJECT_LOCK_STATE.arm: [(RETENTION, ""), (VERSIONS, "Versions")],
    KMS_KEY.arm: [(DESCRIBE_KEY, "KeyMetadata"), (ROTATION, ""), (KEY_POLICY, "")],
    FOREIGN_KMS_KEY.arm: [(DESCRIBE_KEY, "KeyMetadata")],
    KMS_ALIAS.arm: [(ALIASES, "Aliases")],
    TRAIL.arm: [(TRAILS, "trailList"), (SELECTORS, "")],
}
"""Type → the answers that its body is made of, and the member that holds it in each."""
NOT_ANSWERED = {
    # The request's own parameter, and what the docstring of the rows says is spelt otherwise.
    (BUCKET.arm, "tags"),
    (BUCKET.arm, "bucket"),
    # What Pulumi still takes inside a bucket: no answer holds it, and a control calls it broken where it stands.
    (BUCKET.arm, "policy"),
    (BUCKET.arm, "lifecycleRules"),
    (BUCKET.arm, "replicationConfiguration"),
}
ALONE = {(BUCKET_OWNERSHIP.arm, "rule"): "rules"}
"""Lists of which S3 takes exactly one element, which stands in the body by itself."""


def as_list(value):
    """Take one value alone for a list of one, as IAM does."""
    return value if isinstance(value, list) else [value]


NAMED_BY_AMAZON = {
    action
    for managed in json.loads(aws_managed_policies_data).values()
    for statement in as_list(managed["Document"]["Statement"])
    for action in as_list(statement.get("Action", []))
}
"""Every action that one of Amazon's managed policies names."""


def model_of(service):
    """Load the description of a service that Amazon publishes."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


MODELS = {service: model_of(service) for service in {asked.service for asked in QUESTIONS}}


def output(question, path):
    """Find the shape of an answer, or of the member at `path` in it."""
    shape = MODELS[question.service].operation_model(question.operation).output_shape
    return shape.members[path] if path else shape


def has(shape, steps):
    """Tell whether a shape has a member at a path spelt as bodies spell it."""
    if not steps:
        return True
    while shape.type_name == "list":
        shape = shape.member
    members = {member(name): inner for name, inner in getattr(shape, "members", {}).items()}
    return steps[0] in members and has(members[steps[0]], steps[1:])


def is_answered(type_name, path):
    """Tell whether one of a type's answers holds the property at a path."""
    first, *rest = re.sub(r"\[\d+\]", "", path).split(".")
    if (type_name, first) in NOT_ANSWERED:
        return True
    steps = [ALONE.get((type_name, first), first), *rest]
    return any(has(output(question, inside), steps) for question, inside in ANSWERS[type_name])


@pytest.mark.parametrize("control", OFFSITE.values(), ids=OFFSITE)
def test_every_property_read_is_one_that_the_service_answers(control):
    """A misspelt property turns the build red."""
    read = properties_read(control)
    assert [(kind, path) for kind, path in read if kind.startswith("AWS::") and not is_answered(kind, path)] == []


def test_a_property_that_no_answer_holds_is_found_out():
    """The oracle itself says no."""
    assert is_answered(KMS_KEY.arm, "keyRotationEnabled")
    assert not is_answered(KMS_KEY.arm, "rotationEnabled")
    assert not is_answered("AWS::S3::BucketEncryption", "rules[0].applyServerSideEncryptionByDefault.SSEAlgorithm")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda asked: asked.words)
def test_every_operation_exists_and_changes_nothing(question):
    """Amazon's model knows it, and it reads."""
    assert question.operation in MODELS[question.service].operation_names
    assert question.operation.startswith(("Get", "List", "Describe"))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.kind.arm)
def test_every_member_that_an_answer_needs_exists(setting):
    """What wraps a setting is spelt as the service spells it."""
    assert setting.member in output(setting.question, "").members


@pytest.mark.parametrize("action", sorted({asked.action for asked in QUESTIONS if asked.action}))
def test_every_permission_is_one_that_amazons_own_policies_name(action):
    """A misspelt permission would be granted and help nobody."""
    assert action in NAMED_BY_AMAZON


def test_the_published_policy_is_one():
    """Version and statements, as IAM takes them."""
    document = json.loads((ROOT / "docs" / "auditor-policy-aws.json").read_text())
    assert document["Version"] == "2012-10-17"
    assert {statement["Effect"] for statement in document["Statement"]} == {"Allow"}
