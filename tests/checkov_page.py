"""Writes docs/checkov.md: what Checkov says of the production stack beside our verdicts, each difference decided."""

import os
import sys
from collections import Counter
from itertools import groupby

from audit import checkov
from audit.engine import judge
from audit.opinions import Said, Stand
from audit.policies import load
from audit.reports.second_opinion import kinds
from tests.support import NOON, POLICIES, ROOT

PAGE = ROOT / "docs" / "checkov.md"
TITLE = "# What Checkov says of the production stack"


def page(second):
    """Return the page as Markdown."""
    tool = f"{second.tool} {second.version}"
    intro = (
        f"Made by `make checkov-page` with {tool}; do not edit. `audit check --checkov` shows the same of any stack. "
        "Nothing of it changes a verdict: what Checkov passes, or does not mention, is not kept by that."
    )
    return "\n\n".join((TITLE, intro, *_counted(second), *_compared(second), *_unsaid(second))) + "\n"


def _counted(second):
    """Yield how much it said, how much of that leads to a line, and how it stands to ours."""
    mapped = sum(bool(one.file and one.line) for one in second.opinions)
    failed = sum(one.said is Said.FAILS for one in second.opinions)
    counts = Counter(one.stand for one in second.opinions)
    yield (
        f"It looked at {second.looked_at} resources and had {len(second.opinions)} words on them, {failed} of them "
        f"failures. {mapped} of {len(second.opinions)} lead to a line of the program."
    )
    yield _table(("Beside our verdicts", "Words"), ((stand, counts[stand]) for stand in Stand))


def _compared(second):
    """Yield where the two agree, where they differ with who is right, and what it alone sees."""
    yield "## Where the two agree"
    yield _table(("Check", "It asks whether", "We", "It fails", "It passes"), _agreed(second))
    yield "## Where the two differ"
    yield (
        "Each was decided by reading the check's source. *Right* says who is, or `both` where they ask different "
        "questions."
    )
    heads = ("Check", "It asks whether", "It", "We", "Resources", "Right", "Why")
    yield _table(heads, map(_differing, kinds(second, Stand.DIFFERS)))
    yield "## What it alone sees"
    yield "No control ruled on these by what the check asks, so there is nothing to compare. Each was looked into."
    heads = ("Check", "It fails where not", "Resources", "Why no control")
    yield _table(heads, map(_alone, kinds(second, Stand.ALONE)))


def _unsaid(second):
    """Yield what it has no word on, and what it was not shown."""
    yield "## What it says nothing of"
    yield (
        f"On {sum(second.silent.values())} of our findings it has no word, {second.silent.get('waived', 0)} of them "
        f"waived. It has no word on these {sum(second.wordless.values())} resources at all:"
    )
    yield _table(("Type", "Resources"), second.wordless.items())
    yield f"{len(second.unseen)} resources were not shown to it:"
    yield _table(("Why", "Resources"), sorted(Counter(second.unseen.values()).items()))


def _agreed(second):
    """Yield a row for each check that agrees: what it asks, our controls, and how often both fail or both pass."""
    agreed = sorted((one for one in second.opinions if one.stand is Stand.AGREES), key=lambda one: one.check)
    for check, alike in groupby(agreed, key=lambda one: one.check):
        group = list(alike)
        said = Counter(one.said for one in group)
        yield check, group[0].asks, ", ".join(group[0].controls), said[Said.FAILS], said[Said.PASSES]


def _differing(group):
    first, alike = group
    ours = f"{', '.join(first.controls)} {first.ours}"
    return first.check, first.asks, first.said, ours, len(alike), first.right or "undecided", first.reason


def _alone(group):
    first, alike = group
    return first.check, first.asks, len(alike), first.reason or "undecided"


def _table(head, rows):
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join(lines + [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows])


def looked_at(snapshot, policies, environment):
    """Let the real Checkov look at the production stack."""
    report = judge(snapshot, policies, NOON.date(), product="test")
    return checkov.second_opinion(snapshot, report, policies, environment=environment)


def main():
    """Write the page anew."""
    from audit.sources.program import collect  # only here: tests have the snapshot already

    snapshot = collect(ROOT, "production", now=NOON, seconds=300, settings={}, environment=os.environ)
    PAGE.write_text(page(looked_at(snapshot, load(POLICIES), os.environ)))


if __name__ == "__main__":
    sys.exit(main())
