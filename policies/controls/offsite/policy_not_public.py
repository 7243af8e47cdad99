"""S3 itself counts no policy of the off-site copy as public.

Catalogue: AWS-01.

## Why we promise this
Policies are long and their wording is subtle; whether one lets in the world is for S3 to say, who decides on every
request.

## How to keep it
Name principals in the bucket's policy, and conditions that hold for nobody outside. Amazon's guide lists what counts
as public: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from audit.kinds.aws import BUCKET, BUCKET_POLICY, BUCKET_POLICY_STATUS
from audit.model import Estate, Example, Neighbour, Plane, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = BUCKET
NEEDS = (BUCKET_POLICY, BUCKET_POLICY_STATUS)
SEVERITY = Severity.CRITICAL
PLANES = (Plane.LIVE,)


def judge(bucket: Resource, estate: Estate) -> Ruling:
    policies = estate.children(bucket, BUCKET_POLICY)
    found = estate.children(bucket, BUCKET_POLICY_STATUS)
    if policies and not found:
        raise Unseen(f"what S3 thinks of the policy of {bucket.name} was not seen")
    for status in found:
        if status.read("isPublic", bool) is not False:
            return broken("S3 counts the bucket's policy as public", subject=status)
    return kept("S3 counts the bucket's policy as not public" if found else "the bucket has no policy")


_POLICY = Neighbour(BUCKET_POLICY, {"bucket": {"$reference": "it"}, "policy": "{}"})


def _status(public: object) -> Neighbour:
    return Neighbour(BUCKET_POLICY_STATUS, {"bucket": {"$reference": "it"}, "isPublic": public})


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_POLICY, _status(public=False))),
    Example(Verdict.KEPT, {}, note="no policy"),
    Example(Verdict.BROKEN, {}, (_POLICY, _status(public=True))),
    Example(Verdict.UNPROVEN, {}, (_POLICY,), note="S3 was not asked"),
    Example(Verdict.UNPROVEN, {}, (_POLICY, _status(public=None))),
)
