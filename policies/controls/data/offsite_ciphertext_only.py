"""The copy elsewhere holds ciphertext alone, under keys of ours.

Catalogue: AWS-09.

## Why we promise this
Whoever keeps the copy for us must not be able to read it: without our key it is noise.

## How to keep it
Encrypt before copying, AES-256 in GCM with a key of its own for each object, wrapped by a key of the target
`data.offsite_keys`; name it in the object's metadata as docs/drills.md says. A sample of headers is looked at here, and
the sentence says what it proves. That an object is what its headers say, the drill of the copy shows by opening it.
"""

from audit.kinds.counted import MILLION, bounded
from audit.kinds.data import OFFSITE_SAMPLE
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept

ON = OFFSITE_SAMPLE
SEVERITY = Severity.CRITICAL


def judge(sample: Resource, targets: Targets) -> Ruling:
    sampled, plain = sample.read("sampled", int), sample.read("plain", int)
    if plain:
        return broken(f"{plain} of {sampled} objects do not say that they are encrypted under a key of ours")
    bound = bounded(sample, targets, "may be plain")
    whole = sample.read("population", int)
    return kept(f"none of {sampled} of {whole} is plain: with 95 % confidence at most {bound} in {MILLION} are")


_TARGETS = {"data.bound_per_million": 10_000}


def _sample(sampled: int, bound: int | None, *, plain: int = 0) -> dict[str, object]:
    return {"population": 5000, "sampled": sampled, "plain": plain, "bound": bound, "seed": "2026-10-05"}


EXAMPLES = (
    Example(Verdict.KEPT, _sample(300, 9600), targets=_TARGETS),
    Example(Verdict.BROKEN, _sample(300, 15_000, plain=1), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _sample(59, 49_000), targets=_TARGETS, note="too small a sample"),
    Example(Verdict.UNPROVEN, _sample(0, 0), targets=_TARGETS, note="nothing there"),
    Example(Verdict.UNPROVEN, _sample(300, None), targets=_TARGETS),
)
