"""The mail filter stops what it is there to stop: its own harmless tests.

Catalogue: LV-10.

## Why we promise this
A filter that was switched off looks like one that had nothing to do.

## How to keep it
Have the partner refuse what its engines find. `audit probe --send-test` sends the harmless virus file and the harmless
spam text that every engine knows to the company's own test boxes (target `probes.test_boxes`), and to nobody else. A
test that is taken may still be held back behind the door: that is not seen from outside, and stays unproven until the
partner refuses it, or somebody attests what became of it (AT-12).
"""

from audit.kinds.probes import FILTER_TEST
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept

ON = FILTER_TEST
SEVERITY = Severity.HIGH

TESTS = ("virus", "spam")


def judge(test: Resource) -> Ruling:
    name, outcome = test.read("test", str), test.read("outcome", str)
    if name not in TESTS:
        raise Unseen(f"{name} is no test of a filter")
    if outcome == "stopped":
        return kept(f"the {name} test was refused")
    if outcome == "arrived":
        return broken(f"the {name} test arrived in the test box")
    raise Unseen(f"the {name} test was {outcome}, so nothing is known of what became of it")


EXAMPLES = (
    Example(Verdict.KEPT, {"test": "virus", "outcome": "stopped"}),
    Example(Verdict.KEPT, {"test": "spam", "outcome": "stopped"}),
    Example(Verdict.BROKEN, {"test": "spam", "outcome": "arrived"}),
    Example(Verdict.UNPROVEN, {"test": "virus", "outcome": "taken"}, note="it may be held back behind the door"),
    Example(Verdict.UNPROVEN, {"test": "virus", "outcome": "put off"}),
    Example(Verdict.UNPROVEN, {"test": "other", "outcome": "stopped"}),
)
