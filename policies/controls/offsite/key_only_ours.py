"""Only we can use the key of the off-site copy.

Catalogue: AWS-02.

## Why we promise this
Whoever may use the key reads the copy wherever its bytes turn up, whatever the bucket says.

## How to keep it
Give the `kms.Key` a `policy` in which every statement that allows something names principals of the target
`offsite.accounts` alone, and no `*`. Build the text from known values, so that it can be read before deployment.
"""

import json

from audit.kinds.aws import KMS_KEY
from audit.kinds.aws_policies import statements, strangers
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = KMS_KEY
SEVERITY = Severity.HIGH


def judge(key: Resource, targets: Targets) -> Ruling:
    accounts = targets.names("offsite.accounts")
    found = statements(key.read("policy", str))
    let_in = [name for statement in found for name in strangers(statement, accounts)]
    if let_in:
        return broken(f"the key's policy lets in {', '.join(let_in)}, promised only {', '.join(accounts)}")
    return kept(f"the key's policy lets in nobody but {', '.join(accounts)}")


_TARGETS = {"offsite.accounts": ["000000000000"]}


def _key(principal: object, effect: str = "Allow") -> dict[str, object]:
    statement = {"Effect": effect, "Principal": principal, "Action": "kms:*", "Resource": "*"}
    return {"policy": json.dumps({"Statement": [statement]})}


EXAMPLES = (
    Example(Verdict.KEPT, _key({"AWS": "arn:aws:iam::000000000000:root"}), targets=_TARGETS),
    Example(Verdict.KEPT, _key("*", "Deny"), targets=_TARGETS, note="a denial lets nobody in"),
    Example(Verdict.BROKEN, _key("*"), targets=_TARGETS, note="everybody"),
    Example(Verdict.BROKEN, _key({"AWS": "arn:aws:iam::111111111111:root"}), targets=_TARGETS, note="another account"),
    Example(Verdict.UNPROVEN, {}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {"policy": "{"}, targets=_TARGETS, note="no JSON"),
    Example(Verdict.UNPROVEN, {"policy": {"$unknown": True}}, targets=_TARGETS),
)
