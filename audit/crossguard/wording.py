"""What an engineer reads when a policy speaks: the trouble, the promise, the change."""

import json
from collections.abc import Iterator, Sequence

from audit.crossguard.pack import Promise
from audit.estate import IndexedEstate
from audit.kinds import kind_of
from audit.model import Control, Ruling, Verdict
from audit.promises import Finding
from audit.remedy import argument
from audit.reports import words
from audit.reports.counting import plural
from audit.shape import pulumi_path

_SPELT_OUT = 3
"""How many promises are quoted before the rest is named by id alone."""
_NAMED = 12
"""How many controls are named before the rest is counted."""


def finding(found: Finding, control: Control, ruling: Ruling, proven: Sequence[Promise], estate: IndexedEstate) -> str:
    """Say what is wrong with one resource, which promises hang on it, and what to change.

    The engine names neither file nor line to a policy, so the message says who does.
    """
    lines = [f"{found.verdict}: {words.subject(found)}: {found.reason}", *_promised(proven)]
    if found.verdict is Verdict.UNPROVEN and not found.blocks:
        lines.append("This is owed: the next `audit drift` settles it.")
    changes = tuple(_changes(found, ruling, estate))
    lines += changes or (f"how to keep it: {' '.join(control.how.split())}",)
    if found.verdict is Verdict.BROKEN:
        lines.append("`audit check` names the file and the line.")
    return words.visible("\n".join(lines))


def beyond_waiving(found: Finding, stays: Sequence[str], proven: Sequence[Promise]) -> str:
    """Say that a waiver does not reach as far as a promise that admits none."""
    held = [promise for promise in proven if promise.commitment.id in stays]
    head = (
        f"broken: {words.subject(found)}: {found.reason}. Waived by {found.waiver}, which these promises do not admit:"
    )
    return words.visible("\n".join([head, *_promised(held)]))


def hidden(reason: str, blind: Sequence[str]) -> str:
    """Say what could not be seen, and which controls are blind by it."""
    return words.visible(f"unproven: {reason}. {plural(len(blind), 'control')} cannot tell: {_some(blind)}.")


def idle(controls: Sequence[str]) -> str:
    """Say which controls found nothing to judge, and what to do where that is meant."""
    return (
        f"unproven: {plural(len(controls), 'control')} found nothing to judge: {_some(controls)}. Declare what they "
        'speak of; or, where other stacks declare it, configure the pack with {"estate": {"part": true}}.'
    )


def _promised(proven: Sequence[Promise]) -> Iterator[str]:
    """Quote the first few promises in our own words, and name the others."""
    for promise in proven[:_SPELT_OUT]:
        told = promise.commitment
        yield f"promise {told.id} ({promise.statement.company}): {told.promise_text}"
    if rest := [promise.commitment.id for promise in proven[_SPELT_OUT:]]:
        yield f"and promises {', '.join(rest)}"


def _changes(found: Finding, ruling: Ruling, estate: IndexedEstate) -> Iterator[str]:
    """Yield each change that would mend a finding, in the provider's own names and, beside them, in Python's."""
    changed = ruling.subject or estate.get(found.resource)
    where = f" of {changed.name}" if changed and changed.name != found.name else ""
    if ruling.declare:
        yield f"change: declare {ruling.declare}"
    for path, value in ruling.changes.items():
        name = pulumi_path(kind_of(changed.type), path) if changed else path
        python = argument(changed, path, value)
        yield f"change: set {name}{where} to {json.dumps(value, ensure_ascii=False)} (in Python, {python})"


def _some(controls: Sequence[str]) -> str:
    """Name the first few controls, and count the rest."""
    rest = f" and {len(controls) - _NAMED} more" if len(controls) > _NAMED else ""
    return ", ".join(controls[:_NAMED]) + rest
