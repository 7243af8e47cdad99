"""What lies in the copy elsewhere can be deleted by nobody before the archive's own lock ends.

Catalogue: AWS-10.

## Why we promise this
A copy that can be deleted sooner is no copy on the day on which somebody deletes.

## How to keep it
Let the bucket's default retention be at least as long as the archive's policy, in compliance mode, and copy at once.
"""

from audit.kinds.counted import MILLION, bounded
from audit.kinds.data import OFFSITE_SAMPLE
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = OFFSITE_SAMPLE
SEVERITY = Severity.HIGH


def judge(sample: Resource, targets: Targets) -> Ruling:
    sampled, unlocked = sample.read("sampled", int), sample.read("unlocked", int)
    if unlocked:
        return broken(
            f"{unlocked} of {sampled} objects are locked for a shorter time than in the archive, or not at all"
        )
    bound = bounded(sample, targets, "may be unlocked")
    return kept(f"each of {sampled} is locked as long: with 95 % confidence all but {bound} in {MILLION} are")


_TARGETS = {"data.bound_per_million": 10_000}


def _sample(sampled: int, bound: int, *, unlocked: int | None = 0) -> dict[str, object]:
    return {
        "population": 5000,
        "sampled": sampled,
        "unlocked": unlocked,
        "bound": bound,
        "seed": "2026-10-05",
    }


EXAMPLES = (
    Example(Verdict.KEPT, _sample(300, 9600), targets=_TARGETS),
    Example(Verdict.BROKEN, _sample(300, 15_000, unlocked=2), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _sample(10, 250_000), targets=_TARGETS, note="too small a sample"),
    Example(Verdict.UNPROVEN, _sample(300, 9600, unlocked=None), targets=_TARGETS),
)
