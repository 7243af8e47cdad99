"""The off-site copy is reached over TLS 1.2 or newer, and over nothing else.

Catalogue: AWS-03.

## Why we promise this
Data travels encrypted. S3 answers plain HTTP and old TLS unless the bucket's policy denies them.

## How to keep it
Give every bucket an `s3.BucketPolicy` with two statements that deny `s3:*` to everybody on the bucket and on
everything in it: one where `aws:SecureTransport` is `false`, one where `s3:TlsVersion` is less than `1.2`. Build
the text from the bucket's known name, so that it can be read before deployment.
"""

import json
from collections.abc import Mapping
from typing import Any

from audit.kinds.aws import BUCKET, BUCKET_POLICY
from audit.kinds.aws_policies import EVERYBODY, Statement, listed
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    broken,
    every,
    kept,
    missing,
)

ON = BUCKET
NEEDS = (BUCKET_POLICY,)
SEVERITY = Severity.CRITICAL

FLOOR = 1.2
PLAIN: Statement = {"Bool": {"aws:SecureTransport": "false"}}
OLD: Statement = {"NumericLessThan": {"s3:TlsVersion": "1.2"}}


def judge(bucket: Resource, estate: Estate) -> Ruling:
    found = estate.children(bucket, BUCKET_POLICY)
    if not found:
        return missing("no policy denies plain HTTP", declare="s3.BucketPolicy(bucket=…, policy=…)")
    return every(lambda policy: _judge_policy(bucket, policy), found)


def _judge_policy(bucket: Resource, policy: Resource) -> Ruling:
    """Rule on one bucket policy, of which only unconditional denials with a single condition count."""
    arn = f"arn:aws:s3:::{bucket.read('bucket', str)}"
    document = parsed(policy.read("policy", str))
    denied = [statement["Condition"] for statement in statements(document) if denies_all(statement, arn)]
    lacking = [] if any(denies_plain(condition) for condition in denied) else [PLAIN]
    lacking += [] if any(denies_old(condition) for condition in denied) else [OLD]
    if not lacking:
        return kept("plain HTTP and TLS below 1.2 are denied")
    names = {"Bool": "plain HTTP", "NumericLessThan": "TLS below 1.2"}
    reason = " and ".join(names[operator] for condition in lacking for operator in condition)
    whole = {**document, "Statement": [*statements(document), *(denial(condition, arn) for condition in lacking)]}
    return broken(f"{reason} is not denied", change={"policy": json.dumps(whole)}, subject=policy)


def parsed(text: str) -> Statement:
    """Read a bucket policy's text; raises `Unseen` where it is no JSON object."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise Unseen(f"the bucket policy is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Unseen("the bucket policy is not a JSON object")
    return document


def statements(document: Statement) -> list[Statement]:
    """Give the statements of a policy; a single one may stand without a list around it."""
    return [item for item in listed(document.get("Statement", [])) if isinstance(item, Mapping)]


def denies_all(statement: Statement, arn: str) -> bool:
    """Tell whether a statement denies everybody everything on the bucket and in it, under its condition."""
    return (
        statement.get("Effect") == "Deny"
        and statement.get("Principal") in EVERYBODY
        and any(action in ("*", "s3:*") for action in listed(statement.get("Action")))
        and {arn, f"{arn}/*"} <= set(listed(statement.get("Resource")))
        and isinstance(statement.get("Condition"), Mapping)
    )


def denies_plain(condition: Statement) -> bool:
    """Tell whether a condition holds for whoever comes without TLS, and for nobody less."""
    # A second operator or key in the condition would narrow the denial, so the whole condition is compared.
    return str(only(condition, "Bool", "aws:SecureTransport")).lower() == "false"


def denies_old(condition: Statement) -> bool:
    """Tell whether a condition holds for every version of TLS below the floor; a higher floor denies more."""
    floor = only(condition, "NumericLessThan", "s3:TlsVersion")
    return isinstance(floor, str | int | float) and not isinstance(floor, bool) and float(floor) >= FLOOR


def only(condition: Statement, operator: str, key: str) -> Any:
    """Return the value a condition compares with, where this is all it compares; None otherwise."""
    keys = condition.get(operator)
    if len(condition) != 1 or not isinstance(keys, Mapping):
        return None
    found = {name.lower(): listed(value) for name, value in keys.items()}
    values = found.get(key.lower(), [])
    return values[0] if len(found) == 1 and len(values) == 1 else None


def denial(condition: Statement, arn: str) -> Statement:
    """Spell a statement that denies everything on a bucket, and on all in it, under one condition."""
    resources = [arn, f"{arn}/*"]
    return {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources, "Condition": condition}


_ARN = "arn:aws:s3:::copies"
_BUCKET = {"bucket": "copies"}


def _policy(*entries: Statement) -> tuple[Neighbour, ...]:
    text = json.dumps({"Version": "2012-10-17", "Statement": entries})
    return (Neighbour(BUCKET_POLICY, {"bucket": {"$reference": "it"}, "policy": text}),)


_PLAIN = denial(PLAIN, _ARN)
_OLD = denial(OLD, _ARN)
_NARROWED = {**_PLAIN, "Condition": {**PLAIN, "StringEquals": {"aws:SourceVpc": "vpc-1"}}}

EXAMPLES = (
    Example(Verdict.KEPT, _BUCKET, _policy(_PLAIN, _OLD)),
    Example(
        Verdict.KEPT,
        _BUCKET,
        _policy(
            {**_PLAIN, "Principal": {"AWS": "*"}, "Condition": {"Bool": {"aws:secureTransport": ["false"]}}},
            {**_OLD, "Condition": {"NumericLessThan": {"s3:TlsVersion": 1.3}}},
        ),
        note="other spellings, a higher floor",
    ),
    Example(Verdict.BROKEN, _BUCKET, _policy(_PLAIN), note="old TLS is let through"),
    Example(Verdict.BROKEN, _BUCKET, _policy(_OLD), note="plain HTTP is let through"),
    Example(Verdict.BROKEN, _BUCKET, _policy({**_PLAIN, "Effect": "Allow"}, _OLD)),
    Example(Verdict.BROKEN, _BUCKET, _policy({**_PLAIN, "Resource": f"{_ARN}/*"}, _OLD), note="not on the bucket"),
    Example(Verdict.BROKEN, _BUCKET, _policy({**_PLAIN, "Action": "s3:GetObject"}, _OLD), note="only reading"),
    Example(Verdict.BROKEN, _BUCKET, _policy(_NARROWED, _OLD), note="only from one network"),
    Example(
        Verdict.BROKEN,
        _BUCKET,
        _policy(_PLAIN, denial({"NumericLessThan": {"s3:TlsVersion": "1.1"}}, _ARN)),
        note="a lower floor",
    ),
    Example(Verdict.BROKEN, _BUCKET, (*_policy(_PLAIN, _OLD), *_policy(_OLD)), note="a second policy takes its place"),
    Example(Verdict.BROKEN, _BUCKET, note="no policy"),
    Example(
        Verdict.UNPROVEN,
        _BUCKET,
        (Neighbour(BUCKET_POLICY, {"bucket": {"$reference": "it"}, "policy": {"$unknown": True}}),),
    ),
    Example(Verdict.UNPROVEN, _BUCKET, (Neighbour(BUCKET_POLICY, {"bucket": {"$reference": "it"}, "policy": "{"}),)),
    Example(Verdict.UNPROVEN, {}, _policy(_PLAIN, _OLD), note="the bucket's name is unsaid"),
)
