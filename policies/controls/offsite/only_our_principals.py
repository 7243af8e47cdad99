"""Only we can reach the off-site copy.

Catalogue: AWS-06.

## Why we promise this
A bucket's policy, or an access list on a single object, can let in another company's account, and nobody on our side
would see it happen.

## How to keep it
Let every statement of the `s3.BucketPolicy` that allows something name principals of the target `offsite.accounts`
alone: no `*`, no foreign account, and a service of Amazon's only with `aws:SourceAccount` of ours. Declare
`s3.BucketOwnershipControls` with `object_ownership="BucketOwnerEnforced"`, which turns access lists off.
"""

import json

from audit.kinds.aws import BUCKET, BUCKET_OWNERSHIP, BUCKET_POLICY
from audit.kinds.aws_policies import statements, strangers
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    kept,
    missing,
    same,
)

ON = BUCKET
NEEDS = (BUCKET_POLICY, BUCKET_OWNERSHIP)
SEVERITY = Severity.HIGH

ABSENT = {"policy": "pulumi-aws 7 docstring of Bucket.policy"}
ENFORCED = "BucketOwnerEnforced"
DECLARE = f's3.BucketOwnershipControls(bucket=…, rule=…(object_ownership="{ENFORCED}"))'


def judge(bucket: Resource, estate: Estate, targets: Targets) -> Ruling:
    accounts = targets.names("offsite.accounts")
    for policy in estate.children(bucket, BUCKET_POLICY):
        if found := let_in(policy.read("policy", str), accounts):
            return broken(f"the policy lets in {found}, promised only {', '.join(accounts)}", subject=policy)
    # A bucket may still be declared with its policy inside, though that is deprecated.
    if (inside := bucket.read("policy", str, absent="")) != "" and (found := let_in(inside, accounts)):
        return broken(f"the policy lets in {found}, promised only {', '.join(accounts)}")
    ownership = estate.children(bucket, BUCKET_OWNERSHIP)
    if not ownership:
        return missing("nothing turns access lists off", declare=DECLARE)
    for controls in ownership:
        owner = controls.read("rule.objectOwnership", str)
        if not same(owner, ENFORCED):
            change = {"rule.objectOwnership": ENFORCED}
            return broken(f"object ownership is {owner}, promised {ENFORCED}", change=change, subject=controls)
    return kept(f"no policy lets in anybody but {', '.join(accounts)}, and access lists are off ({ENFORCED})")


def let_in(text: str, accounts: tuple[str, ...]) -> str:
    """Name those whom a policy lets in and who are not of our accounts; empty where there are none."""
    return ", ".join(name for statement in statements(text) for name in strangers(statement, accounts))


_TARGETS = {"offsite.accounts": ["000000000000"]}
_OURS = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:role/uploader"}, "Action": "s3:PutObject"}
_LOGS = {
    "Effect": "Allow",
    "Principal": {"Service": "logging.s3.amazonaws.com"},
    "Action": "s3:PutObject",
    "Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}},
}
_DENIAL = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}


def _policy(*entries: object) -> Neighbour:
    text = json.dumps({"Version": "2012-10-17", "Statement": entries})
    return Neighbour(BUCKET_POLICY, {"bucket": {"$reference": "it"}, "policy": text})


def _owner(owner: object) -> Neighbour:
    return Neighbour(BUCKET_OWNERSHIP, {"bucket": {"$reference": "it"}, "rule": {"objectOwnership": owner}})


def _to(principal: object) -> tuple[Neighbour, Neighbour]:
    return _policy({**_OURS, "Principal": principal}), _owner(ENFORCED)


_ENFORCED = _owner(ENFORCED)
_UNKNOWN = Neighbour(BUCKET_POLICY, {"bucket": {"$reference": "it"}, "policy": {"$unknown": True}})

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_ENFORCED,), _TARGETS, "no policy lets anybody in"),
    Example(Verdict.KEPT, {}, (_policy(_OURS, _LOGS, _DENIAL), _ENFORCED), _TARGETS),
    Example(Verdict.KEPT, {}, _to({"AWS": ["000000000000"]}), _TARGETS, "the account's number alone"),
    Example(Verdict.BROKEN, {}, _to("*"), _TARGETS, "everybody"),
    Example(Verdict.BROKEN, {}, _to({"AWS": "*"}), _TARGETS, "everybody, spelt otherwise"),
    Example(Verdict.BROKEN, {}, _to({"AWS": "arn:aws:iam::111111111111:root"}), _TARGETS, "another account"),
    Example(Verdict.BROKEN, {}, _to({"AWS": ["000000000000", "111111111111"]}), _TARGETS, "one of two"),
    Example(Verdict.BROKEN, {}, _to({"Service": "logging.s3.amazonaws.com"}), _TARGETS, "on anybody's behalf"),
    Example(Verdict.BROKEN, {}, _to({"Federated": "accounts.example"}), _TARGETS, "who signs in elsewhere"),
    Example(Verdict.BROKEN, {"policy": '{"Statement": {"Effect": "Allow", "Principal": "*"}}'}, (), _TARGETS, "inside"),
    Example(Verdict.BROKEN, {}, (_owner("ObjectWriter"),), _TARGETS, "access lists count"),
    Example(Verdict.BROKEN, {}, (), _TARGETS, "nothing said of ownership"),
    Example(Verdict.UNPROVEN, {}, (_owner(None),), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_UNKNOWN, _ENFORCED), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_policy({"Effect": "Allow"}), _ENFORCED), _TARGETS, "whom it lets in is unsaid"),
    Example(Verdict.UNPROVEN, {}, (_policy("Allow"), _ENFORCED), _TARGETS, "no statement at all"),
)
