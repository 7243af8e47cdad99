"""The off-site copy stays in the United Kingdom.

Catalogue: AWS-05.

## Why we promise this
Data is kept in the United Kingdom, and London is the only region that Amazon has there: a replica anywhere else
leaves it.

## How to keep it
Set `region="eu-west-2"` on every bucket (a region of the target `offsite.regions`), and declare no
`s3.BucketReplicationConfig` for it.
"""

from audit.kinds.aws import BUCKET, BUCKET_REPLICATION
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = BUCKET
NEEDS = (BUCKET_REPLICATION,)
SEVERITY = Severity.CRITICAL

ABSENT = {"replicationConfiguration": "pulumi-aws 7 docstring of Bucket.replication_configuration"}


def judge(bucket: Resource, estate: Estate, targets: Targets) -> Ruling:
    regions = targets.names("offsite.regions")
    region = bucket.read("locationConstraint", str)
    if region.lower() not in regions:
        change = {"locationConstraint": regions[0]} if regions else None
        return broken(f"the bucket lies in {region}, promised {', '.join(regions)}", change=change)
    for replication in estate.children(bucket, BUCKET_REPLICATION):
        return broken(f"{replication.name} copies the bucket elsewhere, promised no replica", subject=replication)
    # Replication stands in a resource of its own; the bucket's argument for it is deprecated, and copies all the same.
    if bucket.read("replicationConfiguration", dict, absent={}) != {}:
        return broken("the bucket's own replication copies it elsewhere, promised no replica")
    return kept(f"the bucket lies in {region}, and has no replica")


_TARGETS = {"offsite.regions": ["eu-west-2"]}
_LONDON = {"locationConstraint": "eu-west-2"}
_RULES = {"rules": [{"status": "Enabled", "destination": {"bucket": "arn:aws:s3:::elsewhere"}}]}
_REPLICA = Neighbour(BUCKET_REPLICATION, {"bucket": {"$reference": "it"}, **_RULES})
_OTHERS = Neighbour(BUCKET_REPLICATION, {"bucket": {"$reference": "other"}, **_RULES})
_ADRIFT = Neighbour(BUCKET_REPLICATION, {"bucket": {"$unknown": True}, **_RULES})

EXAMPLES = (
    Example(Verdict.KEPT, _LONDON, targets=_TARGETS),
    Example(Verdict.KEPT, _LONDON, (Neighbour(BUCKET, {}, "other"), _OTHERS), _TARGETS, "another bucket's replica"),
    Example(Verdict.BROKEN, {"locationConstraint": "eu-west-1"}, targets=_TARGETS, note="Ireland"),
    Example(Verdict.BROKEN, _LONDON, (_REPLICA,), _TARGETS),
    Example(Verdict.BROKEN, {**_LONDON, "replicationConfiguration": _RULES}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, {}, targets=_TARGETS),
    Example(Verdict.UNPROVEN, _LONDON, (_ADRIFT,), _TARGETS, "a replica of an unknown bucket"),
)
