"""The last quarter beside the present one: which promises changed and why, and which rules changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import msgspec

from audit import engine
from audit import facts as reading
from audit.model import AuditError
from audit.policies import Policies
from audit.promises import Commitment, ControlResult, PromiseResult
from audit.quarters.drills import Proven
from audit.quarters.model import Cause, PromiseChange, PromiseInPeriod, RuleChange
from audit.quarters.promises_over_time import seen
from audit.quarters.timeline import Sight, Timeline
from audit.quarters.views import View

_DIGITS = 12


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """The last run of the quarter before, the same judged by today's rules, and the newest of this one."""

    was: Sight
    again: Sight | None
    """None where it could not be judged again."""
    now: Sight | None


def compared(line: Timeline, policies: Policies, view: View) -> Compared | None:
    """Judge what the last quarter ended with by today's rules, as of the day it was judged on.

    None where there is no evidence of that quarter.
    """
    was = line.previous
    return None if was is None else Compared(was=was, again=_again(was, policies, view), now=line.newest)


def _again(sight: Sight, policies: Policies, view: View) -> Sight | None:
    if sight.pack.snapshot is None:
        return None
    try:
        report = engine.judge(sight.pack.snapshot, policies, sight.report.judged_on, product="")
    except AuditError:
        # A rule that no longer runs judges nothing: the report says so by an empty place.
        return None
    return Sight(id=sight.id, at=sight.at, week=sight.week, pack=sight.pack, report=view.report(report, sight.pack))


def rule_changes(both: Compared | None) -> tuple[RuleChange, ...]:
    """Name the files of the policies, the tools and the product that are others than at the end of last quarter."""
    if both is None or both.now is None:
        return ()
    was, now = _rules(both.was), _rules(both.now)
    return tuple(
        RuleChange(what=what, was=was.get(what, ""), now=now.get(what, ""))
        for what in sorted({*was, *now})
        if was.get(what) != now.get(what)
    )


def _rules(sight: Sight) -> Mapping[str, str]:
    run = sight.pack.run
    if run is None:
        return {}
    files = {f"policies/{name}": digest[:_DIGITS] for name, digest in run.policies.items()}
    return {**files, **run.versions, "promise-audit": run.product}


def changes(
    both: Compared | None,
    promises: Iterable[PromiseInPeriod],
    policies: Policies,
    proven: Mapping[str, Proven],
    proven_before: Mapping[str, Proven],
) -> tuple[PromiseChange, ...]:
    """Name each promise whose newest verdict is another than the last quarter's, and why; nothing without evidence."""
    if both is None:
        return ()
    known = {commitment.id: commitment for statement in policies.statements for commitment in statement.commitments}
    told = {promise.id: promise for promise in promises}
    made = [
        _change(both, told[name], known[name], proven.get(name, Proven()), proven_before.get(name, Proven()))
        for name in told
        if told[name].was is not told[name].now
    ]
    gone = [
        PromiseChange(
            promise=name,
            was=promise.verdict,
            now=None,
            rejudged=None,
            causes=(Cause.STATEMENT,),
            detail="today's policies do not hold it any more",
        )
        for name, (_, promise) in sorted(both.was.promises.items())
        if name not in told
    ]
    return (*made, *gone)


def _change(
    both: Compared, promise: PromiseInPeriod, commitment: Commitment, proven: Proven, before: Proven
) -> PromiseChange:
    again = seen(both.again, commitment, before)[0] if both.again else None
    causes = dict(_causes(both, commitment, proven, before))
    if not causes:
        fallback = Cause.CONTROL if again is promise.now else Cause.ESTATE
        causes = {fallback: "by what the two runs found"}
    ordered = [cause for cause in Cause if cause in causes]
    return PromiseChange(
        promise=promise.id,
        was=promise.was,
        now=promise.now,
        rejudged=again,
        causes=tuple(ordered),
        detail="; ".join(f"{cause}: {causes[cause]}" for cause in ordered),
    )


def _causes(both: Compared, commitment: Commitment, proven: Proven, before: Proven) -> Iterator[tuple[Cause, str]]:
    """Give each cause of a change with what it lies in, in words that name no resource."""
    was = both.was.promises.get(commitment.id)
    now = both.now.promises.get(commitment.id) if both.now else None
    if both.now is None:
        yield Cause.EVIDENCE, "no run of the quarter can be believed"
    if was is None or (now is not None and now[0].digest != was[0].digest):
        yield Cause.STATEMENT, "the promise is new" if was is None else "the statement has another text"
    elif set(was[1].controls) != set(commitment.controls):
        yield Cause.STATEMENT, "the promise rests on other controls"
    if was is not None:
        yield from _rules_changed(both, commitment)
        yield from _people_changed(was[1], now[1] if now else None, proven, before)
    yield from _seen_changed(both, commitment)


def _rules_changed(both: Compared, commitment: Commitment) -> Iterator[tuple[Cause, str]]:
    """Tell which controls rule otherwise on the same evidence, and whether by their targets or themselves."""
    moved = _moved(both.was, both.again, commitment)
    targets = {name: _moved_targets(both, name) for name in moved}
    edited = _edited(both)
    by_target = sorted({target for name in moved if name not in edited for target in targets[name]})
    by_control = [name for name in moved if name in edited or not targets[name]]
    if by_target:
        yield Cause.TARGET, ", ".join(by_target)
    if by_control:
        yield Cause.CONTROL, ", ".join(by_control)


def _people_changed(
    was: PromiseResult, now: PromiseResult | None, proven: Proven, before: Proven
) -> Iterator[tuple[Cause, str]]:
    if now is None:
        return
    words = [f"{name} came" for name in now.attested if name not in was.attested]
    words += [f"{name} went" for name in was.attested if name not in now.attested]
    words += [f"the word for {name} went" for name in now.targets if name not in was.targets]
    words += [f"the word for {name} came" for name in was.targets if name not in now.targets]
    words += [f"the drill {name} came" for name in sorted(proven.drills - before.drills)]
    words += [f"the drill {name} went" for name in sorted(before.drills - proven.drills)]
    words += [f"a drill failed: {', '.join(proven.failed)}"] if proven.failing else []
    if words:
        yield Cause.PEOPLE, ", ".join(words)


def _seen_changed(both: Compared, commitment: Commitment) -> Iterator[tuple[Cause, str]]:
    """Tell which controls rule otherwise by the same rules, because of what is there or of what could be seen."""
    base = both.again or both.was
    moved = _moved(base, both.now, commitment)
    blind = [name for name in moved if _blind(base, name) or _blind(both.now, name)]
    if blind:
        yield Cause.EVIDENCE, ", ".join(blind)
    if rest := [name for name in moved if name not in blind]:
        yield Cause.ESTATE, ", ".join(rest)


def _moved(left: Sight | None, right: Sight | None, commitment: Commitment) -> list[str]:
    """Name the controls of a commitment that two reports rule on differently; none where one of them is not there."""
    one, other = (sight.promises.get(commitment.id) if sight else None for sight in (left, right))
    if one is None or other is None:
        return []
    return [
        name
        for name in commitment.controls
        if name in one[1].controls and name in other[1].controls and one[1].controls[name] != other[1].controls[name]
    ]


def _blind(sight: Sight | None, control: str) -> bool:
    """Tell whether a listing that a control needs was incomplete."""
    result = sight.controls.get(control) if sight else None
    return result is not None and any(finding.cause is reading.Cause.GAP for finding in result.findings)


def _moved_targets(both: Compared, control: str) -> list[str]:
    """Name the targets a control asks for that have other values than at the end of last quarter."""
    result: ControlResult | None = both.again.controls.get(control) if both.again else None
    if result is None or both.was.pack.run is None or both.now is None or both.now.pack.run is None:
        return []
    was, now = both.was.pack.run.targets, both.now.pack.run.targets
    return [name for name in result.targets if _value(was, name) != _value(now, name)]


def _value(targets: Mapping[str, Any], name: str) -> Any:
    value: Any = targets
    for key in name.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _edited(both: Compared) -> set[str]:
    """Name the controls whose files are others than at the end of last quarter."""
    if both.was.pack.run is None or both.now is None or both.now.pack.run is None:
        return set()
    was, now = both.was.pack.run.policies, both.now.pack.run.policies
    paths = [PurePosixPath(name) for name in {*was, *now} if was.get(name) != now.get(name)]
    return {f"{path.parent.name}-{path.stem}".replace("_", "-") for path in paths if path.suffix == ".py"}
