"""`audit replay`: derive a pack's verdicts again from the raw answers in it, and compare them with its report."""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from audit.cli import live
from audit.cli.settings import POLICIES
from audit.engine import judge
from audit.model import AuditError, Snapshot, Verdict
from audit.policies import Policies, load
from audit.promises import PromiseResult, Report
from audit.runs import Pack

if TYPE_CHECKING:
    from audit.exchange import Exchange

SAME, COULD_NOT, DIFFERENT, UNDECIDED = 0, 2, 3, 4
_BADLY_SHAPED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What reading may trip over in answers that a stranger wrote: libraries of clouds give others their shape."""
Told = Mapping[tuple[str, str], tuple[tuple[Verdict, str], ...]]
"""Control and resource → what was found, and why."""


@click.command("replay")
@click.argument("pack", type=click.Path(path_type=Path))
@POLICIES
def command(pack: Path, policies: Path) -> None:
    """Derive the verdicts of PACK again from its raw answers.

    Needs no network and no credentials: every question is answered from the pack, and one that it holds no answer to
    leaves a gap. What they show is compared with the pack's snapshot, and every finding, every promise and the rest
    with its report. Exits with 0 where all is the same, 3 where anything is not, and 4 where that says little: the
    policies are other files than those that the pack was judged by, or it holds no raw answers.
    """
    from audit.evidence.contents import exchanges  # no other command reads packs
    from audit.evidence.facts import digests

    found = _opened(pack)
    if found.run is None or found.report is None or found.snapshot is None:
        raise AuditError(f"{pack} is not the evidence of a run. Name the pack of one.")
    answers = exchanges(pack)
    if not answers:
        click.echo(f"{pack}: it holds no raw answers, so nothing can be derived again")
        sys.exit(UNDECIDED)
    rules = load(policies)
    other = compared(found.run.policies, digests(policies))
    shown = seen(answers, rules, found.snapshot, found.report)
    again = judge(shown, rules, found.report.judged_on, product="")
    differing = [*otherwise_seen(found.snapshot, shown), *differences(found.report, again)]
    _tell(pack, found, other=other, differing=differing, answers=len(answers))
    sys.exit(UNDECIDED if other else DIFFERENT if differing else SAME)


def seen(answers: "Sequence[Exchange]", rules: Policies, before: Snapshot, report: Report) -> Snapshot:
    """Look again at what the answers tell, at the moment and on the day of the run; raises `AuditError`.

    Its time stands still: nothing waits, and what was recorded has times of its own.
    """
    from audit.evidence.replaying import Replay, recorded  # as above

    asked = recorded(answers, live.WHERE)
    try:
        where = msgspec.json.decode(asked.content if asked else b"", type=live.Where)
    except msgspec.DecodeError as error:
        raise AuditError(f"the recording does not say where was looked ({error}). It cannot be replayed.") from error
    clock = live.Clock(now=lambda: before.seen_at, sleep=lambda _: None)
    try:
        return live.observe(where, rules, report.judged_on, tape=Replay(answers), clock=clock, offline=True)
    except _BADLY_SHAPED as error:
        why = f"an answer in the recording has a shape that no cloud gives ({type(error).__name__})"
        raise AuditError(f"{why}. Nothing can be derived from it; ask who made the pack.") from error


def compared(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Say which files of the policies are others than those that the pack was judged by."""
    words = {(True, True): "was changed", (True, False): "is gone", (False, True): "is new"}
    return [
        f"{path} {words[path in before, path in now]}"
        for path in sorted({*before, *now})
        if before.get(path) != now.get(path)
    ]


def otherwise_seen(before: Snapshot, now: Snapshot) -> list[str]:
    """Say what of a snapshot the answers do not tell, or tell otherwise; the versions of tools are no answer's."""
    was = {resource.id: resource for resource in before.resources}
    found = {resource.id: resource for resource in now.resources}
    words = {(True, True): "is another by the answers", (True, False): "is in no answer", (False, True): "is left out"}
    told = [
        f"snapshot: {identity} {words[identity in was, identity in found]}"
        for identity in sorted({*was, *found})
        if was.get(identity) != found.get(identity)
    ]
    parts = ("plane", "origin", "gaps", "unassessed", "answers")
    return told + [f"snapshot: its {part} are others" for part in parts if getattr(before, part) != getattr(now, part)]


def differences(before: Report, now: Report) -> list[str]:
    """Say finding by finding and promise by promise what came out otherwise; nothing where the two reports agree."""
    was, found = _findings(before), _findings(now)
    told = [
        f"{control} {resource or 'the estate'}: {_words(was.get(key))} in the pack, {_words(found.get(key))} derived"
        for key in sorted({*was, *found})
        for control, resource in [key]
        if was.get(key) != found.get(key)
    ]
    claimed, derived = _promises(before), _promises(now)
    told += [
        f"{promise}: {_ruled(claimed.get(promise))} in the pack, {_ruled(derived.get(promise))} derived"
        for promise in sorted({*claimed, *derived})
        if claimed.get(promise) != derived.get(promise)
    ]
    # Whose product judged and with what tools is the run's to say.
    parts = (name for name in Report.__struct_fields__ if name not in ("product", "tools"))
    rest = [f"report: its {part} is another" for part in parts if getattr(before, part) != getattr(now, part)]
    return told or rest


def _promises(report: Report) -> dict[str, PromiseResult]:
    return {promise.id: promise for statement in report.statements for promise in statement.promises}


def _ruled(promise: PromiseResult | None) -> str:
    return f"{promise.verdict} ({promise.reason})" if promise else "no promise"


def _findings(report: Report) -> Told:
    told: defaultdict[tuple[str, str], list[tuple[Verdict, str]]] = defaultdict(list)
    for control in report.controls:
        for finding in control.findings:
            told[finding.control, finding.resource].append((finding.verdict, finding.reason))
    return {key: tuple(sorted(value)) for key, value in told.items()}


def _words(told: tuple[tuple[Verdict, str], ...] | None) -> str:
    return "; ".join(f"{verdict} ({reason})" for verdict, reason in told or ()) or "no finding"


def _opened(folder: Path) -> Pack:
    """Read a pack that nothing is wrong with; raises `AuditError`. Whose seal it bears is for `audit verify`."""
    from audit.evidence.checking import check  # as above
    from audit.evidence.contents import opened
    from audit.evidence.trust import Trust

    checked = check(folder, Trust(keys=(), threshold=None))
    if checked.faults:
        fault = checked.faults[0]
        raise AuditError(f"{folder}: {fault.where}: {fault.what}. Run `audit verify` on it.")
    return opened(folder, checked)


def _tell(pack: Path, found: Pack, *, other: list[str], differing: list[str], answers: int) -> None:
    """Print what came of it."""
    from audit.cli.check import product
    from audit.reports.counting import plural  # for what is printed only
    from audit.reports.words import visible

    for change in other:
        click.echo(visible(f"policies: {change} since the pack was judged"))
    if found.run and found.run.product != product():
        click.echo(visible(f"judged by {found.run.product}, derived by {product()}"))
    for difference in differing:
        click.echo(visible(difference))
    outcome = f"{plural(len(differing), 'difference')}" if differing else "the same verdicts"
    why = ", which may come of the policies" if differing and other else ""
    click.echo(f"{pack}: {outcome} from {plural(answers, 'recorded answer')}{why}")
