"""Each promise over a quarter, week by week: the worst counts, and a week without evidence proves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from audit.folding import in_scope, needs
from audit.model import Verdict, worst
from audit.policies import Policies
from audit.promises import Commitment, PromiseResult, Proof, Statement
from audit.quarters.drills import Proven
from audit.quarters.model import ExceptionInPeriod, PromiseInPeriod, Tested, Week, WeekState
from audit.quarters.people_in_period import held, lapsed
from audit.quarters.timeline import Sight, Timeline

Ruled = tuple[Verdict, str]
"""A verdict and the reason for it."""


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What every promise of a quarter is drawn from."""

    line: Timeline
    weeks: tuple[Week, ...]
    policies: Policies
    quotes: Mapping[str, Mapping[str, str]]
    """Statement → digest of a sentence → the sentence."""
    proven: Mapping[str, Proven]
    """Commitment → what the quarter's drills prove of it."""
    proven_before: Mapping[str, Proven]
    """The same for the quarter before."""
    exceptions: tuple[ExceptionInPeriod, ...]
    report: tuple[str, ...]
    """The ids of the newest report as evidence."""
    evidence: Callable[[PromiseInPeriod], tuple[str, ...]]
    """Gives the ids of a promise's attestations and drills as evidence."""


def promises(drawn: Drawn) -> tuple[PromiseInPeriod, ...]:
    """Say of every commitment of today's policies how it went; those that are there no more are left out."""
    tally = _Tally(drawn.line.newest)
    return tuple(
        _promise(drawn, statement, commitment, tally)
        for statement in drawn.policies.statements
        for commitment in statement.commitments
    )


def seen(sight: Sight, commitment: Commitment, proven: Proven) -> Ruled:
    """Say what one run found of a commitment, with what drills prove added to it."""
    found = sight.promises.get(commitment.id)
    if found is None:
        return _unjudged(commitment, "it was not judged then")
    promise = found[1]
    if promise.verdict is Verdict.BROKEN:
        return promise.verdict, promise.reason
    if not commitment.counted:
        return Verdict.NOT_APPLICABLE, promise.reason
    if not promise.counted:
        return Verdict.UNPROVEN, "it was no promise of the company's own then"
    verdict, reason = _with_drills(promise, commitment, proven)
    missing = _not_asked(promise, commitment, proven) if verdict in (Verdict.KEPT, Verdict.WAIVED) else ()
    return (Verdict.UNPROVEN, f"not asked for then: {', '.join(missing)}") if missing else (verdict, reason)


def then(sight: Sight, commitment: Commitment, proven: Proven) -> Verdict:
    """Say how a run judged a commitment that it knew by the rules of its own time, drills added to it."""
    promise = sight.promises[commitment.id][1]
    if proven.stands or promise.verdict is Verdict.BROKEN:
        return Verdict.BROKEN
    return _with_drills(promise, commitment, proven)[0] if promise.counted else promise.verdict


def _not_asked(promise: PromiseResult, commitment: Commitment, proven: Proven) -> tuple[str, ...]:
    """Name what today's policies want as proof and those of the run did not, so that nothing can tell of it."""
    asked = {*promise.controls, *promise.needs.ids(), *promise.attested, *proven.drills}
    return tuple(name for name in (*commitment.controls, *commitment.pending.ids()) if name not in asked)


def _with_drills(promise: PromiseResult, commitment: Commitment, proven: Proven) -> Ruled:
    """Rule again on a promise that wanted nothing but drills, and now has them."""
    wanted = set(promise.needs.drills)
    if promise.verdict is not Verdict.UNPROVEN or not wanted <= proven.drills or not wanted or commitment.unprovable:
        return promise.verdict, promise.reason
    left = still_needed(promise, proven)
    verdicts = list(promise.controls.values()) or [Verdict.KEPT]
    if left.ids() or promise.targets or worst(verdicts) in (Verdict.UNPROVEN, Verdict.NOT_APPLICABLE):
        unseen = [name for name, verdict in promise.controls.items() if verdict is Verdict.UNPROVEN]
        told = [f"not proven: {', '.join(unseen)}" if unseen else "", needs(left)]
        return Verdict.UNPROVEN, "; ".join(filter(None, told)) or _loose(promise)
    return worst(verdicts), ""


def _loose(promise: PromiseResult) -> str:
    """Say why a promise without anything pending is not proven."""
    names = ", ".join(promise.targets)
    return f"not attested: {names}" if names else "none of its controls applies to anything seen"


def still_needed(promise: PromiseResult, proven: Proven) -> Proof:
    """Return what a promise needs besides the drills that were done."""
    left = tuple(name for name in promise.needs.drills if name not in proven.drills)
    return msgspec.structs.replace(promise.needs, drills=left)


def _now(line: Timeline, commitment: Commitment, proven: Proven) -> Ruled:
    """Say how a commitment stands by the newest run, a drill that failed included."""
    none = _unjudged(commitment, "no run of the quarter can be believed")
    found = seen(line.newest, commitment, proven) if line.newest else none
    return _failed(found, proven) if proven.stands else found


def _failed(found: Ruled, proven: Proven) -> Ruled:
    """Break a promise by the drills that failed, beside what else breaks it."""
    told = f"broken: drill {', '.join(proven.failed)}"
    return Verdict.BROKEN, "; ".join(filter(None, (told, found[1] if found[0] is Verdict.BROKEN else "")))


def _lapsed(now: Ruled, line: Timeline, commitment: Commitment) -> Ruled:
    """Take back what rests on people's words that ended between the newest run and the day of the report."""
    gone = lapsed(line, commitment) if now[0] in (Verdict.KEPT, Verdict.WAIVED) else ()
    return (Verdict.UNPROVEN, f"no longer attested: {', '.join(gone)}") if gone else now


def _unjudged(commitment: Commitment, why: str) -> Ruled:
    return (Verdict.UNPROVEN if commitment.counted else Verdict.NOT_APPLICABLE), why


def _week(week: Week, commitment: Commitment, sights: Iterable[Sight], proven: Proven) -> Ruled | None:
    """Say how a commitment stood in a week; None where the week is not over, unless a drill has failed in it."""
    if week.state is WeekState.AHEAD:
        return _failed(_unjudged(commitment, week.state), proven) if week.number in proven.failing else None
    ruled = [seen(sight, commitment, proven) for sight in sights if sight.week == week.number]
    if week.state is not WeekState.SEEN:
        ruled.append(_unjudged(commitment, week.state))
    verdict = worst(found for found, _ in ruled)
    over = verdict, next(reason for found, reason in ruled if found is verdict)
    return _failed(over, proven) if week.number in proven.failing else over


def _promise(drawn: Drawn, statement: Statement, commitment: Commitment, tally: _Tally) -> PromiseInPeriod:
    line, proven = drawn.line, drawn.proven.get(commitment.id, Proven())
    weekly = [_week(week, commitment, line.within, proven) for week in drawn.weeks]
    now = _lapsed(_now(line, commitment, proven), line, commitment)
    over = worst(ruled[0] for ruled in (*weekly, now) if ruled)
    before = drawn.proven_before.get(commitment.id, Proven())
    promise = line.newest.promise(commitment.id) if line.newest else None
    made = PromiseInPeriod(
        id=commitment.id,
        statement=statement.id,
        text=commitment.promise_text,
        quote=_quote(commitment, drawn.quotes.get(statement.id, {})),
        gdpr=commitment.gdpr,
        binds=commitment.binds,
        counted=commitment.counted,
        complementary=commitment.complementary,
        categorical=commitment.categorical,
        verdict=over,
        reason=_reason(over, now, weekly, drawn.weeks),
        now=now[0],
        was=_was(line.previous, commitment, before),
        weeks=tuple(ruled[0] if ruled else None for ruled in weekly),
        tests=tuple(_tested(drawn, statement, commitment, control, tally) for control in commitment.controls),
        needs=still_needed(promise, proven) if promise else commitment.pending,
        attestations=held(line, promise) if promise else (),
        drills=tuple(sorted(proven.drills & set(commitment.pending.drills))),
        exceptions=tuple(one.id for one in drawn.exceptions if commitment.id in one.promises),
        drift=_drift(statement, commitment),
    )
    return msgspec.structs.replace(made, evidence=drawn.evidence(made))


def _drift(statement: Statement, commitment: Commitment) -> tuple[str, ...]:
    return tuple(item.id for item in statement.drift if commitment.id in item.commitments)


def _was(sight: Sight | None, commitment: Commitment, before: Proven) -> Verdict | None:
    if sight is None or commitment.id not in sight.promises:
        return None
    return then(sight, commitment, before)


def _quote(commitment: Commitment, sentences: Mapping[str, str]) -> str:
    """Return the published sentences of a commitment; empty unless every one of them is there."""
    found = [sentences[digest] for digest in commitment.sentences if digest in sentences]
    return " ".join(found) if len(found) == len(commitment.sentences) else ""


def _reason(over: Verdict, now: Ruled, weekly: Sequence[Ruled | None], weeks: Sequence[Week]) -> str:
    """Say why the verdict over the quarter is what it is, and in which weeks."""
    if over in (Verdict.KEPT, Verdict.NOT_APPLICABLE):
        return now[1]
    told: dict[str, list[int]] = {}
    for ruled, week in zip(weekly, weeks, strict=True):
        if ruled and ruled[0] is over:
            told.setdefault(ruled[1] or over, []).append(week.number)
    if now[0] is over:
        told.setdefault(now[1] or over, [])
    parts = [f"{reason} ({_weeks(numbers)})" if numbers else reason for reason, numbers in told.items()]
    return "; ".join(parts) + (f"; {now[0]} by the newest evidence" if now[0] is not over else "")


def _weeks(numbers: Sequence[int]) -> str:
    """Name weeks, those in a row by the first and the last."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return f"{'weeks' if len(numbers) > 1 else 'week'} {told}"


class _Tally:
    """Counts the findings of the newest run by control and scope, each once."""

    def __init__(self, sight: Sight | None) -> None:
        self._sight = sight
        self._known: dict[tuple[str, tuple[str, ...]], Counter[Verdict]] = {}

    def of(self, control: str, outside: tuple[str, ...]) -> Counter[Verdict]:
        """Return how many findings of each verdict a control made in a statement's scope."""
        if (control, outside) not in self._known:
            result = self._sight.controls.get(control) if self._sight else None
            found = result.findings if result else ()
            counts = Counter(finding.verdict for finding in found if in_scope(finding, outside))
            self._known[control, outside] = counts
        return self._known[control, outside]


def _tested(drawn: Drawn, statement: Statement, commitment: Commitment, control: str, tally: _Tally) -> Tested:
    newest = drawn.line.newest
    found = newest.promises.get(commitment.id) if newest else None
    counts = Counter(tally.of(control, found[0].outside)) if found else Counter[Verdict]()
    if commitment.categorical:
        counts[Verdict.BROKEN] += counts.pop(Verdict.WAIVED, 0)
    known = drawn.policies.controls[control]
    return Tested(
        control=control,
        title=known.title,
        catalogue=known.catalogue,
        severity=known.severity,
        verdict=worst(_over_weeks(drawn, commitment, control)),
        now=_at(newest, commitment, control),
        population=counts.total(),
        by={verdict: counts[verdict] for verdict in Verdict},
        evidence=drawn.report,
    )


def _over_weeks(drawn: Drawn, commitment: Commitment, control: str) -> list[Verdict]:
    """Return a control's verdicts for a promise in every run of the quarter; weeks without evidence are unproven."""
    blank = any(week.state in (WeekState.HOLE, WeekState.DOUBTED) for week in drawn.weeks)
    found = [_at(sight, commitment, control) for sight in drawn.line.within]
    return [*found, Verdict.UNPROVEN] if blank else found


def _at(sight: Sight | None, commitment: Commitment, control: str) -> Verdict:
    found = sight.promises.get(commitment.id) if sight else None
    return found[1].controls.get(control, Verdict.UNPROVEN) if found else Verdict.UNPROVEN
